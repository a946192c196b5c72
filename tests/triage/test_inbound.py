"""A message's verdict: the gravest sign wins, nothing lowers it, and any doubt goes to a person."""

from __future__ import annotations

import pytest

from vcp.triage import inbound
from vcp.triage.findings import Priority, Verdict
from vcp.triage.inbound import LONGEST, MOST_OF_A_RULE, InboundContext, screen_inbound
from vcp.triage.inbound_categories import CHATTER, INBOUND, NOT_SCREENED, NOTE
from vcp.triage.rulefiles import inbound_rules
from vcp.triage.rules import RuleSet

P1 = Priority.P1

#: What must reach the control room or the safeguarding desk at once, in many voices.
GRAVE = [
    ("emergency_in_progress", "someone is breaking into the flat next door right now"),
    ("emergency_in_progress", "The house opposite is on fire and there are people inside"),
    ("emergency_in_progress", "bloke outside the school with a machete"),
    ("emergency_in_progress", "a lad's gone under in the canal and not come up"),
    ("emergency_in_progress", "shes not breathing please hurry"),
    ("emergency_in_progress", "HELP"),
    ("emergency_in_progress", "he's outside with a 🔪"),
    ("emergency_in_progress", "he threw acid in her face outside the club"),
    ("threat_to_person", "I'm going to stab that officer when he knocks off"),
    ("threat_to_person", "🐷🔪"),
    ("threat_to_person", "I will shoot up the school on monday"),
    ("threat_to_person", "I know where you live and which nursery your kids go to"),
    ("threat_to_person", "my ex says he'll kill me and the kids"),
    ("threat_to_person", "he'll throw acid over you if you go to court, he said he would kill you"),
    ("safeguarding", "I don't want to be here any more"),
    ("safeguarding", "took all my tablets with some vodka"),
    ("safeguarding", "bottle is empty, sleepy now, sorry mum"),
    ("safeguarding", "My 5 year old is missing from the park"),
    ("safeguarding", "Is Angela working? I'm at the bar by the door"),
    ("safeguarding", "need Ani at the chemist now"),
    ("safeguarding", "id like to order a pizza to flat 4, he is still here so quick please"),
    ("safeguarding", "im fine, he says to tell you everything is fine"),
    (
        "identity_check",
        "a man says he is a detective and is on the phone to nan getting her pin now",
    ),
]

#: Ordinary messages by several imagined residents; none may be raised above P3.
ORDINARY = [
    "Thanks for coming to the fete, the kids loved the horse",
    "ok",
    "thanks",
    "❤️",
    "😂😂😂",
    "lol",
    "What time does the drop-in start on Saturday?",
    "The band were on fire last night 🔥",
    "My bread rolls were killer, everyone says so",
    "is this a real police page?",
    "Any chance of a bench by the bus stop",
    "dead proud of my daughter today",
    "That joke slayed me haha",
    "The traffic was murder but what a day",
    "happy birthday sarge",
    "we got hammered five nil",
]


@pytest.mark.parametrize("category, text", GRAVE)
def test_life_and_serious_harm_are_p1(category: str, text: str) -> None:
    verdict = screen_inbound(text)
    assert (verdict.category, verdict.priority) == (category, P1), verdict.findings


@pytest.mark.parametrize("text", ORDINARY)
def test_an_ordinary_message_alarms_nobody(text: str) -> None:
    verdict = screen_inbound(text)
    assert not verdict.holds, verdict.findings
    assert verdict.screened
    assert not verdict.degraded


