"""The pieces of a marked text are the text, and the worst finding is on top."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from vcp.triage.findings import Finding, Priority
from vcp.triage.segments import redact, segments


def finding(start: int, end: int, priority: Priority = Priority.P2, rule: str = "r") -> Finding:
    return Finding(rule, "personal_data", priority, start, end, "why", "advice")


FINDINGS = st.lists(
    st.builds(finding, st.integers(-3, 40), st.integers(-3, 40), st.sampled_from(list(Priority))),
    max_size=8,
)


@given(st.text(max_size=40), FINDINGS)
def test_the_pieces_joined_are_exactly_the_text(text: str, found: list[Finding]) -> None:
    pieces = segments(text, found)
    assert "".join(piece.text for piece in pieces) == text
    assert all(piece.text for piece in pieces)


@given(st.text(min_size=1, max_size=40), FINDINGS)
def test_on_every_character_the_worst_finding_wins(text: str, found: list[Finding]) -> None:
    place = 0
    for piece in segments(text, found):
        for _ in piece.text:
            here = [f.priority for f in found if f.start <= place < f.end]
            shown = piece.finding.priority if piece.finding else None
            assert shown == (min(here) if here else None)
            place += 1


def test_words_are_cut_out_where_they_stand() -> None:
    pieces = segments("Seen AB12 CDE today", [finding(5, 13)])
    assert [(piece.text, piece.finding is not None) for piece in pieces] == [
        ("Seen ", False),
        ("AB12 CDE", True),
        (" today", False),
    ]


def test_a_finding_without_words_marks_nothing() -> None:
    assert [piece.finding for piece in segments("text", [finding(0, 0)])] == [None]
    assert segments("", []) == []


def test_the_suggested_redaction_takes_the_words_out() -> None:
    assert redact("Seen AB12 CDE today", finding(5, 13)) == "Seen [removed] today"
    assert redact("text", finding(0, 0)) == "text"
