"""X's adapter where X differs from others, against its part of fakenet."""

import json
import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.faults.fakenet import FakeNet
from tests.faults.fakenet_x_shapes import SECRET
from tests.networks.contract import everything_said, outgoing, picture
from tests.networks.x_rigs import XRig, x_network
from vcp.networks.base import (
    MAX_RETRY_AFTER_S,
    NetworkError,
    NotSent,
    OutcomeUnknown,
    RateLimited,
    Reason,
    Rejected,
    Unauthorised,
    Unavailable,
)
from vcp.networks.wire import Timeouts
from vcp.networks.x import XNetwork
from vcp.networks.x_answers import is_same_post, text_of
from vcp.networks.x_call import Keys

pytestmark = pytest.mark.network
TWEETS, LISTS = "^/2/tweets$", "/(tweets|mentions)$"


@pytest.fixture
def rig(net: FakeNet) -> XRig:
    return XRig(net.base_url, "officer")


def script(rig: XRig, status: int, body: Any = None, **more: Any) -> None:
    rule = {"fault": "status", "status": status, "path": TWEETS, **more}
    rig.configure(plan=[rule | ({} if body is None else {"body": json.dumps(body)})])


def publishing_raises(rig: XRig) -> NetworkError:
    with pytest.raises(NetworkError) as raised:
        rig.network.publish(outgoing("At ten."), "k")
    return raised.value


def now() -> datetime:
    return datetime.now(UTC)


@pytest.mark.parametrize(
    "status, body, error, reason",
    [
        (401, {"title": "Unauthorized", "status": 401}, Unauthorised, None),
        (403, {"detail": "Your account is suspended"}, Unauthorised, None),
        (403, {"detail": "To protect our users, this account is locked."}, Unauthorised, None),
        (
            403,
            {"detail": "You have been blocked from the author of this tweet."},
            Rejected,
            Reason.FORBIDDEN,
        ),
        (
            403,
            {"detail": "not configured with the appropriate oauth1 app permissions"},
            Unauthorised,
            None,
        ),
        (403, {"reason": "client-not-enrolled", "title": "Client Forbidden"}, Unauthorised, None),
        (
            403,
            {"errors": [{"type": "https://x/problems/unsupported-authentication"}]},
            Unauthorised,
            None,
        ),
        (
            403,
            {"detail": "You are not allowed to create a Tweet with duplicate content."},
            Rejected,
            Reason.ALREADY_POSTED,
        ),
        (
            403,
            {"detail": "You are not permitted to perform this action."},
            Rejected,
            Reason.FORBIDDEN,
        ),
        (403, {"detail": "Tweet needs to be a bit shorter."}, Rejected, Reason.TOO_LONG),
        (400, {"errors": [{"message": "Your media IDs are invalid."}]}, Rejected, Reason.MEDIA),
        (400, {"detail": "One or more parameters"}, Rejected, Reason.INVALID),
        (302, {}, Rejected, Reason.ADDRESS),
        (402, {"title": "CreditsDepleted"}, Unavailable, None),
        (429, {"title": "Too Many Requests"}, RateLimited, None),
        (500, {"title": "Internal"}, OutcomeUnknown, None),
        (503, {"title": "Service Unavailable"}, OutcomeUnknown, None),
    ],
)
def test_each_refusal_of_a_post_is_one_of_ours(
    rig: XRig, status: int, body: Any, error: type[NetworkError], reason: Reason | None
) -> None:
    script(rig, status, body)
    raised = publishing_raises(rig)
    assert type(raised) is error
    assert getattr(raised, "reason", None) is reason
    assert rig.kept() == []


@pytest.mark.parametrize(
    "reset, least, most",
    [
        (lambda: str(int(time.time()) + 30), 25, 31),
        (lambda: str(int(time.time()) - 30), 1, 10),
        (lambda: str(int(time.time()) + 10 * 365 * 86400), MAX_RETRY_AFTER_S, MAX_RETRY_AFTER_S),
        (lambda: "soon", 60, 60),
        (lambda: None, 60, 60),
    ],
    ids=["epoch", "past", "far", "garbage", "none"],
)
def test_a_limit_is_waited_for_as_x_says_and_15_minutes_at_most(
    rig: XRig, reset: Callable[[], str | None], least: float, most: float
) -> None:
    """P17 for the one header that X has."""
    said = reset()
    script(rig, 429, {}, headers={"x-rate-limit-reset": said} if said else {})
    raised = publishing_raises(rig)
    assert isinstance(raised, RateLimited)
    assert least <= raised.retry_after_s <= most


def test_a_server_that_cannot_be_reached_got_nothing() -> None:
    with pytest.raises(NotSent):
        x_network("http://127.0.0.1:9", "officer").publish(outgoing(), "k")


@pytest.mark.parametrize("fault", ["drop_before", "accept_drop", "cut", "garbled", "accept_late"])
def test_whatever_breaks_behind_the_first_byte_is_unknown(rig: XRig, fault: str) -> None:
    rig.configure(plan=[{"fault": fault, "path": TWEETS}], late_s=[0, 0])
    assert isinstance(publishing_raises(rig), OutcomeUnknown)


