"""Screening of what came: every field of a message, and the verdict of the gravest."""

import logging
from collections.abc import Iterator
from dataclasses import replace
from functools import cache

from vcp.networks.base import InboundMedia
from vcp.triage.findings import Finding, Priority, Verdict
from vcp.triage.inbound import InboundContext, screen_inbound
from vcp.triage.inbound_categories import NOT_SCREENED
from vcp.triage.rulefiles import inbound_rules
from vcp.triage.rules import RuleSet

logger = logging.getLogger(__name__)

_FAILED = "The screen failed, so nobody has judged this message."
_NO_RULES = "The screening rules can't be used, so nobody has judged this message."
_READ_IT = "Read all of it, and give it a category and a priority."


def screened(
    text: str,
    *,
    language: str | None,
    content_warning: str | None = None,
    media: tuple[InboundMedia, ...] = (),
    asked_about: str = "",
    earlier: tuple[Priority, ...] = (),
) -> Verdict:
    """Screen a message; whatever goes wrong, a person is asked to read it."""
    context = InboundContext(asked_about=asked_about, media_count=len(media), earlier=earlier)
    beside = replace(context, media_count=0)
    rules = _rules()
    if rules is None:
        return unscreened(_NO_RULES)
    try:
        verdict = screen_inbound(text, language=language, context=context, rules=rules)
        for field, words in _beside(content_warning, media):
            more = screen_inbound(words, language=language, context=beside, rules=rules)
            verdict = _graver(verdict, _in_field(more, field))
    except Exception:  # whatever the fault, the message must reach somebody
        logger.exception("Screening a message failed")
        return unscreened(_FAILED)
    return verdict


def get_ready() -> None:
    """Read the rules now: it takes a second, in which no message should be under way."""
    _rules()


@cache
def _rules() -> RuleSet | None:
    """Return the rules; None, once and for all, when they can't be used.

    Trying again takes a second, which in a flood nobody has.
    """
    try:
        return inbound_rules()
    except Exception:  # whatever the fault, every message goes to a person until it is mended
        logger.exception("The screening rules can't be used: every message goes to a person")
        return None


def unscreened(why: str, glance: str | None = None) -> Verdict:
    """Return the verdict of a message that no screen has judged: P2, for a person.

    A glance that saw worse than that holds.
    """
    priority = Priority.P1 if glance == Priority.P1 else Priority.P2
    finding = Finding("not-screened", NOT_SCREENED, priority, 0, 0, why, _READ_IT)
    return Verdict(
        category=NOT_SCREENED,
        priority=priority,
        findings=(finding,),
        score=None,
        versions={},
        screened=False,
        degraded=True,
    )


def without_our_name(text: str, handle: str) -> str:
    """Blank out our own names at the start, which say nothing; what follows keeps its place."""
    name = handle.partition("@")[0].lower()
    ours = {f"@{name}", f"@{handle.lower()}"}
    place = 0
    while name and place < len(text):
        word = text[place:].split(maxsplit=1)[0] if text[place:].strip() else ""
        start = text.find(word, place) if word else -1
        if not word or word.lower().rstrip(":,") not in ours:
            break
        text = text[:start] + " " * len(word) + text[start + len(word) :]
        place = start + len(word)
    return text


def _beside(
    content_warning: str | None, media: tuple[InboundMedia, ...]
) -> Iterator[tuple[str, str]]:
    if content_warning and content_warning.strip():
        yield "content_warning", content_warning
    for number, one in enumerate(media, start=1):
        if one.description.strip():
            yield f"alt:{number}", one.description


def _in_field(verdict: Verdict, field: str) -> Verdict:
    return replace(verdict, findings=tuple(replace(one, field=field) for one in verdict.findings))


def _graver(one: Verdict, other: Verdict) -> Verdict:
    """Return both verdicts as one: the category of the graver, the findings of both."""
    first, second = (other, one) if other.priority.outranks(one.priority) else (one, other)
    return replace(
        first,
        findings=first.findings + second.findings,
        screened=one.screened and other.screened,
        degraded=one.degraded or other.degraded,
    )
