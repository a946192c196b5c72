"""Bluesky's adapter against Bluesky's own server: the contract, and the whole way of a post."""

import itertools
import json
import random
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests
from atproto import models  # type: ignore[import-untyped]  # has no marker

from tests.faults.fakenet_atproto import POSTS
from tests.faults.proxy import LossyProxy
from tests.networks import link_card_contract, pds_server
from tests.networks.bluesky_rigs import PUT, PdsRig, xrpc
from tests.networks.contract import RemoteNetworkContract, outgoing, picture
from tests.networks.length_corpus import texts
from tests.networks.video_contract import film
from tests.networks.watch_contract import WatchContract, everything_shown
from vcp.networks import graphemes
from vcp.networks.base import Unauthorised, Unavailable, Visibility, count_characters
from vcp.networks.bluesky_answers import OtherContent
from vcp.networks.bluesky_record import LIMITS
from vcp.networks.bluesky_session import InProcessStore
from vcp.networks.bluesky_watching import REPOSTS

pytestmark = [
    pytest.mark.network,
    pytest.mark.skipif(pds_server.missing() is not None, reason=str(pds_server.missing())),
]
_names = itertools.count(1)


@pytest.fixture(scope="module")
def pds_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with pds_server.running(tmp_path_factory.mktemp("pds")) as address:
        yield address


@pytest.fixture
def rig(pds_url: str) -> Iterator[PdsRig]:
    with LossyProxy(int(pds_url.rsplit(":", 1)[1])) as proxy:
        yield PdsRig(pds_url, f"officer{next(_names)}", proxy)


@pytest.fixture(scope="module")
def writer(pds_url: str) -> Iterator[PdsRig]:
    """An account for all tests that only write beside the adapter: making one takes a second."""
    with LossyProxy(int(pds_url.rsplit(":", 1)[1])) as proxy:
        yield PdsRig(pds_url, "writer", proxy)


class TestBlueskyAgainstItsOwnServer(RemoteNetworkContract, WatchContract):
    """Without what others say: that needs a view of the network, which this server hasn't."""


#: Marks, joiners, flags, emoji and letters of scripts that join them.
PARTS = (
    "a1\r\n\u0301\u200d\u200c\ufe0f\u20e3\uff9e\u034f\u061c\u200b\U000e0067\U000e007f"
    "\U0001f468\U0001f469\u2764\U0001f3fd\U0001f3f4\xa9\u2460\U0001f1ec\U0001f1e7"
    "\ud55c\u1100\u1161\u11a8\uac01\uac00\u0451"
    "\u0915\u094d\u0937\u093f\u0bbe\u0b95\u0bcd\u0995\u09ac\u09cd\u09b0\u0d02\u0d15\u0d4d"
    "\u0e01\u0e33\u1031\u102b\u0f40\u0fb1\u0903"
)
WORDS = (
    "🚔 Siân & @{0} meet at ten 👨‍👩‍👧‍👦 (https://force.example/cwrdd?a=1&b=2). "
    "#BoreDa, nobody@nowhere.test @nobody.test"
)


def test_a_post_goes_the_whole_way(rig: PdsRig, pds_url: str, tmp_path: Path) -> None:
    with LossyProxy(int(pds_url.rsplit(":", 1)[1])) as proxy:
        other = PdsRig(pds_url, f"neighbour{next(_names)}", proxy)
    text = WORDS.format(other.handle)
    post = outgoing(text, media=(picture(tmp_path, "Y bont"),), visibility=Visibility.PUBLIC)
    receipt = rig.network.publish(post, "k")
    (row,) = rig.records()
    record = row["value"]
    assert models.get_or_create(record, models.AppBskyFeedPost.Record, strict=True)
    assert row["uri"] == receipt.remote_id == f"at://{rig.did}/{POSTS}/{post.record_key}"
    assert record["text"] == text
    assert record["langs"] == ["cy"]
    said = text.encode()
    shown = {
        said[facet["index"]["byteStart"] : facet["index"]["byteEnd"]].decode(): feature
        for facet in record["facets"]
        for feature in facet["features"]
    }
    kind = "app.bsky.richtext.facet#"
    address = "https://force.example/cwrdd?a=1&b=2"
    assert shown == {
        f"@{other.handle}": {"$type": f"{kind}mention", "did": other.did},
        address: {"$type": f"{kind}link", "uri": address},
        "#BoreDa": {"$type": f"{kind}tag", "tag": "BoreDa"},
    }
    (image,) = record["embed"]["images"]
    assert (image["alt"], image["aspectRatio"]) == ("Y bont", {"width": 8, "height": 6})
    blob = requests.get(
        f"{pds_url}/xrpc/com.atproto.sync.getBlob",
        params={"did": rig.did, "cid": image["image"]["ref"]["$link"]},
        timeout=10,
    )
    assert blob.content == post.media[0].path.read_bytes()
    rig.network.withdraw(receipt.remote_id)
    assert rig.records() == []


