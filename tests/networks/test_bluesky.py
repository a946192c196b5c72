"""What Bluesky's adapter does beside the contract: signing in, swaps, refusals."""

import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest

from tests.networks import link_card_contract
from tests.networks.bluesky_rigs import PUT, FakenetBlueskyRig
from tests.networks.contract import outgoing, picture
from vcp.networks.base import (
    NetworkError,
    NotSent,
    OutcomeUnknown,
    Reason,
    Rejected,
    Unauthorised,
    Unavailable,
)
from vcp.networks.bluesky import BlueskyNetwork
from vcp.networks.bluesky_answers import OtherContent
from vcp.networks.bluesky_session import InProcessStore
from vcp.networks.media import MediaItem
from vcp.networks.wire import Timeouts

pytestmark = pytest.mark.network
CREATE = "com.atproto.server.createSession"
REFRESH = "com.atproto.server.refreshSession"
WORKERS = 16


@pytest.fixture
def rig(fakenet_url: str, request: pytest.FixtureRequest) -> FakenetBlueskyRig:
    found = FakenetBlueskyRig(fakenet_url, f"b-{abs(hash(request.node.nodeid))}")
    found.tell("config", plan=[], has_view=True)
    return found


def plan(rig: FakenetBlueskyRig, fault: str, asked: str, **more: Any) -> None:
    rig.tell("config", plan=[{"fault": fault, "path": f"/{asked}$", **more}])


def test_sixteen_posts_are_one_sign_in(rig: FakenetBlueskyRig) -> None:
    for number in range(WORKERS):
        rig.network.publish(outgoing(f"Number {number}"), "k")
    assert rig.ledger()["sessions"] == [f"create {rig.name}"]


def test_of_sixteen_workers_one_renews(rig: FakenetBlueskyRig) -> None:
    """A refresh token works once: a second use would end every sign-in of the account."""
    store, rounds = InProcessStore(), 20
    workers = [rig.adapter(store) for _ in range(WORKERS)]
    workers[0].account()
    with ThreadPoolExecutor(WORKERS) as pool:
        for _ in range(rounds):
            rig.tell("config", expire=[rig.name])
            start = Barrier(WORKERS)

            def work(network: BlueskyNetwork, start: Barrier = start) -> str:
                start.wait()
                return network.account().remote_id

            assert set(pool.map(work, workers)) == {rig.did}
    ledger = rig.ledger()
    assert ledger["sessions"] == [f"create {rig.name}", *[f"refresh {rig.name}"] * rounds]
    assert ledger["families_lost"] == []


@pytest.mark.parametrize("fault", ["accept_drop", "garbled", "cut"])
def test_a_renewal_whose_answer_is_lost_costs_one_sign_in(
    rig: FakenetBlueskyRig, fault: str
) -> None:
    rig.network.account()
    rig.tell("config", expire=[rig.name])
    plan(rig, fault, REFRESH)
    rig.network.publish(outgoing(), "k")
    sessions = [line.split()[0] for line in rig.ledger()["sessions"]]
    assert sessions == ["create", "refresh", "create"]
    assert rig.ledger()["families_lost"] == []
    assert len(rig.kept()) == 1


def test_without_its_app_password_a_lost_renewal_ends_in_two_tries(rig: FakenetBlueskyRig) -> None:
    rig.network.account()
    rig.tell("config", expire=[rig.name], revoke=[f"app-{rig.name}"])
    plan(rig, "accept_drop", REFRESH)
    for _ in range(3):
        with pytest.raises(Unauthorised, match="new app password"):
            rig.network.publish(outgoing(), "k")
    assert [line.split()[0] for line in rig.ledger()["sessions"]] == ["create", "refresh"]
    assert rig.kept() == []


@pytest.mark.parametrize("fault", ["refuse", "accept_drop", "drop_before"])
def test_a_server_that_is_away_while_signing_in_is_asked_again_later(
    rig: FakenetBlueskyRig, fault: str
) -> None:
    """Nothing was sent, and nobody has to connect the channel again."""
    plan(rig, fault, CREATE)
    with pytest.raises((NotSent, Unavailable)):
        rig.network.publish(outgoing(), "k")
    assert rig.kept() == []
    rig.network.publish(outgoing(), "k")
    assert len(rig.kept()) == 1


def test_a_pair_is_stored_before_it_is_used(rig: FakenetBlueskyRig) -> None:
    store = InProcessStore()
    plan(rig, "status", "com.atproto.server.getSession", method="GET", status=500)
    with pytest.raises(NetworkError):
        rig.adapter(store).account()
    assert store.load() is not None


@pytest.mark.parametrize("fault", ["accept_drop", "garbled", "cut", "accept_late"])
def test_an_unknown_outcome_and_a_retry_are_one_post(rig: FakenetBlueskyRig, fault: str) -> None:
    post = outgoing("Once")
    plan(rig, fault, PUT)
    with pytest.raises(OutcomeUnknown):
        rig.network.publish(post, "k")
    receipt = rig.network.publish(post, "k")
    assert [row["uri"] for row in rig.ledger()["commits"]] == [receipt.remote_id]


def test_a_server_error_on_the_way_in_is_unknown_and_a_retry_is_one_post(
    rig: FakenetBlueskyRig,
) -> None:
    post = outgoing("Once")
    plan(rig, "status", PUT, status=500)
    with pytest.raises(OutcomeUnknown):
        rig.network.publish(post, "k")
    assert rig.network.find(post, since=datetime.now(UTC), taken=()) is None
    rig.network.publish(post, "k")
    assert len(rig.ledger()["commits"]) == 1


