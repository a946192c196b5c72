"""JSON lines in, JSON lines out, in order: the seam behind `vcp triage`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, TextIO

from vcp.triage.findings import Verdict
from vcp.triage.outbound import OutboundContext, screen_outbound


class LinesError(Exception):
    """The command cannot go on; the message says what to do."""


def run(direction: str, in_stream: TextIO, out_stream: TextIO) -> None:
    """Read one JSON object a line and write one verdict a line.

    In: `id`, `text`; optional `language`, `fields` (name to text) and `pre_election`.
    Raises: `LinesError` for a direction that is not there, or a line that is not such an object.
    """
    if direction == "inbound":
        raise LinesError("Inbound triage is not part of this version. Use: vcp triage outbound")
    if direction != "outbound":
        raise LinesError(f"There is no direction {direction!r}. Use: vcp triage outbound")
    for number, line in enumerate(in_stream, start=1):
        if line.strip():
            record = _record(number, line)
            out_stream.write(json.dumps(_answer(record), ensure_ascii=False) + "\n")
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
    if not isinstance(record.get("language", "en"), str):
        raise LinesError(f"Line {number}: language must be a code such as en or cy.")
    fields = record.get("fields", {})
    if not isinstance(fields, dict) or not all(isinstance(text, str) for text in fields.values()):
        raise LinesError(
            f"Line {number}: fields must be an object of texts, such as {{'alt:1': '...'}}."
        )
    return record


def _answer(record: Mapping[str, Any]) -> dict[str, Any]:
    verdict = screen_outbound(
        {"text": record["text"], **record.get("fields", {})},
        language=record.get("language", "en"),
        context=OutboundContext(pre_election=record.get("pre_election") is True),
    )
    return {"id": record.get("id"), **as_dict(verdict)}


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
