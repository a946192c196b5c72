"""Screening of an officer's draft: every sign in every field, and the verdict of the worst."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from vcp.triage import normalise
from vcp.triage.categories import CLEAN, NOT_SCREENED, ORDER
from vcp.triage.findings import Finding, Priority, Verdict, most_serious, without_inner
from vcp.triage.identifiers import VERSION as IDENTIFIERS_VERSION
from vcp.triage.identifiers import identifiers
from vcp.triage.language import has_other_language
from vcp.triage.rulefiles import outbound_rules
from vcp.triage.rules import RuleSet

#: Longest text that is screened, in characters over all fields; a longer draft is held unread.
LONGEST = 20_000

#: Fields that hold a name for a machine, not prose: only identifiers are looked for.
_NOT_PROSE = ("link:", "file:")

_FAILED = "The screen failed, so nobody has checked this draft."
_TOO_LONG = f"The draft is longer than {LONGEST:,} characters, so it was not screened."
_NO_RULES = "There are no screening rules for this language yet, so it was not screened."
_OTHER_LANGUAGE = "Some of this is not English, and the English rules cannot judge it."
_READ_IT = "A decision maker must read every word of it before it may go out."


@dataclass(frozen=True)
class OutboundContext:
    """What is known around a draft and changes what may be said in it."""

    #: A pre-election period is running: political content is held, not only warned about.
    pre_election: bool = False
    #: The force's own published telephone numbers, in any layout.
    force_phones: frozenset[str] = frozenset()
    #: Domains whose addresses may stand in a post, such as the force's own.
    force_domains: frozenset[str] = frozenset()


_NO_CONTEXT = OutboundContext()


def screen_outbound(
    texts: Mapping[str, str],
    *,
    language: str = "en",
    context: OutboundContext = _NO_CONTEXT,
    rules: RuleSet | None = None,
) -> Verdict:
    """Screen every field of a draft; whatever goes wrong inside, the draft is held, never passed.

    `texts` maps a field (`text`, `content_warning`, `alt:1`, `link:1`, `file:1`) to its words.
    """
    try:
        return _screen(texts, language, context, rules or outbound_rules())
    except Exception:  # noqa: BLE001  # failing closed is the rule here: any fault holds the draft
        return _unscreened(_FAILED, {}, degraded=True)


def _screen(
    texts: Mapping[str, str], language: str, context: OutboundContext, rules: RuleSet
) -> Verdict:
    versions = {
        "rules": rules.version,
        "identifiers": IDENTIFIERS_VERSION,
        "normaliser": normalise.VERSION,
    }
    if sum(len(text) for text in texts.values()) > LONGEST:
        return _unscreened(_TOO_LONG, versions, degraded=False)
    spoken = language.partition("-")[0].lower()
    findings = [
        finding
        for field, text in texts.items()
        for finding in _read(field, text, spoken, context, rules)
    ]
    if spoken not in rules.languages:
        findings.append(_not_screened(_NO_RULES))
    return _verdict(findings, versions)


def _read(
    field: str,
    text: str,
    language: str,
    context: OutboundContext,
    rules: RuleSet,
) -> Iterator[Finding]:
    plain = normalise.plain(text)
    found = identifiers(plain.text, context.force_phones, context.force_domains)
    if not field.startswith(_NOT_PROSE):
        found.extend(rules.read(plain.text, language))
        if language == "en" and has_other_language(text, plain.text):
            yield _not_screened(_OTHER_LANGUAGE, field)
    for finding in found:
        start, end = plain.original(finding.start, finding.end)
        yield _in_context(replace(finding, start=start, end=end, field=field), context)


def _in_context(finding: Finding, context: OutboundContext) -> Finding:
    if (
        finding.category == "political_content"
        and context.pre_election
        and Priority.P2.outranks(finding.priority)
    ):
        return replace(finding, priority=Priority.P2)
    return finding


def _verdict(findings: Sequence[Finding], versions: dict[str, str]) -> Verdict:
    ordered = sorted(
        without_inner(findings),
        key=lambda found: (found.priority.value, ORDER[found.category], found.field, found.start),
    )
    return Verdict(
        category=ordered[0].category if ordered else CLEAN,
        priority=_fused(ordered),
        findings=tuple(ordered),
        score=None,
        versions=versions,
        screened=all(finding.category != NOT_SCREENED for finding in ordered),
        degraded=False,
    )


def _fused(findings: Sequence[Finding]) -> Priority:
    """Return the draft's priority: the most serious sign wins.

    The rules are the floor. The band of a statistical score joins the maximum taken here, so
    that it can raise a draft and never lower one.
    """
    return most_serious([finding.priority for finding in findings])


def _unscreened(why: str, versions: dict[str, str], *, degraded: bool) -> Verdict:
    finding = _not_screened(why)
    return Verdict(
        finding.category,
        finding.priority,
        (finding,),
        None,
        versions,
        screened=False,
        degraded=degraded,
    )


def _not_screened(why: str, field: str = "text") -> Finding:
    return Finding("not-screened", NOT_SCREENED, Priority.P2, 0, 0, why, _READ_IT, field)
