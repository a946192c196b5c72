"""Screening of a draft, its findings on the very words, and how a verdict is kept."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from vcp.posts import in_force
from vcp.posts.fitting import name_of as name_of_network
from vcp.posts.words import VARIED, Words
from vcp.triage.categories import CLEAN
from vcp.triage.findings import Finding, Priority, Verdict
from vcp.triage.kept import as_json, from_json
from vcp.triage.outbound import screen_outbound
from vcp.triage.segments import Segment, segments

__all__ = [
    "MarkedField",
    "as_json",
    "categories_holding",
    "from_json",
    "has_warning",
    "marked",
    "marked_fields",
    "name_of",
    "screen",
    "screen_fields",
]

#: What people call the fields that findings name.
FIELD_NAMES = {
    "text": "Text",
    "content_warning": "Content warning",
    "captions": "Captions of the video",
    "card_title": "Title of the link's card",
    "card_description": "Description on the link's card",
}
#: Of the second card and those after it.
_CARD = re.compile(r"card(\d+)_(title|description)")


@dataclass(frozen=True)
class MarkedField:
    """One field of a draft, cut so that a page can mark the very words."""

    name: str
    text: str
    pieces: list[Segment]
    findings: tuple[Finding, ...]


def screen(words: Words, *, pre_election: bool = False) -> Verdict:
    """Screen every field of the words; a fault of the screen holds the draft."""
    return screen_fields(words.fields(), words.language, pre_election=pre_election)


def screen_fields(
    fields: Mapping[str, str], language: str, *, pre_election: bool = False
) -> Verdict:
    """Screen these fields, named as findings name them."""
    context = in_force.screening_context(pre_election=pre_election)
    return screen_outbound(fields, language=language, context=context)


def has_warning(verdict: Verdict | None) -> bool:
    """Say whether there is a P3 finding, which the approver must answer."""
    return verdict is not None and any(f.priority is Priority.P3 for f in verdict.findings)


def marked(words: Words, verdict: Verdict) -> list[MarkedField]:
    """Return each field that has findings, cut at them; the draft as a whole comes last."""
    return marked_fields(words.fields(), verdict)


def marked_fields(fields: Mapping[str, str], verdict: Verdict) -> list[MarkedField]:
    """Return each of these fields that has findings, cut at them; the whole draft comes last."""
    shown = []
    for field, text in fields.items():
        found = verdict.of_field(field)
        pointing = [finding for finding in found if finding.has_words]
        if pointing:
            pieces = segments(text, pointing)
            shown.append(MarkedField(name_of(field), text, pieces, tuple(pointing)))
    whole = tuple(f for f in verdict.findings if not f.has_words or f.field not in fields)
    if whole:
        shown.append(MarkedField("The draft as a whole", "", [], whole))
    return shown


def name_of(field: str) -> str:
    """Return what people call a field."""
    kind, _, rest = field.partition(":")
    if kind in VARIED:
        return f"{name_of_network(kind)}: {name_of(rest)}"
    if kind == "alt":
        return f"Alt text of image {rest}"
    if kind == "poll":
        return f"Choice {rest} of the poll"
    if card := _CARD.fullmatch(field):
        return f"{FIELD_NAMES[f'card_{card[2]}']} {card[1]}"
    return FIELD_NAMES.get(field) or f"Part {kind.removeprefix('part')}"


def categories_holding(verdict: Verdict) -> dict[str, Priority]:
    """Return the categories that hold the draft, worst first, each with its worst priority."""
    found: dict[str, Priority] = {}
    for finding in verdict.findings:
        if finding.priority in (Priority.P1, Priority.P2):
            before = found.get(finding.category)
            if before is None or finding.priority.outranks(before):
                found[finding.category] = finding.priority
    return found or ({verdict.category: verdict.priority} if verdict.category != CLEAN else {})