@pytest.mark.parametrize("fault", ["black_hole", "drip"])
def test_a_call_ends_by_its_deadline(net: FakeNet, fault: str) -> None:
    net.configure({"plan": [{"fault": fault, "path": TWEETS, "seconds": 5}]})
    slow = x_network(net.base_url, "officer", Timeouts(connect_s=1, read_s=3, total_s=1))
    started = time.monotonic()
    with pytest.raises(OutcomeUnknown):
        slow.publish(outgoing("Slow words that drip out one by one"), "k")
    assert time.monotonic() - started < 3


def test_every_request_is_signed_for_the_channels_own_server(net: FakeNet) -> None:
    keys = dict.fromkeys(("consumer_key", "consumer_secret", "access_token"), SECRET)
    keys |= {"access_token": "token-officer"}
    assert x_network(net.base_url, "officer").account().handle == "officer"
    with pytest.raises(Unauthorised):
        XNetwork(net.base_url, keys | {"access_token_secret": "another"}).account()
    assert {one["path"] for one in net.ledger.requests} == {"/2/users/me"}


def test_keys_are_in_no_log_and_in_no_text_of_ours(
    rig: XRig, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        rig.network.publish(outgoing("Quietly"), "k")
    assert "token-officer" not in caplog.text
    keys = Keys(*("hidden-1", "hidden-2", "hidden-3", "hidden-4"))
    assert "hidden" not in repr(keys)


@pytest.mark.parametrize(
    "text",
    [
        "Long: https://force.example.org/a/very/long/address/of/a/page?x=1&y=2#z and more",
        "Two https://a.example.org/1 https://b.example.org/2",
        'A > B & C < D "quoted"',
        "Cymraeg: tŷ, dŵr, ŵyr\n\nA new line",
        "\U0001f468\u200d\U0001f469\u200d\U0001f467 and 日本",
    ],
)
def test_what_x_makes_of_a_text_is_known_again(rig: XRig, text: str, tmp_path: Path) -> None:
    since = now()
    post = outgoing(text, media=(picture(tmp_path, "The hall"),))
    receipt = rig.network.publish(post, "k")
    found = rig.network.find(post, since=since, taken=())
    assert found
    assert found.remote_id == receipt.remote_id


@pytest.mark.parametrize(
    "shown, wanted, is_same",
    [
        ("See http://gov.uk", "See gov.uk", True),
        ("See https://Example.com/Path/", "See https://example.com/Path", True),
        ("See https://xn--mller-kva.de", "See https://müller.de", True),
        ("See https://example.com/path", "See https://example.com/Path", False),
        ("See https://example.com/1", "See https://example.com/2", False),
        ("At ten", "At ten!", False),
    ],
)
def test_a_link_may_be_written_otherwise_but_nothing_else(
    shown: str, wanted: str, *, is_same: bool
) -> None:
    assert is_same_post(shown, wanted, is_reply=False) is is_same


def test_whom_a_reply_answers_may_be_left_out_of_its_text() -> None:
    assert is_same_post("At ten.", "@robin At ten.", is_reply=True)
    assert not is_same_post("At ten.", "@robin At ten.", is_reply=False)


def test_a_long_post_is_read_whole() -> None:
    long = {
        "text": "All of it https://t.co/a",
        "entities": {"urls": [{"url": "https://t.co/a", "expanded_url": "https://example.com"}]},
    }
    assert text_of({"text": "All of…", "note_tweet": long}) == "All of it https://example.com"


def test_all_pages_are_read_back_and_no_more_than_are_needed(rig: XRig) -> None:
    since = now()
    wanted = outgoing("The first")
    rig.network.publish(wanted, "k")
    for number in range(12):
        rig.network.publish(outgoing(f"Number {number}"), "k")
    rig.configure(page_size=5)
    before = rig.ledger()["cost_usd"]
    assert rig.network.find(wanted, since=since, taken=())
    assert rig.ledger()["cost_usd"] - before == pytest.approx(0.013)
    assert rig.network.find(outgoing("Number 11"), since=since, taken=())
    assert rig.ledger()["cost_usd"] - before == pytest.approx(0.018)


def test_a_post_with_a_link_costs_more(rig: XRig) -> None:
    rig.network.publish(outgoing("Plain"), "k")
    assert rig.ledger()["cost_usd"] == pytest.approx(0.015)
    rig.network.publish(outgoing("See https://example.com/1"), "k")
    assert rig.ledger()["cost_usd"] == pytest.approx(0.215)


def test_a_list_of_another_account_is_an_error_and_not_empty(net: FakeNet) -> None:
    """X answers 200 with nothing but errors."""
    keys = {"consumer_key": "a", "consumer_secret": SECRET, "access_token_secret": SECRET}
    wrong = XNetwork(net.base_url, keys | {"access_token": "token-officer"}, "12345")
    with pytest.raises(Unavailable):
        wrong.find(outgoing(), since=now(), taken=())


@pytest.mark.parametrize(
    "body", [{}, {"errors": []}, {"meta": {}}, {"data": {}}, {"data": [1]}, []]
)
def test_a_list_that_is_none_is_not_absence(rig: XRig, body: Any) -> None:
    script(rig, 200, body, method="GET", path=LISTS)
    with pytest.raises(Unavailable):
        rig.network.find(outgoing(), since=now(), taken=())


@pytest.mark.parametrize("body", [{}, {"data": {}}, {"data": {"id": 5}}, {"data": None}, []])
def test_an_answer_without_an_id_is_unknown(rig: XRig, body: Any) -> None:
    rig.configure(
        plan=[
            {
                "fault": "status",
                "status": 201,
                "body": "{}" if body == [] else json.dumps(body),
                "path": TWEETS,
            }
        ]
    )
    assert isinstance(publishing_raises(rig), OutcomeUnknown)


def test_images_wait_until_x_is_done_with_them(rig: XRig, tmp_path: Path) -> None:
    rig.configure(media_ready_s=0.4)
    rig.network.publish(outgoing(media=(picture(tmp_path, "The hall"),)), "k")
    assert rig.kept()[0].alt_texts == ("The hall",)


def test_an_image_that_is_not_done_in_time_sends_nothing(net: FakeNet, tmp_path: Path) -> None:
    net.configure({"media_ready_s": 60})
    impatient = x_network(net.base_url, "officer", Timeouts(connect_s=1, read_s=2, total_s=3))
    with pytest.raises(NotSent):
        impatient.publish(outgoing(media=(picture(tmp_path, "The hall"),)), "k")
    assert net.x.ledger.posts == []


def test_an_upload_that_breaks_sends_nothing_and_is_used_again(rig: XRig, tmp_path: Path) -> None:
    post = outgoing(media=(picture(tmp_path, "One"), picture(tmp_path, "Two", "teal")))
    rig.configure(plan=[{"fault": "accept_drop", "path": "/finalize$", "after": 1}])
    with pytest.raises(NotSent):
        rig.network.publish(post, "k")
    assert rig.kept() == []
    rig.network.publish(post, "k")
    assert rig.kept()[0].alt_texts == ("One", "Two")
    assert len(rig.ledger()["media"]) == 3, "the first image isn't sent twice"


def test_an_image_that_is_not_the_approved_one_stays_here(rig: XRig, tmp_path: Path) -> None:
    item = picture(tmp_path, "The hall")
    item.path.write_bytes(b"something else")
    with pytest.raises(Rejected) as refused:
        rig.network.publish(outgoing(media=(item,)), "k")
    assert refused.value.reason is Reason.MEDIA


def test_a_warning_goes_before_the_words_and_is_found_with_them(rig: XRig) -> None:
    since = now()
    post = outgoing("A road is closed.", content_warning="Road death")
    rig.network.publish(post, "k")
    assert rig.posts()[0]["text"] == "⚠️ Road death\n\nA road is closed."
    assert rig.network.find(post, since=since, taken=())


def test_the_same_words_twice_are_told_apart_where_the_fence_misses_them(rig: XRig) -> None:
    rig.configure(refuses_duplicates=False)
    since = now()
    ids = {rig.network.publish(outgoing("Same"), "k").remote_id for _ in range(2)}
    first = rig.network.find(outgoing("Same"), since=since, taken=())
    assert first
    second = rig.network.find(outgoing("Same"), since=since, taken={first.remote_id})
    assert second
    assert {first.remote_id, second.remote_id} == ids


def test_an_address_that_a_person_pasted_leads_to_its_post(rig: XRig) -> None:
    receipt = rig.network.publish(outgoing(), "k")
    assert rig.network.exists(f"{receipt.remote_id}?s=20")
    with pytest.raises(Rejected):
        rig.network.withdraw("not-a-number")


def test_an_edit_by_somebody_else_is_one_message_still(rig: XRig) -> None:
    remote_id = rig.say("At ten?")
    rig.edit(remote_id, "At eleven?")
    (item,) = everything_said(rig.network, now() - timedelta(minutes=1))
    assert (item.remote_id, item.text) == (remote_id, "@officer At eleven?")


@pytest.mark.parametrize(
    "raw", [{}, {"id": 7}, {"id": "9", "text": None}, {"id": "9", "text": "a\x00\ud800"}]
)
def test_a_mention_that_cannot_be_read_holds_up_no_other(net: FakeNet, raw: Any) -> None:
    rig = XRig(net.base_url, "officer")
    rig.say("Before")
    listed = {
        "data": [raw, {"id": "8", "author_id": "5", "text": "Hello"}],
        "meta": {"result_count": 2},
    }
    script(rig, 200, listed, method="GET", path=LISTS)
    page = rig.network.mentions(since=now())
    assert len(page.items) == 2
    assert page.items[1].text == "Hello"
    assert all("\x00" not in one.text + one.raw for one in page.items)
