"""Short ways to screen one text in the tests of this folder."""

from __future__ import annotations

from vcp.triage.findings import Verdict
from vcp.triage.outbound import OutboundContext, screen_outbound


def screened(text: str, **context: object) -> Verdict:
    return screen_outbound({"text": text}, context=OutboundContext(**context))  # type: ignore[arg-type]  # keywords are OutboundContext's own


def marked(text: str, rule: str, **context: object) -> list[str]:
    """Return the words that the rule marks."""
    verdict = screened(text, **context)
    return [text[f.start : f.end] for f in verdict.findings if f.rule == rule]