def test_other_content_under_the_key_is_left_and_raises_the_alarm(rig: FakenetBlueskyRig) -> None:
    post = outgoing("Ours")
    rig.network.publish(replace(post, text="Somebody's"), "k")
    with pytest.raises(OtherContent, match="ALARM") as refused:
        rig.network.publish(post, "k")
    assert refused.value.reason is Reason.FORBIDDEN
    assert [kept.text for kept in rig.kept()] == ["Somebody's"]
    assert len(rig.ledger()["commits"]) == 1


def test_a_correction_does_not_overwrite_what_somebody_else_wrote(
    rig: FakenetBlueskyRig,
) -> None:
    post = outgoing("At ten.")
    receipt = rig.network.publish(post, "k")
    refused = {"error": "InvalidSwap", "message": "Record was at another"}
    plan(rig, "status", PUT, status=400, body=str(refused).replace("'", '"'))
    with pytest.raises(OtherContent):
        rig.network.correct(receipt.remote_id, replace(post, text="At 11."), "k-2")
    assert rig.kept()[0].text == "At ten."


def test_an_image_that_is_too_big_says_what_to_do(rig: FakenetBlueskyRig, tmp_path: Path) -> None:
    path = tmp_path / "large.png"
    path.write_bytes(b"\x89PNG" + os.urandom(2_000_000))
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    item = MediaItem(path, digest, "image/png", "Large", 10, 10)
    with pytest.raises(Rejected, match="smaller") as refused:
        rig.network.publish(outgoing(media=(item,)), "k")
    assert refused.value.reason is Reason.MEDIA
    assert rig.kept() == []


def test_what_the_server_takes_for_no_image_is_not_posted(
    rig: FakenetBlueskyRig, tmp_path: Path
) -> None:
    path = tmp_path / "text.png"
    path.write_bytes(b"This is text")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    item = MediaItem(path, digest, "image/png", "Text", 10, 10)
    with pytest.raises(Rejected, match="something else"):
        rig.network.publish(outgoing(media=(item,)), "k")
    assert rig.kept() == []


def test_a_changed_image_is_not_posted(rig: FakenetBlueskyRig, tmp_path: Path) -> None:
    item = picture(tmp_path, "The hall")
    item.path.write_bytes(b"\x89PNG other")
    with pytest.raises(Rejected, match="approved"):
        rig.network.publish(outgoing(media=(item,)), "k")


def test_pictures_under_a_warning_are_covered(rig: FakenetBlueskyRig, tmp_path: Path) -> None:
    media = (picture(tmp_path, "The road"),)
    rig.network.publish(outgoing("Closed.", content_warning="Crash", media=media), "k")
    (row,) = rig.ledger()["records"]
    assert row["value"]["text"] == "⚠️ Crash\n\nClosed."
    assert row["value"]["labels"]["values"] == [{"val": "graphic-media"}]


def test_a_post_of_another_account_is_never_touched(rig: FakenetBlueskyRig) -> None:
    theirs = "at://did:plc:somebody/app.bsky.feed.post/3aaaaaaaaaaaa"
    with pytest.raises(Rejected) as refused:
        rig.network.withdraw(theirs)
    assert refused.value.reason is Reason.FORBIDDEN
    with pytest.raises(Rejected):
        rig.network.correct(theirs, outgoing(), "k")


def test_what_is_gone_cannot_be_answered(rig: FakenetBlueskyRig) -> None:
    gone = "at://did:plc:somebody/app.bsky.feed.post/3aaaaaaaaaaaa"
    with pytest.raises(Rejected, match="isn't there any more") as refused:
        rig.network.publish(outgoing(in_reply_to=gone), "k")
    assert refused.value.reason is Reason.NOT_FOUND


def test_a_server_without_a_view_says_so(rig: FakenetBlueskyRig) -> None:
    rig.tell("config", has_view=False)
    with pytest.raises(Unavailable, match="isn't heard here"):
        rig.network.mentions(since=datetime.now(UTC))
    rig.tell("config", has_view=True)


def test_one_hostile_entry_does_not_hide_the_others(rig: FakenetBlueskyRig) -> None:
    rig.say("Help")
    hostile = {
        "reason": "mention",
        "uri": ["x"],
        "author": 7,
        "record": {"text": None, "langs": {}},
    }
    rig.tell("say", network="atproto", to=rig.name, items=[{"text": "", "raw": hostile}])
    rig.say("Please")
    items = rig.network.mentions(since=datetime.now(UTC)).items
    assert len(items) == 3
    assert items[1].remote_id.startswith("unreadable:")


def test_a_slow_server_is_cut_off_in_time(rig: FakenetBlueskyRig) -> None:
    network = rig.adapter(timeouts=Timeouts(connect_s=1, read_s=1, total_s=2))
    network.account()
    plan(rig, "black_hole", PUT, seconds=4)
    started = datetime.now(UTC)
    with pytest.raises(OutcomeUnknown):
        network.publish(outgoing(), "k")
    assert (datetime.now(UTC) - started).total_seconds() < 4


def test_nothing_secret_is_in_what_people_read(rig: FakenetBlueskyRig) -> None:
    rig.tell("config", revoke=[f"app-{rig.name}"])
    with pytest.raises(Unauthorised) as refused:
        rig.network.account()
    assert f"app-{rig.name}" not in str(refused.value)


def test_without_an_app_password_there_is_no_adapter() -> None:
    with pytest.raises(Unauthorised):
        BlueskyNetwork("https://pds.example", {"identifier": "ann.example"})


def test_a_link_has_the_card_that_was_approved(rig: FakenetBlueskyRig, tmp_path: Path) -> None:
    link_card_contract.check(rig.network, lambda: rig.ledger()["records"], tmp_path)
