"""`vcp up`: how soon a new demo answers, how much memory all of it takes, how soon it stops."""

import time
from collections.abc import Iterator

import psutil

from benchmarks.product import folder, up
from benchmarks.row import Row, at_most

READY_S, STOPPED_S = 20, 50
MEMORY_MIB = 450
#: By then every process has done each of its turns.
SETTLED_S = 20


def measure() -> Iterator[Row]:
    """Measure one start with an invented force, and its end."""
    with folder() as made:
        began = time.monotonic()
        with up(made / "instance", "--demo", path="/readyz") as (_, process):
            ready = time.monotonic() - began
            time.sleep(SETTLED_S)
            stack = psutil.Process(process.pid)
            family = [stack, *stack.children(recursive=True)]
            memory = sum(one.memory_full_info().pss for one in family) / 2**20
            ended = time.monotonic()
        psutil.wait_procs(family, timeout=2 * STOPPED_S)
        stopped = time.monotonic() - ended
    yield at_most(
        "`vcp up` of a new demo to ready",
        ready,
        "s",
        READY_S,
        conditions="tables, invented force and pages made; beside installing the lock file",
    )
    yield at_most(
        "whole stack, proportional set size",
        memory,
        "MiB",
        MEMORY_MIB,
        conditions=f"{len(family)} processes, Valkey included, {SETTLED_S} s after ready",
    )
    yield at_most("`vcp up` stopped", stopped, "s", STOPPED_S, conditions="SIGTERM to the end")
