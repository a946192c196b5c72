"""The labelled texts of `tests/data/triage`, and how they are kept apart from the rules."""

from __future__ import annotations

import csv
import math
import random
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

DATA = Path(__file__).resolve().parent.parent / "tests" / "data" / "triage"
SEED = 20260101


class Labelled(NamedTuple):
    """One labelled text."""

    id: str
    category: str
    priority: str
    text: str
    #: The category that a near miss imitates, where its author says so.
    looks_like: str = ""

    @property
    def group(self) -> str:
        """Say what the id marks: a hard negative, Welsh, another language, or nothing."""
        return self.id.split("-", 2)[2] if self.id.count("-") > 1 else ""


def first_author(direction: str) -> list[Labelled]:
    """Return the first author's rows of `inbound` or `outbound`."""
    with (DATA / f"{direction}.csv").open(encoding="utf-8", newline="") as file:
        return [
            Labelled(r["id"], r["category"], r["priority"], r["text"]) for r in csv.DictReader(file)
        ]


def second_author(direction: str) -> list[Labelled]:
    """Return the second author's rows; no rule was ever written from them."""
    with (DATA / "second_author.csv").open(encoding="utf-8", newline="") as file:
        return [
            Labelled(r["id"], r["category"], r["priority"], r["text"], r["looks_like"])
            for r in csv.DictReader(file)
            if r["direction"] == direction
        ]


def chatter() -> tuple[list[str], list[str]]:
    """Return the ordinary messages that rules were corrected by, and those kept from them."""
    lines = (DATA / "chatter.txt").read_text("utf-8").splitlines()
    random.Random(SEED).shuffle(lines)
    return lines[: len(lines) // 2], lines[len(lines) // 2 :]


def split(rows: Sequence[Labelled]) -> tuple[list[Labelled], list[Labelled]]:
    """Cut the rows into those the rules were written from, and those kept from them."""
    groups: dict[tuple[str, str, str], list[Labelled]] = defaultdict(list)
    for row in rows:
        groups[row.category, row.priority, row.group].append(row)
    chance = random.Random(SEED)
    seen: list[Labelled] = []
    odd = 0
    for key in sorted(groups):
        group = sorted(groups[key])
        chance.shuffle(group)
        half = len(group) // 2
        if len(group) % 2:
            half += odd
            odd = 1 - odd
        seen.extend(group[:half])
    kept = set(rows) - set(seen)
    return seen, [row for row in rows if row in kept]


def interval(hits: int, total: int) -> str:
    """Return the share with its 95 % Wilson interval."""
    if not total:
        return "-"
    share, z = hits / total, 1.96
    middle = (share + z * z / (2 * total)) / (1 + z * z / total)
    reach = z * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    reach /= 1 + z * z / total
    return f"{share:.2f} ({middle - reach:.2f}-{middle + reach:.2f}) {hits}/{total}"
