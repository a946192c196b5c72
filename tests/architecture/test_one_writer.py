"""One commit, one writer of `.state`, one reading of the time."""

import ast
import re
from collections.abc import Iterator

from tests.architecture.tree import Source, product

#: Alembic runs its migrations in a unit of their own.
COMMITS = {"vcp/kernel/db.py", "migrations/env.py"}
BEGINS = {"vcp/kernel/db.py", "migrations/env.py"}
WRITES_STATE = {"vcp/kernel/lifecycle.py"}
READS_TIME = {"vcp/kernel/clock.py"}
#: What tells the time of day; `time.monotonic` only measures how long something took.
TIME = {
    ("datetime", "now"),
    ("datetime", "utcnow"),
    ("datetime", "today"),
    ("date", "today"),
    ("time", "time"),
    ("time", "time_ns"),
    ("time", "localtime"),
    ("time", "gmtime"),
    ("func", "now"),
    ("func", "current_timestamp"),
}


def calls(source: Source) -> Iterator[tuple[ast.Call, str, str]]:
    """Yield each call of the form `owner.name(…)`, owner being the last name before the dot."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = node.func.value
            name = owner.id if isinstance(owner, ast.Name) else getattr(owner, "attr", "")
            yield node, name, node.func.attr


def outside(allowed: set[str]) -> list[Source]:
    return [source for source in product() if source.name not in allowed]


def test_only_the_kernel_commits() -> None:
    found = [
        source.at(node)
        for source in outside(COMMITS)
        for node, _, name in calls(source)
        if name == "commit"
    ]
    assert not found, f"the boundary commits, by transaction(): {found}"


def test_nobody_opens_a_transaction_that_commits_by_itself() -> None:
    found = [
        source.at(node)
        for source in outside(BEGINS)
        for node, _, name in calls(source)
        if name == "begin"
    ]
    assert not found, f"use transaction(): {found}"


def with_state() -> set[str]:
    """Return the names of the classes of rows that have a state."""
    return {
        node.name
        for source in product()
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ClassDef)
        for line in node.body
        if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name)
        if line.target.id == "state" and "Mapped" in ast.unparse(line.annotation)
    }


def writes_of_state(source: Source, rows: set[str]) -> Iterator[ast.expr]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            if node.attr == "state":
                yield node
        elif isinstance(node, ast.Call) and writes_by_call(node, rows):
            yield node


def writes_by_call(node: ast.Call, rows: set[str]) -> bool:
    called = ast.unparse(node.func).split(".")[-1]
    if called == "setattr":
        return ast.unparse(node.args[1]) == "'state'"
    named = any(keyword.arg == "state" for keyword in node.keywords)
    keys = [key for arg in node.args if isinstance(arg, ast.Dict) for key in arg.keys if key]
    keyed = any(re.search(r"^'state'$|\.state$", ast.unparse(key)) for key in keys)
    return (called in {"values", *rows} and named) or (called in {"values", "update"} and keyed)


def test_only_the_lifecycle_writes_states() -> None:
    rows = with_state()
    found = [s.at(node) for s in outside(WRITES_STATE) for node in writes_of_state(s, rows)]
    assert not found, f"apply() or claim() a move instead: {found}"


def test_only_the_clock_reads_the_time() -> None:
    found = [
        source.at(node)
        for source in outside(READS_TIME)
        for node, owner, name in calls(source)
        if (owner, name) in TIME
    ]
    assert not found, f"use vcp.kernel.clock.now(): {found}"
