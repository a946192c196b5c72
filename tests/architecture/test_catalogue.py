"""The catalogue of faults: each has its test, which says so in the first words of its docstring."""

import ast
import re
from collections import defaultdict

from tests.architecture.tree import ROOT

#: What each fault is called, by its number in the catalogue.
CATALOGUE = {
    "P01": "kill_worker_keys_honoured",
    "P02": "kill_worker_no_keys",
    "P04": "crash_point_matrix",
    "P05": "many_workers_one_post",
    "P06": "stopped_publisher_fenced",
    "P07": "redis_flush_storm",
    "P08": "approve_with_redis_down",
    "P09": "redis_evicting",
    "P10": "postgres_immediate_restart",
    "P11": "sqlite_kill_in_write",
    "P12": "disk_full",
    "P13": "three_schedulers",
}
_SAID = re.compile(r"(P\d\d): (\w+)")


def said() -> dict[str, set[str]]:
    """Return the names that tests give for each number."""
    found = defaultdict(set)
    for path in (ROOT / "tests").rglob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                told = _SAID.match(ast.get_docstring(node) or "")
                if told:
                    found[told[1]].add(told[2])
    return dict(found)


def test_every_fault_of_the_catalogue_has_its_test() -> None:
    tests = said()
    assert {number: tests.get(number) for number in CATALOGUE} == {
        number: {name} for number, name in CATALOGUE.items()
    }
