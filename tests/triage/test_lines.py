"""The seam: one object a line in, one verdict a line out, in order."""

from __future__ import annotations

import io
import json

import pytest

from vcp.triage.lines import LinesError, run


def answers(*lines: str, direction: str = "outbound") -> list[dict[str, object]]:
    out = io.StringIO()
    run(direction, io.StringIO("\n".join(lines)), out)
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_each_line_gets_its_verdict_in_order() -> None:
    first, second = answers(
        '{"id": "a", "text": "Seen AB12 CDE"}', "", '{"id": 2, "text": "Bike marking on Friday"}'
    )
    assert (first["id"], first["category"], first["priority"]) == ("a", "personal_data", "P2")
    assert first["findings"][0]["rule"] == "id-plate"  # type: ignore[index]  # JSON
    assert (first["findings"][0]["start"], first["findings"][0]["end"]) == (5, 13)  # type: ignore[index]  # JSON
    assert first["score"] is None
    assert (second["id"], second["category"], second["priority"]) == (2, "clean", "P4")
    assert first["screened"]
    assert not first["degraded"]


def test_language_fields_and_period_are_taken_from_the_line() -> None:
    welsh, fields, period = answers(
        '{"id": 1, "text": "Bore da", "language": "cy"}',
        '{"id": 2, "text": "A car", "fields": {"alt:1": "AB12 CDE"}}',
        '{"id": 3, "text": "So proud of our new mayor", "pre_election": true}',
    )
    assert welsh["category"] == "not_screened"
    assert fields["findings"][0]["field"] == "alt:1"  # type: ignore[index]  # JSON
    assert period["priority"] == "P2"


@pytest.mark.parametrize(
    "line, words",
    [
        ("not json", "Line 1 is not JSON"),
        ('["text"]', "Line 1 has no text"),
        ('{"id": 1}', "Line 1 has no text"),
        ('{"text": "a", "language": 3}', "language must be a code"),
        ('{"text": "a", "fields": {"alt:1": 3}}', "fields must be an object"),
        ('{"text": "a", "fields": []}', "fields must be an object"),
    ],
)
def test_a_line_that_cannot_be_read_says_what_to_do(line: str, words: str) -> None:
    with pytest.raises(LinesError) as refused:
        answers(line)
    assert words in str(refused.value)


def test_messages_get_their_verdict_in_order() -> None:
    grave, picture, sighting, hint = answers(
        '{"id": "a", "text": "theres a man in my house with a knife", "language": null}',
        '{"id": "b", "text": "", "media_count": 2}',
        '{"id": "c", "text": "seen him in town", "in_reply_to": "Have you seen missing Aled?"}',
        '{"id": "d", "text": "feeling really low lately and no one to talk to", "earlier": ["P3"]}',
        direction="inbound",
    )
    assert (grave["category"], grave["priority"]) == ("emergency_in_progress", "P1")
    assert (picture["category"], picture["priority"]) == ("not_screened", "P2")
    assert (sighting["category"], sighting["priority"]) == ("safeguarding", "P1")
    assert (hint["category"], hint["priority"]) == ("safeguarding", "P2")
    assert [one["id"] for one in (grave, picture, sighting, hint)] == list("abcd")


@pytest.mark.parametrize(
    "line, words",
    [
        ('{"text": "a", "media_count": -1}', "media_count must be a whole number"),
        ('{"text": "a", "media_count": "2"}', "media_count must be a whole number"),
        ('{"text": "a", "asked_about": 3}', "asked_about must be the text"),
        ('{"text": "a", "earlier": ["P9"]}', "earlier must be a list of priorities"),
        ('{"text": "a", "earlier": 3}', "earlier must be a list of priorities"),
    ],
)
def test_a_message_that_cannot_be_read_says_what_to_do(line: str, words: str) -> None:
    with pytest.raises(LinesError) as refused:
        answers(line, direction="inbound")
    assert words in str(refused.value)


def test_another_direction_is_refused_with_those_there_are() -> None:
    with pytest.raises(LinesError, match="vcp triage inbound or outbound"):
        run("sideways", io.StringIO(), io.StringIO())
