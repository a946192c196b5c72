"""How well and how fast texts are screened, on invented rows that no rule was written from.

Half of each author's file is kept from the rules by a fixed seed; the second author is kept
whole. The figures are of invented text: a floor check, not accuracy in the field.
"""

from __future__ import annotations

import statistics
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from benchmarks import evaluate_inbound
from benchmarks.labelled import Labelled, first_author, interval, second_author, split
from benchmarks.row import Row, at_most
from vcp.triage.findings import Priority, Verdict
from vcp.triage.outbound import screen_outbound
from vcp.triage.rulefiles import outbound_rules

RISKY = ("P1", "P2")
LONG = 100_000


class Judged(NamedTuple):
    """A draft and what the screen said of it."""

    row: Labelled
    verdict: Verdict


def judge(rows: Sequence[Labelled]) -> list[Judged]:
    return [Judged(row, screen_outbound({"text": row.text})) for row in rows]


def report(title: str, rows: Sequence[Labelled]) -> None:
    judged = judge(rows)
    print(f"\n{title}: {len(rows)} drafts")
    line("risky drafts held (P1 or P2)", judged, RISKY, lambda verdict: verdict.holds)
    line("  of these P1 held as P1", judged, ("P1",), lambda v: v.priority is Priority.P1)
    line("  warned about at least", judged, (*RISKY, "P3"), lambda v: v.holds or v.warns)
    line("clean drafts held in error", judged, ("P4",), lambda verdict: verdict.holds)
    hard = [one for one in judged if one.row.group == "n"]
    if hard:
        line("  of these near misses", hard, ("P4",), lambda verdict: verdict.holds)
    line("clean drafts warned about", judged, ("P4",), lambda verdict: verdict.warns)
    risky = [one for one in judged if one.row.priority in RISKY and one.verdict.holds]
    right = sum(one.verdict.category == one.row.category for one in risky)
    named = sum(
        any(finding.category == one.row.category for finding in one.verdict.findings)
        for one in risky
    )
    print(f"  {'held under the labelled category':34s} {interval(right, len(risky))}")
    print(f"  {'labelled category among the findings':34s} {interval(named, len(risky))}")
    print("  held by category:", by_category(judged))


def line(
    name: str,
    judged: Sequence[Judged],
    priorities: Sequence[str],
    is_hit: Callable[[Verdict], bool],
) -> None:
    chosen = [one for one in judged if one.row.priority in priorities]
    hits = sum(is_hit(one.verdict) for one in chosen)
    print(f"  {name:34s} {interval(hits, len(chosen))}")


def by_category(judged: Sequence[Judged]) -> str:
    total: Counter[str] = Counter()
    held: Counter[str] = Counter()
    for one in judged:
        if one.row.priority in RISKY:
            total[one.row.category] += 1
            held[one.row.category] += one.verdict.holds
    return ", ".join(f"{name} {held[name]}/{total[name]}" for name in sorted(total))


def timings(rows: Sequence[Labelled]) -> tuple[float, float]:
    """Return the median and the 99th percentile, in ms of processor time."""
    spent = []
    for row in rows:
        begin = time.thread_time()
        screen_outbound({"text": row.text})
        spent.append((time.thread_time() - begin) * 1000)
    spent.sort()
    return statistics.median(spent), spent[int(len(spent) * 0.99)]


def slowest_pattern() -> tuple[float, str, str]:
    """Return the ms, the text and the pattern of the slowest single search of a long text."""
    hardest = {
        "one letter": "a" * LONG,
        "digits": "0123456789" * (LONG // 10),
        "no sentence ends": "we are the lad who was arrested at " * (LONG // 35),
        "names": "Sarah Smith said " * (LONG // 17),
    }
    worst = (0.0, "", "")
    for pattern, expression in outbound_rules().expressions():
        for name, text in hardest.items():
            begin = time.thread_time()
            expression.search(text)
            worst = max(worst, ((time.thread_time() - begin) * 1000, name, pattern))
    return worst


def measure() -> Iterator[Row]:
    """Give the rows of `make bench`."""
    drafts = first_author("outbound")
    judge(drafts)
    half, most = timings(drafts)
    conditions = f"{len(drafts)} drafts, processor time of one thread"
    yield at_most("screening a draft, p50", half, "ms", 3, conditions=conditions)
    yield at_most("screening a draft, p99", most, "ms", 10, conditions=conditions)
    spent, name, _pattern = slowest_pattern()
    conditions = f"{LONG} characters, {name}"
    yield at_most("slowest screening pattern", spent, "ms", 100, conditions=conditions)


def main() -> None:
    begin = time.thread_time()
    rules = outbound_rules()
    loaded = time.thread_time() - begin
    print(f"Rules {rules.version}: {len(rules.rules)} rules, loaded and checked in {loaded:.1f} s")
    seen, kept = split(first_author("outbound"))
    english = [row for row in kept if row.group != "cy"]
    report("First author, kept half, English", english)
    report("First author, kept half, Welsh", [row for row in kept if row.group == "cy"])
    report("Second author", second_author("outbound"))
    report("For comparison: the half the rules were written from", seen)
    evaluate_inbound.report()
    print()
    for row in (*measure(), *evaluate_inbound.measure()):
        print(f"{row.name}: {row.value:.2f} {row.unit}, budget {row.budget}, {row.conditions}")


if __name__ == "__main__":
    main()