@pytest.mark.parametrize(
    "category, priority, text",
    [
        ("crime_report", "P3", "my bike was nicked on Tuesday"),
        ("crime_report", "P2", "just been mugged at the cash point 5 mins ago"),
        ("hate_incident", "P2", "he called me a slur and spat at my hijab"),
        ("intelligence", "P3", "anonymous please, he sells weed from the flat above the chippy"),
        ("police_complaint", "P3", "I want to make a complaint about your officer's attitude"),
        ("police_complaint", "P2", "your officer punched my brother while he was in handcuffs"),
        ("media_enquiry", "P3", "I'm a reporter at the Gazette, who can I talk to?"),
        ("information_rights", "P3", "I want a copy of all the data you hold about me"),
        ("asb_service_request", "P2", "cattle loose on the bypass"),
        ("asb_service_request", "P3", "boy racers on the ring road every weekend"),
        ("asb_service_request", "P4", "Who do I ring about a street light?"),
        ("identity_check", "P3", "is this a real police account?"),
        ("spam_abuse", "P4", "HOT DEALS 90% off, link in bio"),
        (CHATTER, "P4", "lovely flowers outside the station"),
    ],
)
def test_each_category_is_told(category: str, priority: str, text: str) -> None:
    verdict = screen_inbound(text)
    assert (verdict.category, verdict.priority.value) == (category, priority), verdict.findings


def test_the_gravest_sign_wins_and_all_are_kept() -> None:
    verdict = screen_inbound("My bike was nicked. Also there is a man collapsed, not breathing")
    assert (verdict.category, verdict.priority) == ("emergency_in_progress", P1)
    assert "crime_report" in {finding.category for finding in verdict.findings}
    assert list(verdict.findings) == sorted(verdict.findings, key=lambda one: one.priority.value)


def test_a_joke_lowers_nothing_and_is_noted() -> None:
    text = "I'm going to stab that bus driver"
    joking = screen_inbound(f"{text} lol jk 😂")
    assert joking.priority is screen_inbound(text).priority is P1
    (note,) = [finding for finding in joking.findings if finding.rule == "joke-marker"]
    assert (note.category, note.priority) == (NOTE, Priority.P4)


def test_a_note_alone_is_chatter() -> None:
    verdict = screen_inbound("lol my number is 07700 900123")
    assert (verdict.category, verdict.priority) == (CHATTER, Priority.P4)
    assert {finding.category for finding in verdict.findings} == {NOTE}


def test_identifiers_are_noted_so_that_the_desk_can_hide_them() -> None:
    text = "the plate is AB12 CDE"
    verdict = screen_inbound(text)
    (plate,) = [finding for finding in verdict.findings if finding.rule == "id-plate"]
    assert text[plate.start : plate.end] == "AB12 CDE"
    assert "private" in plate.advice


@pytest.mark.parametrize("declared", [None, "en", "cy", "tl"])
def test_a_language_without_rules_goes_to_a_person(declared: str | None) -> None:
    verdict = screen_inbound("Mae'r ffordd ar gau heddiw eto", language=declared)
    assert (verdict.category, verdict.priority) == (NOT_SCREENED, Priority.P2)
    assert not verdict.screened


def test_a_wrong_label_does_not_raise_plain_english() -> None:
    verdict = screen_inbound("What time does the drop-in start?", language="cy")
    assert verdict.screened
    assert verdict.priority is Priority.P4


def test_english_rules_still_judge_what_is_partly_another_language() -> None:
    verdict = screen_inbound("Mae rhywun yn y ty. There is a man in my house with a knife")
    assert verdict.priority is P1
    assert not verdict.screened


@pytest.mark.parametrize(
    "text",
    ["pomocy on ma noz", "помогите, у него нож", "النجدة معه سكين", "救命", "Mae'r ty ar dan"],
)
def test_words_of_danger_in_other_languages_are_p1(text: str) -> None:
    assert screen_inbound(text).priority is P1


def test_pictures_without_words_go_to_a_person() -> None:
    verdict = screen_inbound("@pc_fenn", context=InboundContext(media_count=1))
    assert (verdict.category, verdict.priority) == (NOT_SCREENED, Priority.P2)
    assert "pictures" in verdict.findings[0].why


@pytest.mark.parametrize("text", ["", "  ", "@pc_fenn", "https://example.org/x"])
def test_nothing_written_goes_to_a_person_without_haste(text: str) -> None:
    verdict = screen_inbound(text)
    assert (verdict.category, verdict.priority) == (NOT_SCREENED, Priority.P3)


def test_pictures_with_words_are_judged_by_the_words() -> None:
    assert screen_inbound("lovely day", context=InboundContext(media_count=4)).screened


