"""A text cut at its findings, so that a page can mark the very words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from vcp.triage.categories import ORDER
from vcp.triage.findings import Finding

#: What each category's words are replaced by in the suggested redaction.
REDACTION = "[removed]"


@dataclass(frozen=True)
class Segment:
    """A stretch of the text, and the worst finding on it, if any."""

    text: str
    finding: Finding | None


def segments(text: str, findings: Sequence[Finding]) -> list[Segment]:
    """Cut the text where findings begin and end; joined again, the pieces are exactly the text.

    All findings must be of this text. Where they overlap, the most serious wins.
    """
    marked: list[Finding | None] = [None] * len(text)
    for finding in sorted(findings, key=_seriousness, reverse=True):
        for place in range(max(finding.start, 0), min(finding.end, len(text))):
            marked[place] = finding
    pieces: list[Segment] = []
    begin = 0
    for place in range(1, len(text) + 1):
        if place == len(text) or marked[place] is not marked[begin]:
            pieces.append(Segment(text[begin:place], marked[begin]))
            begin = place
    return pieces


def redact(text: str, finding: Finding) -> str:
    """Return the text with the finding's words taken out: a suggestion, never applied by itself."""
    if not finding.has_words:
        return text
    return f"{text[: finding.start]}{REDACTION}{text[finding.end :]}"


def _seriousness(finding: Finding) -> tuple[str, int, int, str]:
    length = finding.end - finding.start
    return (finding.priority.value, ORDER.get(finding.category, len(ORDER)), length, finding.rule)
