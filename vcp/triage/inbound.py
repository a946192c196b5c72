"""Screening of a resident's message: every sign in it, and the verdict of the gravest.

The machine may raise and never lowers: a joke marker is noted and changes nothing, and whatever
cannot be judged goes to a person.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import re2

from vcp.triage import mother_tongue, normalise
from vcp.triage import reading as readings
from vcp.triage.findings import Finding, Priority, Verdict, most_serious, without_inner
from vcp.triage.identifiers import VERSION as IDENTIFIERS_VERSION
from vcp.triage.identifiers import identifiers
from vcp.triage.inbound_categories import CHATTER, INBOUND_ORDER, NOT_SCREENED, NOTE
from vcp.triage.normalise import Plain
from vcp.triage.reading import has_words, made_ready, reading
from vcp.triage.rulefiles import inbound_rules
from vcp.triage.rules import RuleSet

#: Longest part of a message that is screened, in characters; the rest is for a person.
LONGEST = 6_000

#: How often one rule is shown in one message; what it finds more often says nothing new.
MOST_OF_A_RULE = 5

#: A word of a joke; it lowers nothing, and the desk should know of it.
_JOKE = re2.compile(
    r"(?i)\b(?:lo+l+|lmf?ao+|rofl|jks?|j/k|ha(?:ha)+h?|only joking|just (?:kidding|joking)|kidding"
    r"|banter|no offence|as a joke|just messing|im joking|i'm joking)\b|:laughing:|:joking:"
)

_NO_RULES = "The screening rules could not be used, so nobody has judged this message."
_LANGUAGE = "Some of this is in a language that the rules do not know."
_NO_TEXT = "There are no words in this message that the rules could judge."
_MEDIA_ONLY = "This is only pictures, sound or video, which the rules cannot judge."
_TOO_LONG = f"Only the first {LONGEST:,} characters of this message were screened."
_READ_IT = "Read all of it, and give it a category and a priority."
_JOKING = "This is said with a joke. A joke lowers nothing."
_JUDGE_IT = "Judge the message as if the joke were not there."
_SECOND_HINT = "The same person has written before today, so these hints are read together."
_HIDE_IT = "Hide the public copy if it endangers anybody, and go on in private."


@dataclass(frozen=True)
class InboundContext:
    """What is known around a message and changes what it means."""

    #: The words of our own post that it answers, if it answers one.
    asked_about: str = ""
    #: How many pictures, sounds and videos came with it.
    media_count: int = 0
    #: The priorities of what the same handle sent in the 24 hours before.
    earlier: tuple[Priority, ...] = ()


_NO_CONTEXT = InboundContext()


@dataclass(frozen=True)
class _Message:
    """One message, as typed and as the rules read it."""

    text: str
    plain: Plain
    ready: Plain
    language: str | None
    context: InboundContext
    rules: RuleSet


def screen_inbound(
    text: str,
    *,
    language: str | None = None,
    context: InboundContext = _NO_CONTEXT,
    rules: RuleSet | None = None,
) -> Verdict:
    """Screen one message; whatever goes wrong inside, a person is asked to read it.

    `language` is what the network says of it, which is often wrong. With a layer broken the rules
    judge alone, and the verdict is `degraded`; without rules every message is P2.
    """
    try:
        return _screen(text, language, context, rules or inbound_rules())
    except Exception:  # noqa: BLE001  # whatever the fault, a person must see the message
        return _verdict([_not_screened("failed", _NO_RULES)], {}, degraded=True)


def _screen(text: str, language: str | None, context: InboundContext, rules: RuleSet) -> Verdict:
    versions = {
        "rules": rules.version,
        "identifiers": IDENTIFIERS_VERSION,
        "normaliser": normalise.VERSION,
        "reading": readings.VERSION,
    }
    part = text[:LONGEST]
    message, degraded = _made_ready(part, language, context, rules)
    findings = list(_of_rules(message))
    for layer in (_of_language, _of_identifiers, _of_jokes, _of_media):
        try:
            findings.extend(layer(message))
        except Exception:  # noqa: BLE001  # the rules judge alone, and the verdict says so
            degraded = True
    if len(text) > LONGEST:
        findings.append(_not_screened("length", _TOO_LONG))
    return _verdict(_read_together(findings, context), versions, degraded=degraded)


def _made_ready(
    text: str, language: str | None, context: InboundContext, rules: RuleSet
) -> tuple[_Message, bool]:
    """Return the message, and whether it had to be taken as it was typed."""
    try:
        plain = normalise.plain(text)
        return _Message(text, plain, made_ready(plain), language, context, rules), False
    except Exception:  # noqa: BLE001  # rules on the text as typed are better than none
        typed = Plain(text, range(len(text)), range(1, len(text) + 1))
        return _Message(text, typed, typed, language, context, rules), True


def _of_rules(message: _Message) -> Iterator[Finding]:
    about = reading(message.context.asked_about[:LONGEST]).text
    for finding in message.rules.read(message.ready.text, "en", about):
        yield _placed(finding, message.ready)


def _of_language(message: _Message) -> Iterator[Finding]:
    if mother_tongue.is_beyond_the_rules(message.text, message.ready.text, message.language):
        yield _not_screened("language", _LANGUAGE)


def _of_identifiers(message: _Message) -> Iterator[Finding]:
    """Note what leads to a person, so that the desk can hide it; it changes no priority."""
    for finding in identifiers(message.plain.text, frozenset(), frozenset()):
        note = replace(finding, category=NOTE, priority=Priority.P4, advice=_HIDE_IT)
        yield _placed(note, message.plain)


def _of_jokes(message: _Message) -> Iterator[Finding]:
    if found := _JOKE.search(message.ready.text):
        start, end = found.span()
        note = Finding("joke-marker", NOTE, Priority.P4, start, end, _JOKING, _JUDGE_IT)
        yield _placed(note, message.ready)


def _of_media(message: _Message) -> Iterator[Finding]:
    if not has_words(message.ready):
        if message.context.media_count:
            yield _not_screened("media", _MEDIA_ONLY)
        else:
            # A bare mention or link is rarely urgent, but may still be somebody reaching out.
            yield _not_screened("empty", _NO_TEXT, Priority.P3)


def _placed(finding: Finding, ready: Plain) -> Finding:
    start, end = ready.original(finding.start, finding.end)
    return replace(finding, start=start, end=end)


def _read_together(findings: Sequence[Finding], context: InboundContext) -> Sequence[Finding]:
    """Raise a hint of harm when the same person gave another within the day."""
    if not any(priority is not Priority.P4 for priority in context.earlier):
        return findings
    return [
        replace(finding, priority=Priority.P2, why=f"{finding.why} {_SECOND_HINT}")
        if finding.category == "safeguarding" and finding.priority is Priority.P3
        else finding
        for finding in findings
    ]


def _first_of_each(findings: Sequence[Finding]) -> Iterator[Finding]:
    shown: Counter[str] = Counter()
    for finding in without_inner(findings):
        shown[finding.rule] += 1
        if shown[finding.rule] <= MOST_OF_A_RULE:
            yield finding


def _verdict(findings: Sequence[Finding], versions: dict[str, str], *, degraded: bool) -> Verdict:
    ordered = sorted(
        _first_of_each(findings),
        key=lambda found: (found.priority.value, INBOUND_ORDER[found.category], found.start),
    )
    return Verdict(
        category=next((one.category for one in ordered if one.category != NOTE), CHATTER),
        priority=most_serious([finding.priority for finding in ordered]),
        findings=tuple(ordered),
        score=None,
        versions=versions,
        screened=all(finding.category != NOT_SCREENED for finding in ordered),
        degraded=degraded,
    )


def _not_screened(reason: str, why: str, priority: Priority = Priority.P2) -> Finding:
    return Finding(f"not-screened-{reason}", NOT_SCREENED, priority, 0, 0, why, _READ_IT)
