"""Ids that belong elsewhere, in any part of a request, change nothing and tell nothing.

The matrix asks for foreign things by their address; here the person is at work in the own area
and slips a foreign id into the form, the query, or beside an own one.
"""

from typing import Any

import pytest

from tests.security.conftest import Place
from tests.security.steps import step_of
from tests.security.things import SECRET_WORD

LISTS = (
    "/staff/posts",
    "/staff/posts/all",
    "/staff/posts/coming",
    "/staff/posts/awaiting",
    "/staff/posts/stopped",
    "/staff/cases",
    "/staff/cases?closed=1",
    "/staff/cases?kind=contact",
    "/staff/cases/{case_contact}",
    "/staff/cases/changes?once=1&since=2020-01-01T00:00:00%2B00:00",
    "/staff/contacts",
    "/staff/contacts?state=closed",
    "/staff/contacts?q=bikes",
    "/staff/contacts/log",
    "/staff/deliveries",
    "/staff/deliveries?state=queued",
    "/staff/personas",
    "/staff/personas?state=draft",
    "/staff/channels",
    "/staff",
    "/staff?q=",
    "/staff/posts/new",
    "/staff/posts/{post_draft}/edit",
    "/staff/personas/{persona}/leave",
    "/staff/personas/propose",
    "/staff/channels/connect",
    "/staff/invite",
)
OWN_POST = "/staff/posts/{post_draft}/edit"
WORDS = {"text": "Mine.", "language": "en"}
#: Who does it, where, and what is foreign in it; `<name>` is the foreign thing, `{name}` the own.
SWAPPED: dict[str, tuple[str, str, dict[str, str]]] = {
    "preview for a foreign channel": (
        "officer",
        OWN_POST,
        {**WORDS, "action": "check", "channel_ids": "<channel_proposed>"},
    ),
    "preview of a new post for a foreign channel": (
        "officer",
        "/staff/posts/new?persona={persona_slug}",
        {**WORDS, "action": "check", "channel_ids": "<channel_proposed>"},
    ),
    "draft for a foreign channel": (
        "officer",
        OWN_POST,
        {**WORDS, "action": "save", "channel_ids": "<channel_proposed>"},
    ),
    "draft for a channel that can't be": (
        "officer",
        OWN_POST,
        {**WORDS, "action": "save", "channel_ids": "99999999999999999999"},
    ),
    "new post as a foreign persona": (
        "officer",
        "/staff/posts/new?persona=<persona_slug>",
        {**WORDS, "action": "save"},
    ),
    "approval with the hash of foreign words": (
        "supervisor",
        "/staff/posts/{post_submitted}/approve",
        {"revision_sha256": "<sha_submitted>"},
    ),
    "correction approved with a post's hash": (
        "supervisor",
        "/staff/posts/corrections/{correction_submitted}/approve",
        {"revision_sha256": "<sha_correction>"},
    ),
    "release of a category that isn't the case's": (
        "decision_maker",
        "/staff/cases/{case_id}/release",
        {"category": "child_protection", "reason": "Because."},
    ),
    "case that repeats a foreign one": (
        "moderator",
        "/staff/cases/{case_contact}/dispose",
        {"disposition": "duplicate", "duplicate_of": "<case_contact>", "reason": "X"},
    ),
    "hand-over of a foreign case, by an own one": (
        "moderator",
        "/staff/cases/{case_contact}/hand-overs/<hand_over_id>/acknowledged",
        {"name": "X"},
    ),
    "standard reply to a foreign message": (
        "moderator",
        "/staff/cases/{case_contact}/standard-reply",
        {"message_id": "<case_message>", "sha256": "{reply_sha256}"},
    ),
    "leave for a foreign channel": (
        "supervisor",
        "/staff/personas/{persona}/leave",
        {"channel_id": "<channel>", "kind": "post", "expires_on": "2099-01-01"},
    ),
    "member of a foreign area": (
        "supervisor",
        "/staff/personas/{persona_office}/members",
        {"user_id": "<user_email>"},
    ),
    "removing a member of another office": (
        "supervisor",
        "/staff/personas/{persona_office}/members/<member>/remove",
        {},
    ),
    "channel proposed for a foreign area": (
        "administrator",
        "/staff/channels/connect",
        {"base_url": "http://127.0.0.1:9", "name": "X", "area_id": "<area_id>"},
    ),
    "code for a sign-in at a foreign channel": (
        "administrator",
        "/staff/channels/connections/finish",
        {"state": "<oauth_state>", "code": "c"},
    ),
    "code for somebody else's sign-in": (
        "administrator",
        "/staff/channels/connections/finish",
        {"state": "guessed", "code": "c"},
    ),
    "confirming another account than was shown": (
        "supervisor",
        "/staff/channels/{channel_proposed}/confirm",
        {"account_id": "<account_id>"},
    ),
    "own role for a foreign colleague": (
        "administrator",
        "/staff/<user_id>/roles",
        {"first-role": "officer", "first-area": "{area_id}"},
    ),
    "foreign role, by the page of an own colleague": (
        "administrator",
        "/staff/{user_id}/roles/<grant_id>/revoke",
        {},
    ),
    "conversation logged in a foreign area": (
        "officer",
        "/staff/contacts/log",
        {"kind": "visit", "summary": "X", "category": "praise_chatter", "area": "<area_id>"},
    ),
    "note on a foreign contact": (
        "officer",
        "/staff/contacts/<contact_id>/note",
        {"note-text": "X"},
    ),
    "area inside a foreign one": (
        "administrator",
        "/areas/add",
        {"parent_id": "<area_id>", "name": "X", "valid_from": "2026-01-01"},
    ),
    "delivery settled by a foreign address": (
        "supervisor",
        "/staff/deliveries/<delivery_id>/send-again",
        {},
    ),
}


