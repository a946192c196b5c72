"""What screening says of a text: priorities, findings and the verdict drawn from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Priority(StrEnum):
    """How serious a finding is: P1 is the most serious, P4 is routine."""

    P1 = "P1"
    P2 = "P2"
    P3 = "P3"
    P4 = "P4"

    def outranks(self, other: Priority) -> bool:
        """Say whether this priority is more serious than the other."""
        return self.value < other.value


def most_serious(priorities: Sequence[Priority]) -> Priority:
    """Return the highest of the priorities, P4 when there are none."""
    return min(priorities, default=Priority.P4)


@dataclass(frozen=True)
class Finding:
    """One sign found in one field; start and end count characters of the text as it was typed."""

    rule: str
    category: str
    priority: Priority
    start: int
    end: int
    why: str
    advice: str
    field: str = "text"

    @property
    def has_words(self) -> bool:
        """Say whether the finding points at words, not at the draft as a whole."""
        return self.end > self.start


def without_inner(findings: Sequence[Finding]) -> list[Finding]:
    """Leave out what the same rule found again inside a longer stretch of the same field."""
    reached: dict[tuple[str, str], int] = {}
    kept: list[Finding] = []
    for finding in sorted(findings, key=lambda found: (found.start, -found.end)):
        where = (finding.rule, finding.field)
        if finding.end > reached.get(where, -1):
            reached[where] = finding.end
            kept.append(finding)
    return kept


@dataclass(frozen=True)
class Verdict:
    """The screen's answer for one text; `screened` is false when the rules could not judge it."""

    category: str
    priority: Priority
    findings: tuple[Finding, ...]
    score: float | None
    versions: dict[str, str]
    screened: bool
    degraded: bool

    @property
    def holds(self) -> bool:
        """Say whether the draft must wait for a decision maker (P1 or P2)."""
        return self.priority in (Priority.P1, Priority.P2)

    @property
    def warns(self) -> bool:
        """Say whether the draft may be submitted, but its warning must be answered (P3)."""
        return self.priority is Priority.P3

    def of_field(self, field: str) -> tuple[Finding, ...]:
        """Return the findings of one field, in the order of the words."""
        found = (finding for finding in self.findings if finding.field == field)
        return tuple(sorted(found, key=lambda finding: (finding.start, finding.end)))
