"""JSON lines in, JSON lines out, in order: the seam behind `vcp triage`."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, TextIO

from vcp.triage.findings import Priority, Verdict
from vcp.triage.inbound import InboundContext, screen_inbound
from vcp.triage.outbound import OutboundContext, screen_outbound


class LinesError(Exception):
    """The command cannot go on; the message says what to do."""


def run(direction: str, in_stream: TextIO, out_stream: TextIO) -> None:
    """Read one JSON object a line and write one verdict a line.

    In: `id`, `text`, optional `language`. For outbound also optional `fields` (name to text) and
    `pre_election`; for inbound `asked_about` or `in_reply_to` (the words of the post that is
    answered), `media_count` and `earlier` (priorities sent by the same handle within a day).
    Raises: `LinesError` for a direction that is not there, or a line that is not such an object.
    """
    if (answer := _ANSWERS.get(direction)) is None:
        raise LinesError(
            f"There is no direction {direction!r}. Use: vcp triage inbound or outbound"
        )
    for number, line in enumerate(in_stream, start=1):
        if line.strip():
            record = _record(number, line)
            verdict = answer(number, record)
            said = {"id": record.get("id"), **as_dict(verdict)}
            out_stream.write(json.dumps(said, ensure_ascii=False) + "\n")
    out_stream.flush()


def _record(number: int, line: str) -> Mapping[str, Any]:
    try:
        record = json.loads(line)
    except ValueError as fault:
        raise LinesError(
            f"Line {number} is not JSON ({fault}). Write one JSON object a line."
        ) from fault
    if not isinstance(record, dict) or not isinstance(record.get("text"), str):
        raise LinesError(f"Line {number} has no text. Each line needs an object with id and text.")
    if not isinstance(record.get("language", ""), str | None):
        raise LinesError(f"Line {number}: language must be a code such as en or cy.")
    return record


def _outbound(number: int, record: Mapping[str, Any]) -> Verdict:
    fields = record.get("fields", {})
    if not isinstance(fields, dict) or not all(isinstance(text, str) for text in fields.values()):
        raise LinesError(
            f"Line {number}: fields must be an object of texts, such as {{'alt:1': '...'}}."
        )
    return screen_outbound(
        {"text": record["text"], **fields},
        language=record.get("language") or "en",
        context=OutboundContext(pre_election=record.get("pre_election") is True),
    )


def _inbound(number: int, record: Mapping[str, Any]) -> Verdict:
    about = record.get("asked_about") or record.get("in_reply_to") or ""
    media = record.get("media_count", 0)
    if not isinstance(about, str):
        raise LinesError(f"Line {number}: asked_about must be the text of the post answered.")
    if type(media) is not int or media < 0:
        raise LinesError(f"Line {number}: media_count must be a whole number from 0.")
    try:
        earlier = tuple(Priority(one) for one in record.get("earlier", ()))
    except (TypeError, ValueError) as fault:
        raise LinesError(
            f"Line {number}: earlier must be a list of priorities, such as ['P3']."
        ) from fault
    return screen_inbound(
        record["text"],
        language=record.get("language"),
        context=InboundContext(asked_about=about, media_count=media, earlier=earlier),
    )


_ANSWERS: dict[str, Callable[[int, Mapping[str, Any]], Verdict]] = {
    "inbound": _inbound,
    "outbound": _outbound,
}


def as_dict(verdict: Verdict) -> dict[str, Any]:
    """Return the verdict as plain values, ready for JSON."""
    return {
        "category": verdict.category,
        "priority": verdict.priority.value,
        "findings": [
            {
                "rule": finding.rule,
                "category": finding.category,
                "priority": finding.priority.value,
                "field": finding.field,
                "start": finding.start,
                "end": finding.end,
                "why": finding.why,
                "advice": finding.advice,
            }
            for finding in verdict.findings
        ],
        "score": verdict.score,
        "versions": verdict.versions,
        "screened": verdict.screened,
        "degraded": verdict.degraded,
    }
