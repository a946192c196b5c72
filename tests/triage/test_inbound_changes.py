"""A grave message stays grave however it is dressed, and any text at all gets a verdict."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vcp.triage.findings import Priority, most_serious
from vcp.triage.inbound import LONGEST, InboundContext, screen_inbound
from vcp.triage.inbound_categories import INBOUND
from vcp.triage.rulefiles import inbound_rules

GRAVE = [
    "someone is breaking into the flat next door right now",
    "im gonna kill you",
    "theres a man with a knife outside the school",
    "i want to die",
    "my child is missing from the park",
    "the house is on fire with people inside",
    "he is strangling my mum please help",
    "shes took a whole packet of pills",
    "is angela working tonight",
]


def _stretched(text: str) -> str:
    """Stretch the last letter of every longer word."""
    return " ".join(word + word[-1] * 3 if len(word) > 3 else word for word in text.split())


CHANGES: dict[str, Callable[[str], str]] = {
    "upper case": str.upper,
    "capitals": str.title,
    "a handle in front": lambda text: f"@pc_fenn@force.example {text}",
    "an emoji in front": lambda text: f"😭😭 {text}",
    "an emoji behind": lambda text: f"{text} 🙏🚨",
    "invisible signs": "\u200b".join,
    "soft hyphens": lambda text: text.replace("i", "\u00adi"),
    "stretched words": _stretched,
    "full width": lambda text: "".join(
        chr(ord(letter) + 0xFEE0) if "!" <= letter <= "~" else letter for letter in text
    ),
    "look-alike letters": lambda text: text.translate(str.maketrans("aeo", "аео")),
    "many spaces": lambda text: text.replace(" ", "   "),
    "non-breaking spaces": lambda text: text.replace(" ", "\u00a0"),
    "a joke behind": lambda text: f"{text} lol jk 😂",
    "a joke in front": lambda text: f"haha only joking {text}",
    "exclamation marks": lambda text: f"{text}!!!!!",
    "a link behind": lambda text: f"{text} https://x.example/a",
    "a line of praise in front": lambda text: f"Thank you for the lovely fete.\n{text}",
    "a question behind": lambda text: f"{text}\nWhat time do you open?",
    "html": lambda text: f"<p>{text}</p>",
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("text", GRAVE)
def test_no_dress_lowers_a_grave_message(text: str, change: str) -> None:
    verdict = screen_inbound(CHANGES[change](text))
    assert verdict.priority is Priority.P1, (CHANGES[change](text), verdict.findings)


@pytest.mark.parametrize(
    "text",
    ["I'm gonna k1ll you", "gonna st4b him", "i will k i l l you", "im going to $tab that officer"],
)
def test_letters_swapped_for_digits_hide_nothing(text: str) -> None:
    assert screen_inbound(text).priority is Priority.P1


def test_what_is_over_is_no_emergency_but_a_threat_is_never_excused() -> None:
    assert screen_inbound("our shed was on fire last year").priority is not Priority.P1
    assert screen_inbound("last year I said I will kill him and I will kill him").priority is (
        Priority.P1
    )


def test_no_rule_of_threats_or_people_at_risk_can_be_silenced() -> None:
    for rule in inbound_rules().rules:
        if rule.category in ("threat_to_person", "safeguarding"):
            assert not rule.exclusions, rule.id


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=60))
def test_words_added_on_a_new_line_never_lower_a_message(more: str) -> None:
    assert screen_inbound(f"i am going to kill you\n{more}").priority is Priority.P1


WORDS = [
    "help",
    "kill",
    "knife",
    "he",
    "she",
    "my",
    "the",
    "house",
    "fire",
    "now",
    "lol",
    "🔪",
    "😂",
    "k1ll",
    "@pc",
    "https://x.example",
    "\u200b",
    "АВ",
    "مدد",
    "救命",
    "dwi",
    "AB12CDE",
    "07700900123",
    "&amp;",
    "<b>",
    "child",
    "missing",
    "pills",
    "bridge",
    "&",
    "%s",
    "{0}",
    "\\",
    "'",
    '"',
    ";",
    "--",
    "\x00",
    "sorry",
    "jump",
    "gun",
    "ok",
    "❤️",
    ":knife:",
    "1️⃣",
    "🏴\U000e0067\U000e0062\U000e0077\U000e006c\U000e0073\U000e007f",
    "\U0010ffff",
    "﷽",
    "á",
    "...",
    "???",
    "\n",
    "\t",
    "£",
    "9.15",
    "@@",
    "$$",
    "||",
    "((",
    "[[",
]


def _garbled(number: int) -> Iterator[str]:
    chance = random.Random(20260101)
    for _ in range(number):
        pieces = chance.choices(WORDS, k=chance.randint(0, 14))
        if chance.random() < 0.3:
            pieces.append("".join(chr(chance.randint(0, 0x2FFFF)) for _ in range(8)))
        if chance.random() < 0.1:
            pieces.append(chance.choice(WORDS) * chance.randint(1, 300))
        yield chance.choice(["", " ", "\n"]).join(pieces)


def _judge(number: int) -> None:
    context = InboundContext(asked_about="Have you seen this missing man?", earlier=(Priority.P3,))
    for text in _garbled(number):
        verdict = screen_inbound(text, context=context)
        assert not verdict.degraded, text
        assert verdict.priority is most_serious([one.priority for one in verdict.findings])
        for finding in verdict.findings:
            assert finding.category in INBOUND
            assert 0 <= finding.start <= finding.end <= len(text)


def test_two_thousand_garbled_texts_get_a_verdict() -> None:
    _judge(2_000)


@pytest.mark.faults_long
def test_fifty_thousand_garbled_texts_get_a_verdict() -> None:
    _judge(50_000)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=200))
def test_any_text_gets_a_verdict_with_true_places(text: str) -> None:
    verdict = screen_inbound(text)
    assert not verdict.degraded
    for finding in verdict.findings:
        assert 0 <= finding.start <= finding.end <= len(text)


@pytest.mark.parametrize("piece", ["a", "🔪😂", "he has my sister in the house and ", "@a", "1a$"])
def test_what_a_very_long_text_costs_is_bounded(piece: str) -> None:
    """Rules read the first part only, so ten times the text gives the same verdict."""
    length = LONGEST // len(piece)
    short, long = screen_inbound(piece * 2 * length), screen_inbound(piece * 20 * length)
    assert short == long
    assert long.holds