def test_what_the_account_passes_on_is_listed_as_that(rig: PdsRig) -> None:
    since = datetime.now(UTC)
    ours = rig.network.publish(outgoing("Ours"), "k").remote_id
    theirs = "at://did:plc:somebodyelse/app.bsky.feed.post/3kaaaaaaaaaaa"
    subject = {"uri": theirs, "cid": rig.records()[0]["cid"]}
    record = {"$type": REPOSTS, "subject": subject, "createdAt": "2026-11-22T10:00:00.000Z"}
    said = {"repo": rig.did, "collection": REPOSTS, "record": record}
    made = xrpc(rig.base_url, "com.atproto.repo.createRecord", rig.own_token, json=said)
    shown = everything_shown(rig.network, since)
    assert {key: (post.is_boost, post.text) for key, post in shown.items()} == {
        ours: (False, "Ours"),
        made["uri"]: (True, theirs),
    }


def test_six_attempts_at_once_make_one_record(rig: PdsRig) -> None:
    post = outgoing("Only once")
    with ThreadPoolExecutor(6) as pool:
        receipts = list(pool.map(lambda _: rig.network.publish(post, "k"), range(6)))
    assert len({receipt.remote_id for receipt in receipts}) == len(rig.records()) == 1


def test_what_somebody_else_put_there_is_never_overwritten(rig: PdsRig) -> None:
    post = outgoing("Ours")
    theirs = {"$type": POSTS, "text": "Theirs", "createdAt": "2026-11-22T10:00:00.000Z"}
    said = {"repo": rig.did, "collection": POSTS, "rkey": post.record_key, "record": theirs}
    xrpc(rig.base_url, PUT, rig.own_token, json=said)
    with pytest.raises(OtherContent, match="ALARM"):
        rig.network.publish(post, "k")
    assert rig.network.find(post, since=datetime.now(UTC), taken=()) is None
    assert rig.records()[0]["value"]["text"] == "Theirs"


def test_a_name_that_became_an_account_meanwhile_is_no_other_post(rig: PdsRig) -> None:
    """The first attempt found nobody of that name, the next one does."""
    post = outgoing(f"Thanks, @later-{rig.handle}")
    first = rig.network.publish(post, "k")
    about = {
        "handle": f"later-{rig.handle}",
        "email": f"later-{rig.handle}@force.example",
        "password": "own-password",
    }
    xrpc(rig.base_url, "com.atproto.server.createAccount", json=about)
    assert rig.network.publish(post, "k").remote_id == first.remote_id
    assert "facets" not in rig.records()[0]["value"]


@pytest.mark.parametrize(
    "text",
    [
        "x" * 300,
        "x" * 301,
        "é" * 300,
        "e\u0301" * 300,
        "👮‍♀️" * 230,
        "👨‍👩‍👧‍👦" * 119,
        "👨‍👩‍👧‍👦" * 121,
        "🇬🇧" * 300,
        "🇬🇧" * 301,
        "क्षि" * 200,
        "நி" * 301,
        "한" * 300,
        "각" * 301,
        "\r\n" * 300 + "x",
        "a\u200b" * 150,
        "a\u200b" * 151,
        "กำ" * 300,
        "1️⃣" * 300,
        "1️⃣" * 301,
        "👍🏽" * 300,
        "❤️‍🔥" * 231,
    ],
)
def test_the_verdict_on_a_length_is_the_server_s(writer: PdsRig, text: str) -> None:
    assert _is_taken(writer, text) == (count_characters(text, LIMITS) <= LIMITS.characters)


def test_the_server_s_verdict_on_two_hundred_texts_is_the_known_one(writer: PdsRig) -> None:
    """Their lengths are known without counting; ours are held against the same, see F05."""
    corpus = list(texts(200, seed=9, longest=520))
    with ThreadPoolExecutor(4) as pool:
        taken = list(pool.map(lambda text: _is_taken(writer, text.text), corpus))
    assert taken == [text.graphemes <= 300 and text.bytes <= 3000 for text in corpus]
    assert {True, False} == set(taken)


