"""Runs every benchmark and prints one table: `make bench`, or `make bench ONLY=name`.

A part is a module of this package with `measure() -> Iterable[Row]`. Missing a budget is a fact for
the reader, not a failure; a part that breaks is one.
"""

import argparse
import importlib
import json
import os
import pkgutil
import platform
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from pathlib import Path

import benchmarks
from benchmarks.row import Row

HEADINGS = ("what", "value", "yardstick", "ratio", "budget", "", "conditions")


def parts(only: str) -> Iterator[tuple[str, Callable[[], Iterable[Row]]]]:
    """Yield each part's name and what measures it."""
    for found in pkgutil.iter_modules(benchmarks.__path__):
        if found.name == "run" or only not in found.name:
            continue
        measure = getattr(importlib.import_module(f"benchmarks.{found.name}"), "measure", None)
        if measure is not None:
            yield found.name, measure


def cells(row: Row) -> tuple[str, ...]:
    """Return the row as the table shows it."""
    return (
        row.name,
        f"{row.value:.4g} {row.unit}",
        "-" if row.yardstick is None else f"{row.yardstick:.4g} {row.unit}",
        "-" if row.ratio is None else f"{row.ratio:.2f}",
        row.budget,
        "ok" if row.ok else "MISSED",
        row.conditions,
    )


def table(rows: list[Row]) -> str:
    """Return the rows under their headings, in columns."""
    lines = [HEADINGS, *map(cells, rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(HEADINGS))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def main() -> int:
    """Measure, print, and write the JSON lines if a file was named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="parts whose name holds this")
    only = parser.parse_args().only
    rows: list[Row] = []
    broken = []
    for name, measure in parts(only):
        print(f"measuring {name} …", file=sys.stderr, flush=True)
        try:
            rows.extend(measure())
        except Exception:  # noqa: BLE001 - the other parts are still worth measuring
            traceback.print_exc()
            broken.append(name)
    print(f"\n{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}\n")
    print(table(rows))
    missed = sum(not row.ok for row in rows)
    print(f"\n{len(rows)} rows, {missed} outside their budget, {len(broken)} parts broken {broken}")
    if path := os.environ.get("BENCH_JSON"):
        Path(path).write_text("".join(json.dumps(asdict(row)) + "\n" for row in rows), "utf-8")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
