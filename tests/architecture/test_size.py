"""Files and functions stay short enough to be read in one go."""

import ast

from tests.architecture.tree import Source, everything

LONGEST_FILE = 400
LONGEST_FUNCTION = 50
#: Migrations are as long as their tables; these files are tables written by hand.
TABLES = ("migrations/versions/", "tests/data/", "tests/authorisation/table.py")


def measured() -> list[Source]:
    return [source for source in everything() if not source.name.startswith(TABLES)]


def test_no_file_is_longer_than_400_lines() -> None:
    too_long = [f"{s.name}: {s.lines}" for s in measured() if s.lines > LONGEST_FILE]
    assert not too_long, "split by verb, not into a heap: " + ", ".join(too_long)


def test_no_function_is_longer_than_50_lines() -> None:
    too_long = [
        f"{source.at(node)} {node.name}: {length}"
        for source in measured()
        for node in ast.walk(source.tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        if (length := (node.end_lineno or node.lineno) - node.lineno + 1) > LONGEST_FUNCTION
    ]
    assert not too_long, ", ".join(too_long)


def test_no_module_is_a_heap() -> None:
    heaps = {"utils", "util", "helpers", "helper", "common", "manager", "managers", "misc"}
    found = [s.name for s in everything() if heaps & {s.path.stem, *s.name.split("/")}]
    assert not found, f"name these for what they hold: {found}"