def filled(place: Place, text: str) -> str:
    for side, (left, right) in (("own", "{}"), ("foreign", "<>")):
        for name, value in place.world.side(side).items():
            text = text.replace(f"{left}{name}{right}", value)
    return text


@pytest.mark.network
@pytest.mark.parametrize("swap", SWAPPED)
def test_foreign_id_changes_nothing_and_tells_nothing(place: Place, swap: str) -> None:
    who, path, fields = SWAPPED[swap]
    place.sign_in(who)
    # A refused form shows its page again, which counts as seen: here it was seen before.
    place.client.get(filled(place, path).rpartition("/")[0])
    before = place.state()
    sent = {name: filled(place, text) for name, text in fields.items()}
    answer = place.client.post(filled(place, path), data=sent)
    if 300 <= answer.status_code < 400:
        answer = place.client.get(answer.location)
    assert answer.status_code < 500
    assert place.state() == before
    assert SECRET_WORD["foreign"] not in answer.text
    place.put_back()


@pytest.mark.parametrize(
    "who", ["officer", "supervisor", "moderator", "decision_maker", "auditor", "administrator"]
)
def test_lists_and_choices_hold_nothing_foreign(place: Place, who: str) -> None:
    place.sign_in(who)
    shown = {}
    for path in LISTS:
        answer = place.client.get(filled(place, path))
        assert answer.status_code in {200, 403}, (path, answer.status)
        shown[path] = answer.text
    foreign = place.world.foreign
    for path, page in shown.items():
        assert SECRET_WORD["foreign"] not in page, path
        assert foreign["user_email"] not in page, path
        assert f'/staff/contacts/{foreign["contact_id"]}"' not in page, path
        for kind in ("post_submitted", "post_draft"):
            assert f'/staff/posts/{foreign[kind]}"' not in page, path
    place.put_back()


@pytest.mark.parametrize("number", ["0", "-1", "999999", "99999999999999999999", "1e3", "x"])
@pytest.mark.parametrize(
    "path",
    ["/staff/posts/{}", "/staff/personas/{}", "/staff/channels/{}", "/staff/{}", "/staff/cases/{}"],
)
def test_id_of_nothing_is_not_found(place: Place, path: str, number: str) -> None:
    place.sign_in("auditor")
    assert place.client.get(path.format(number)).status_code == 404


def test_delivery_of_nothing_is_not_found_by_any_button(place: Place) -> None:
    place.sign_in("supervisor")
    nothing = "00000000-0000-4000-8000-000000000000"
    step = step_of("POST", "/staff/deliveries/<uuid:delivery_id>/give-up")
    for button in ("give-up", "say-published", "send-again"):
        fields: dict[str, Any] = {"reason": "x", "url": "https://a.example/1", **step.fields}
        answer = place.client.post(f"/staff/deliveries/{nothing}/{button}", data=fields)
        assert answer.status_code == 404


def test_hidden_and_absent_read_the_same(place: Place) -> None:
    """What a person may not know of looks like what doesn't exist, but for the reference."""
    place.sign_in("administrator")
    pages = [
        place.client.get(f"/staff/{number}").text.partition("Reference")[0]
        for number in (place.world.foreign["user_id"], "999999")
    ]
    assert pages[0] == pages[1]
    place.put_back()