def test_an_answer_to_an_appeal_is_read_with_the_appeal() -> None:
    sighting = "just seen him at the bus station"
    appeal = "Can you help us find missing Aled, 15? Last seen in Dunmarrow."
    assert screen_inbound(sighting).priority is not P1
    answered = screen_inbound(sighting, context=InboundContext(asked_about=appeal))
    assert (answered.category, answered.priority) == ("safeguarding", P1)
    other = screen_inbound(sighting, context=InboundContext(asked_about="Our new horse, Gravy"))
    assert other.priority is not P1


def test_two_hints_of_one_handle_are_read_together() -> None:
    hint = "feeling really low lately and no one to talk to"
    assert screen_inbound(hint).priority is Priority.P3
    again = screen_inbound(hint, context=InboundContext(earlier=(Priority.P3,)))
    assert (again.category, again.priority) == ("safeguarding", Priority.P2)
    assert "together" in again.findings[0].why
    routine = screen_inbound(hint, context=InboundContext(earlier=(Priority.P4,)))
    assert routine.priority is Priority.P3


def test_earlier_messages_raise_nothing_but_hints() -> None:
    context = InboundContext(earlier=(Priority.P1, Priority.P3))
    assert screen_inbound("my bike was nicked on Tuesday", context=context).priority is Priority.P3


def test_an_over_long_message_is_read_in_part_and_by_a_person() -> None:
    verdict = screen_inbound("someone is breaking into my house " + "a " * LONGEST)
    assert verdict.priority is P1
    assert not verdict.screened
    assert screen_inbound("a " * LONGEST).priority is Priority.P2


def test_what_a_rule_finds_again_and_again_is_shown_a_few_times() -> None:
    verdict = screen_inbound("i will kill you\n" * 50)
    shown = [one for one in verdict.findings if one.rule == "threat-to-kill-or-hurt"]
    assert len(shown) == MOST_OF_A_RULE


class _Broken(RuleSet):
    """Rules that fail while reading, as a bug of ours would."""

    def __init__(self) -> None:
        super().__init__([], "broken")

    def read(self, text: str, language: str, about: str = "") -> list[object]:  # type: ignore[override]  # it never returns
        raise ZeroDivisionError


def _is_left_to_a_person(verdict: Verdict) -> bool:
    return (
        verdict.degraded
        and not verdict.screened
        and (verdict.category, verdict.priority) == (NOT_SCREENED, Priority.P2)
    )


def test_without_rules_every_message_is_p2() -> None:
    assert _is_left_to_a_person(screen_inbound("thanks", rules=_Broken()))


def test_rules_that_cannot_be_loaded_make_every_message_p2(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse() -> RuleSet:
        raise OSError

    monkeypatch.setattr(inbound, "inbound_rules", refuse)
    assert _is_left_to_a_person(screen_inbound("thanks"))


@pytest.mark.parametrize("text", [None, 3, b"help"])
def test_a_caller_that_passes_nonsense_gets_a_person(text: object) -> None:
    assert _is_left_to_a_person(screen_inbound(text))  # type: ignore[arg-type]  # the point of the test


@pytest.mark.parametrize("layer", ["_of_identifiers", "_of_language", "_of_jokes", "_of_media"])
def test_with_a_layer_broken_the_rules_judge_alone_and_say_so(
    layer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_message: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(inbound, layer, fail)
    verdict = screen_inbound("there is a man in my house with a knife")
    assert verdict.priority is P1
    assert verdict.degraded


def test_with_the_reader_broken_the_rules_read_what_was_typed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(_plain: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(inbound, "made_ready", fail)
    verdict = screen_inbound("there is a man in my house with a knife")
    assert verdict.priority is P1
    assert verdict.degraded


def test_a_verdict_names_the_versions_it_was_made_with() -> None:
    versions = screen_inbound("hello").versions
    assert set(versions) == {"rules", "identifiers", "normaliser", "reading"}
    assert versions["rules"] == inbound_rules().version


def test_every_finding_has_a_category_of_the_table() -> None:
    for _category, text in GRAVE:
        for finding in screen_inbound(text).findings:
            assert finding.category in INBOUND