def _is_taken(writer: PdsRig, text: str) -> bool:
    record = {"$type": POSTS, "text": text, "createdAt": "2026-11-22T10:00:00.000Z"}
    said = {"repo": writer.did, "collection": POSTS, "record": record}
    answer = requests.post(
        f"{writer.base_url}/xrpc/com.atproto.repo.createRecord",
        json=said,
        headers={"Authorization": f"Bearer {writer.own_token}"},
        timeout=10,
    )
    assert answer.ok or "InvalidRequest" in answer.text, answer.text
    return answer.ok


def test_an_answer_hangs_under_what_it_answers(rig: PdsRig) -> None:
    first = rig.network.publish(outgoing("First"), "a")
    second = rig.network.publish(outgoing("Second", in_reply_to=first.remote_id), "b")
    rig.network.publish(outgoing("Third", in_reply_to=second.remote_id), "c")
    reply = rig.records()[-1]["value"]["reply"]
    assert reply["root"]["uri"] == first.remote_id
    assert reply["parent"]["uri"] == second.remote_id


def test_what_cannot_be_heard_here_is_said_plainly(rig: PdsRig) -> None:
    with pytest.raises(Unavailable, match="isn't heard here"):
        rig.network.mentions(since=datetime.now(UTC))


def test_an_access_token_that_is_refused_is_renewed(rig: PdsRig) -> None:
    store = InProcessStore()
    network = rig.adapter(store)
    network.account()
    before = store.load()
    assert before
    store.save(replace(before, access="not.a.token"))
    assert network.account().remote_id == rig.did
    assert store.load() not in (None, before)


def test_the_account_s_own_password_is_not_taken(rig: PdsRig) -> None:
    rig.app_password = "own-password"
    with pytest.raises(Unauthorised, match="app password"):
        rig.adapter().account()


def test_a_wrong_password_is_a_refused_sign_in(rig: PdsRig) -> None:
    rig.app_password = "aaaa-bbbb-cccc-dddd"
    with pytest.raises(Unauthorised, match="new app password"):
        rig.adapter().account()


def test_another_account_than_the_pinned_one_is_refused(rig: PdsRig) -> None:
    rig.did = "did:plc:aaaaaaaaaaaaaaaaaaaaaaaa"
    with pytest.raises(Unauthorised, match="another account"):
        rig.adapter().account()


def test_graphemes_are_counted_as_the_server_counts_them() -> None:
    """By its own code, on 5,000 texts of what clusters are made of."""
    chance = random.Random(7)
    texts = ["".join(chance.choices(PARTS, k=chance.randint(1, 14))) for _ in range(5000)]
    command = [str(pds_server.NODE), str(pds_server.COUNTER), str(pds_server.PACKAGES)]
    counted = subprocess.run(
        command, input=json.dumps(texts).encode(), capture_output=True, check=True, timeout=60
    )
    assert [graphemes.count(text) for text in texts] == json.loads(counted.stdout)


def test_a_link_has_the_card_that_was_approved(rig: PdsRig, tmp_path: Path) -> None:
    link_card_contract.check(rig.network, rig.records, tmp_path)
    for row in rig.records():
        assert models.get_or_create(row["value"], models.AppBskyFeedPost.Record, strict=True)


def test_a_video_goes_out_with_its_captions(rig: PdsRig, tmp_path: Path) -> None:
    item = film(tmp_path)
    post = outgoing("The bridge", media=(item,), visibility=Visibility.PUBLIC)
    since = datetime.now(UTC)
    rig.network.publish(post, "k")
    (row,) = rig.records()
    record = row["value"]
    assert models.get_or_create(record, models.AppBskyFeedPost.Record, strict=True)
    embed = record["embed"]
    assert (embed["$type"], embed["alt"]) == ("app.bsky.embed.video", "A bridge")
    assert embed["aspectRatio"] == {"width": 64, "height": 48}
    (captions,) = embed["captions"]
    assert (captions["lang"], captions["file"]["mimeType"]) == ("cy", "text/vtt")
    assert rig.network.find(post, since=since, taken=()) is not None
    other = replace(post, media=(replace(item, alt_text="Another bridge"),))
    assert rig.network.find(other, since=since, taken=()) is None
