"""Videos on each network: uploaded whole, waited for, captioned where that is possible."""

import hashlib
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.faults.fakenet import FakeNet
from tests.networks.contract import outgoing
from tests.networks.rigs import TIMEOUTS
from tests.networks.video_contract import CAPTIONS, film
from tests.networks.x_rigs import XRig
from vcp.networks.base import NotSent, Rejected
from vcp.networks.mastodon import MastodonNetwork
from vcp.networks.mastodon_answers import limits_from
from vcp.networks.wire import Timeouts

pytestmark = pytest.mark.network


def test_mastodon_gets_the_video_and_is_waited_for(net: FakeNet, tmp_path: Path) -> None:
    net.configure({"media_ready_s": 0.7})
    officer = MastodonNetwork(net.base_url, "token-officer", "id-officer", TIMEOUTS)
    item = film(tmp_path)
    officer.publish(outgoing(media=(item,)), "k")
    (kept,) = net.ledger.media.values()
    assert (kept.digest, kept.media_type) == (item.digest, "video/mp4")
    assert (kept.description, kept.attached) == ("A bridge", True)


def test_mastodon_that_takes_long_is_asked_again_and_not_sent_it_again(
    net: FakeNet, tmp_path: Path
) -> None:
    net.configure({"media_ready_s": 4})
    short = Timeouts(connect_s=1, read_s=1, total_s=3)
    officer = MastodonNetwork(net.base_url, "token-officer", "id-officer", short)
    post = outgoing(media=(film(tmp_path),))
    with pytest.raises(NotSent):
        officer.publish(post, "k")
    net.configure({"media_ready_s": 0})
    for media in net.ledger.media.values():
        media.ready_at = datetime.now(UTC)
    officer.publish(post, "k")
    assert len(net.ledger.media) == 1


def test_x_gets_the_video_with_its_captions(net: FakeNet, tmp_path: Path) -> None:
    rig = XRig(net.base_url, "officer")
    rig.configure(media_ready_s=0.3)
    item = film(tmp_path)
    rig.network.publish(outgoing(media=(item,)), "k")
    media = {row["media_type"]: row for row in rig.ledger()["media"]}
    assert media["video/mp4"]["digest"] == item.digest
    assert media["video/mp4"]["description"] == "A bridge"
    assert media["video/mp4"]["captions"] == hashlib.sha256(CAPTIONS.encode()).hexdigest()


def test_x_gets_a_video_without_captions_alone(net: FakeNet, tmp_path: Path) -> None:
    rig = XRig(net.base_url, "officer")
    rig.network.publish(outgoing(media=(film(tmp_path, captions=""),)), "k")
    assert [row["media_type"] for row in rig.ledger()["media"]] == ["video/mp4"]


def test_another_file_than_the_approved_one_is_sent_nowhere(net: FakeNet, tmp_path: Path) -> None:
    officer = MastodonNetwork(net.base_url, "token-officer", "id-officer", TIMEOUTS)
    other = replace(film(tmp_path), digest="a" * 64)
    for network in (officer, XRig(net.base_url, "officer").network):
        with pytest.raises(Rejected, match="isn't the one that was approved"):
            network.publish(outgoing(media=(other,)), "k")
    assert net.ledger.media == {}


def test_what_a_server_says_of_videos_is_its_limit() -> None:
    said = {"supported_mime_types": ["image/png", "video/mp4"], "video_size_limit": 103_809_024}
    for media, most in ((said, 103_809_024), ({"video_size_limit": 9}, 0), ({}, 0)):
        document = {"version": "4.4", "configuration": {"media_attachments": media}}
        assert limits_from(document, datetime.now(UTC)).video_bytes == most
