"""How well and how fast residents' messages are screened by rules alone, on invented rows.

Half of the first author's rows and half of the ordinary messages are kept from the rules by a
fixed seed; the second author is kept whole. The rows are not at real rates: P1 is a quarter of
them, and far under one in a hundred of what residents send.
"""

from __future__ import annotations

import statistics
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from benchmarks.labelled import Labelled, chatter, first_author, interval, second_author, split
from benchmarks.row import Row, at_most
from vcp.triage.findings import Priority, Verdict
from vcp.triage.inbound import screen_inbound
from vcp.triage.inbound_categories import INBOUND
from vcp.triage.rulefiles import inbound_rules

ALL = ("P1", "P2", "P3", "P4")
ROUTINE = ("P3", "P4")
#: How much of real traffic P1 might be; nobody has measured it.
ASSUMED_RATES = (0.01, 0.05)
LONG = 100_000
REPEATS = 3


class Judged(NamedTuple):
    """A message and what the screen said of it."""

    row: Labelled
    verdict: Verdict


Hit = Callable[[Judged], bool]


def report() -> None:
    """Print the table of recall and false alarms."""
    rules = inbound_rules()
    print(f"\nMESSAGES, rules only: {rules.version}, {len(rules.rules)} rules")
    seen, kept = split(first_author("inbound"))
    section("First author, kept half", judge(kept))
    for group, name in (("cy", "Welsh"), ("ol", "other languages"), ("n", "near misses")):
        brief(f"  of these {name}", [one for one in judge(kept) if group in one.row.group])
    section("Second author", judge(second_author("inbound")))
    section("For comparison: the half the rules were written from", judge(seen))
    ordinary(judge(kept))


def judge(rows: Sequence[Labelled]) -> list[Judged]:
    return [Judged(row, screen_inbound(row.text)) for row in rows]


def section(title: str, judged: Sequence[Judged]) -> None:
    print(f"\n{title}: {len(judged)} messages, {base_rates(judged)}")
    brief("", judged)
    print(
        f"  {'category':24s} {'rows':>4s}  at its priority or above     named as such    ", end=""
    )
    print("raised to P1 or P2 in its name, though P3 or P4")
    for code in INBOUND:
        line(code, judged)


def base_rates(judged: Sequence[Judged]) -> str:
    count = Counter(one.row.priority for one in judged)
    return ", ".join(f"{priority} {count[priority] / len(judged):.2f}" for priority in ALL)


def brief(title: str, judged: Sequence[Judged]) -> None:
    if title:
        print(f"{title}: {len(judged)}")
    share("P1 judged P1", judged, ("P1",), is_p1)
    share("P1 judged P1 or P2", judged, ("P1",), is_held)
    share("P2 judged P1 or P2", judged, ("P2",), is_held)
    share("P3 judged P3 or above", judged, ("P3",), is_raised)
    share("P3 and P4 judged P1", judged, ROUTINE, is_p1)
    share("P4 judged P1 or P2", judged, ("P4",), is_held)


def share(name: str, judged: Sequence[Judged], priorities: Sequence[str], is_hit: Hit) -> None:
    chosen = [one for one in judged if one.row.priority in priorities]
    if chosen:
        print(f"  {name:34s} {interval(sum(map(is_hit, chosen)), len(chosen))}")


def is_p1(one: Judged) -> bool:
    return one.verdict.priority is Priority.P1


def is_held(one: Judged) -> bool:
    return one.verdict.holds


def is_raised(one: Judged) -> bool:
    return one.verdict.priority is not Priority.P4


def line(code: str, judged: Sequence[Judged]) -> None:
    rows = [one for one in judged if one.row.category == code]
    high = sum(one.verdict.priority.value <= one.row.priority for one in rows)
    named = sum(one.verdict.category == code for one in rows)
    routine = [one for one in judged if one.row.priority in ROUTINE]
    alarms = sum(one.verdict.holds and one.verdict.category == code for one in routine)
    if rows or alarms:
        print(f"  {code:24s} {len(rows):4d}  {interval(high, len(rows)):27s}  ", end="")
        print(f"{interval(named, len(rows)):27s}  {interval(alarms, len(routine))}")


def ordinary(kept: Sequence[Judged]) -> None:
    """Print alarms on ordinary messages, and what they mean for an alarm at an assumed rate."""
    corrected, unseen = chatter()
    for name, lines in (("kept from the rules", unseen), ("used to correct them", corrected)):
        verdicts = [screen_inbound(text) for text in lines]
        alarms = sum(verdict.priority is Priority.P1 for verdict in verdicts)
        held = sum(verdict.holds for verdict in verdicts)
        print(f"\nOrdinary messages {name}: P1 {interval(alarms, len(lines))}")
        print(f"  P1 or P2 {interval(held, len(lines))}")
        if lines is unseen:
            print("  If P1 were this share of all messages, a P1 alarm would be right so often:")
            grave = [one for one in kept if one.row.priority == "P1"]
            found = sum(map(is_p1, grave)) / len(grave)
            # One alarm more than was seen: none seen does not mean that none will come.
            false = (alarms + 1) / (len(lines) + 1)
            for rate in ASSUMED_RATES:
                right = rate * found / (rate * found + (1 - rate) * false)
                print(f"    {rate:.0%}: {right:.2f}")


def timings(texts: Sequence[str]) -> tuple[float, float]:
    """Return the median and the 99th percentile, in ms of processor time."""
    spent = []
    for text in texts:
        begin = time.thread_time()
        screen_inbound(text)
        spent.append((time.thread_time() - begin) * 1000)
    spent.sort()
    return statistics.median(spent), spent[int(len(spent) * 0.99)]


def slowest_long_text(texts: Sequence[str]) -> tuple[float, str]:
    """Return the ms and the name of the long text that costs most to screen, best of three.

    RE2 builds its tables while it reads, so the first reading of a new kind of text costs more.
    """
    hardest = {
        "one letter": "a" * LONG,
        "one threat": "i will kill you " * (LONG // 16),
        "no sentence ends": "he has got my sister in the house and i " * (LONG // 40),
        "emoji": "🔪😂" * (LONG // 2),
        "handles": "@a" * (LONG // 2),
        "everything at once": " ".join(texts)[:LONG],
    }
    worst = (0.0, "")
    for name, text in hardest.items():
        spent, _ = min(timings([text]) for _ in range(REPEATS))
        worst = max(worst, (spent, name))
    return worst


def measure() -> Iterator[Row]:
    """Give the rows of `make bench`."""
    texts = [row.text for row in first_author("inbound")] + [*chatter()[0], *chatter()[1]]
    timings(texts[:200])
    half, most = timings(texts)
    conditions = f"{len(texts)} messages, processor time of one thread"
    yield at_most("screening a message, p50", half, "ms", 3, conditions=conditions)
    yield at_most("screening a message, p99", most, "ms", 10, conditions=conditions)
    spent, name = slowest_long_text(texts)
    conditions = f"{LONG} characters, {name}, best of {REPEATS}"
    yield at_most("screening the slowest long message", spent, "ms", 100, conditions=conditions)
