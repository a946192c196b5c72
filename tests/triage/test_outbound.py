"""A draft's verdict: every field, the worst sign wins, and any doubt holds it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.triage.screening import marked, screened
from vcp.triage.categories import NOT_SCREENED, OUTBOUND
from vcp.triage.findings import Priority
from vcp.triage.outbound import LONGEST, OutboundContext, screen_outbound
from vcp.triage.rulefiles import outbound_rules
from vcp.triage.rules import RuleSet

#: Ordinary posts by several imagined officers; none may be held.
ORDINARY = [
    "Thank you to everyone who came to the bike-marking day on Saturday. 64 bikes done.",
    "The front counter at Mill Lane is closed on Monday for the bank holiday.",
    "Two people were arrested in Pellbridge on Friday after a report of a burglary.",
    "A 34-year-old man has been charged and will appear before magistrates on Tuesday.",
    "We are appealing for witnesses to a collision on the A12 at 8am yesterday.",
    "If you have dash cam footage of the A12 between 7 and 9am please call 101.",
    "Please avoid the High Street. Emergency services are dealing with an incident.",
    "Scam warning: we will never ask you for your bank details.",
    "Our next drop-in is at the library on 12 March from 10am. Come and say hello.",
    "Polling stations are open until 10pm. If you see anything of concern tell us.",
    "A woman has been found safe and well. Thank you for sharing our appeal.",
    "We don't yet know the cause of the fire. The fire service will investigate.",
    "Victim Support offers free help, whether or not you have told the police.",
    "You told us that speeding on the ring road worries you. Here is what we did.",
    "PC 4417 and PCSO 8311 met Year 6 today to talk about road safety.",
    "Report it online or call 101. In an emergency always call 999.",
    "",
]


@pytest.mark.parametrize("text", ORDINARY)
def test_an_ordinary_post_is_not_held(text: str) -> None:
    verdict = screened(text)
    assert not verdict.holds, verdict.findings
    assert verdict.screened
    assert not verdict.degraded


def test_a_clean_draft_is_p4_and_clean() -> None:
    verdict = screened("Bikes marked free on Saturday at the library")
    assert (verdict.category, verdict.priority, verdict.findings) == ("clean", Priority.P4, ())
    assert not verdict.holds
    assert not verdict.warns
    assert set(verdict.versions) == {"rules", "identifiers", "normaliser"}


def test_the_most_serious_finding_gives_the_category() -> None:
    verdict = screened("Seen AB12 CDE. Delete this chat when you have read it")
    assert verdict.priority is Priority.P1
    assert verdict.category == "professional_boundary"
    assert {finding.category for finding in verdict.findings} >= {
        "personal_data",
        "professional_boundary",
    }


def test_every_field_is_read_and_named() -> None:
    texts = {
        "text": "Lovely day",
        "content_warning": "Call 07700 900123",
        "alt:1": "A car, AB12 CDE",
        "link:1": "https://example.org/AB12CDE.html",
        "file:1": "ab12cde_front.jpg",
    }
    verdict = screen_outbound(texts)
    assert {finding.field for finding in verdict.findings} == set(texts) - {"text"}
    for finding in verdict.findings:
        assert texts[finding.field][finding.start : finding.end]
    assert [finding.rule for finding in verdict.of_field("alt:1")] == ["id-plate"]


def test_a_link_or_a_file_name_is_no_prose() -> None:
    verdict = screen_outbound({"link:1": "https://example.org/vote-for-alder-he-is-best"})
    assert not verdict.findings


def test_political_content_is_held_in_a_pre_election_period_and_warned_about_outside() -> None:
    text = "So proud of our new mayor"
    assert screened(text).priority is Priority.P3
    assert screened(text).warns
    assert screened(text, pre_election=True).priority is Priority.P2


def test_a_pre_election_period_raises_nothing_else() -> None:
    assert screened("Safest town in the region", pre_election=True).priority is Priority.P3


def test_a_language_without_rules_is_held_but_its_identifiers_are_found() -> None:
    verdict = screen_outbound({"text": "Ffoniwch Mair ar 01632 960148"}, language="cy")
    assert verdict.priority is Priority.P2
    assert not verdict.screened
    assert {finding.category for finding in verdict.findings} == {NOT_SCREENED, "personal_data"}


def test_a_p1_identifier_outranks_not_screened() -> None:
    verdict = screen_outbound({"text": "Cerdyn 4111 1111 1111 1111"}, language="cy")
    assert verdict.priority is Priority.P1
    assert verdict.category == "personal_data"
    assert not verdict.screened


def test_a_regional_code_is_its_language() -> None:
    assert screen_outbound({"text": "Hello all"}, language="en-GB").screened


def test_another_language_under_an_english_label_is_held() -> None:
    verdict = screened("Mae'r ffordd ar gau heddiw, diolch am eich amynedd")
    assert verdict.category == NOT_SCREENED
    assert verdict.holds


def test_an_over_long_draft_is_held_unread() -> None:
    verdict = screened("a" * (LONGEST + 1))
    assert verdict.priority is Priority.P2
    assert not verdict.screened
    assert not verdict.degraded
    assert screened("a " * (LONGEST // 2)).screened


class _Broken(RuleSet):
    """Rules that fail while reading, as a bug of ours would."""

    def __init__(self) -> None:
        super().__init__([], "broken")
        self.languages = frozenset({"en"})

    def read(self, text: str, language: str) -> list[object]:  # type: ignore[override]  # it never returns
        raise ZeroDivisionError


def test_a_fault_inside_holds_the_draft_and_says_so() -> None:
    verdict = screen_outbound({"text": "hello"}, rules=_Broken())
    assert verdict.degraded
    assert not verdict.screened
    assert verdict.holds
    assert verdict.category == NOT_SCREENED


@pytest.mark.parametrize("texts", [{"text": None}, None, {"text": 3}])
def test_a_caller_that_passes_nonsense_gets_a_hold(texts: object) -> None:
    assert screen_outbound(texts).degraded  # type: ignore[arg-type]  # the point of the test


def test_a_joke_marker_lowers_nothing() -> None:
    plain = screened("Warrants on the estate tomorrow morning")
    joking = screened("Warrants on the estate tomorrow morning lol jk 😂")
    assert plain.priority is joking.priority is Priority.P1


def test_the_two_categories_nobody_releases_here() -> None:
    locked = {code for code, category in OUTBOUND.items() if not category.releasable}
    assert locked == {"covert_or_surveillance", "professional_boundary"}


MESSY = st.text(
    alphabet=st.one_of(
        st.characters(),
        st.sampled_from("AB12 CDE\u200b０７АВ&;.\n@/'😘x"),
    ),
    max_size=120,
)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.sampled_from(["text", "alt:1", "link:1"]), MESSY))
def test_any_text_gets_a_verdict_with_true_places(texts: dict[str, str]) -> None:
    verdict = screen_outbound(texts)
    assert not verdict.degraded
    assert verdict.priority is min([f.priority for f in verdict.findings], default=Priority.P4)
    for finding in verdict.findings:
        assert 0 <= finding.start <= finding.end <= len(texts[finding.field])
        assert finding.category in OUTBOUND


@settings(max_examples=60, deadline=None)
@given(MESSY)
def test_words_added_on_a_new_line_never_lower_a_draft(more: str) -> None:
    risky = "Sort code 00-00-00"
    assert screened(f"{risky}\n{more}").priority is screened(risky).priority is Priority.P1


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(["\u200b", "\u200d", "\u2060", "\ufeff", "\u00ad"]), max_size=4))
def test_invisible_signs_hide_no_plate(hidden: list[str]) -> None:
    joint = "".join(hidden)
    assert marked(f"Seen A{joint}B1{joint}2 C{joint}DE here", "id-plate")


def test_the_same_draft_gives_the_same_verdict() -> None:
    text = "Priya, 14, saw AB12 CDE at 8 Saltings Road"
    assert screened(text) == screened(text)


def test_context_is_nothing_by_default() -> None:
    assert OutboundContext() == OutboundContext(
        pre_election=False, force_phones=frozenset(), force_domains=frozenset()
    )
    assert outbound_rules() is outbound_rules()
