"""Every adapter with a server behind it passes the contract of threads and polls."""

import itertools
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.faults.proxy import LossyProxy
from tests.networks import pds_server
from tests.networks.bluesky_rigs import FakenetBlueskyRig, PdsRig
from tests.networks.conftest import MOCK_TOKENS
from tests.networks.contract import Rig, outgoing, picture
from tests.networks.rigs import FakenetRig, FakeRig, MockRig
from tests.networks.thread_contract import POLL, ThreadContract
from tests.networks.x_rigs import XRig
from vcp.networks.base import Outgoing, Reason, Rejected, Replies
from vcp.networks.fake import FakeNetwork

_names = itertools.count(1)
Poll = tuple[tuple[str, ...], int] | None


def name() -> str:
    """An account of its own for each test."""
    return f"threads-{next(_names)}"


@pytest.fixture(scope="module")
def pds_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with pds_server.running(tmp_path_factory.mktemp("pds")) as address:
        yield address


class TestFake(ThreadContract):
    @pytest.fixture
    def rig(self) -> FakeRig:
        return FakeRig(is_idempotent=False)

    def kept_poll(self, rig: Rig, remote_id: str) -> Poll:
        assert isinstance(rig.network, FakeNetwork)
        (post,) = [one for one in rig.network.posts if one.remote_id == remote_id]
        poll = post.outgoing.poll
        return (poll.choices, poll.minutes) if poll else None


@pytest.mark.network
class TestMastodonAgainstFakenet(ThreadContract):
    @pytest.fixture
    def rig(self, fakenet_url: str) -> FakenetRig:
        found = FakenetRig(fakenet_url, name())
        found.configure(keys="ignored", plan=[])
        return found

    def kept_poll(self, rig: Rig, remote_id: str) -> Poll:
        assert isinstance(rig, FakenetRig)
        (post,) = [one for one in rig.posts() if one["id"] == remote_id]
        return tuple(post["poll"]["options"]), post["poll"]["expires_in"] // 60

    def test_images_are_covered_when_that_is_asked(self, rig: FakenetRig, tmp_path: Path) -> None:
        media = (picture(tmp_path, "The bridge"),)
        rig.network.publish(outgoing("One", media=media, covers_images=True), "s-1")
        rig.network.publish(outgoing("Two", media=media), "s-2")
        assert [post["sensitive"] for post in rig.posts()] == [True, False]


@pytest.mark.network
class TestMastodonAgainstMastodonMock(ThreadContract):
    @pytest.fixture
    def rig(self, mock_url: str) -> Iterator[MockRig]:
        with LossyProxy(int(mock_url.rsplit(":", 1)[1])) as proxy:
            yield MockRig(mock_url, MOCK_TOKENS, proxy)

    @pytest.fixture(autouse=True)
    def _address(self, mock_url: str) -> None:
        self.address = mock_url

    def kept_poll(self, rig: Rig, remote_id: str) -> Poll:
        del rig
        headers = {"Authorization": f"Bearer {MOCK_TOKENS['officer']}"}
        url = f"{self.address}/api/v1/statuses/{remote_id}"
        said = requests.get(url, headers=headers, timeout=10).json()
        made, ends = (
            datetime.fromisoformat(at) for at in (said["created_at"], said["poll"]["expires_at"])
        )
        minutes = round((ends - made).total_seconds() / 60)
        return tuple(option["title"] for option in said["poll"]["options"]), minutes


@pytest.mark.network
class TestXAgainstFakenet(ThreadContract):
    @pytest.fixture
    def rig(self, fakenet_url: str) -> XRig:
        found = XRig(fakenet_url, name())
        found.configure(plan=[], refuses_duplicates=True)
        return found

    def kept_poll(self, rig: Rig, remote_id: str) -> Poll:
        poll = _post(rig, remote_id)["poll"]
        return tuple(poll["options"]), poll["duration_minutes"]

    @pytest.mark.parametrize(
        "asked, sent",
        [
            (Replies.EVERYONE, None),
            (Replies.FOLLOWING, "following"),
            (Replies.MENTIONED, "mentionedUsers"),
        ],
    )
    def test_who_may_reply_is_said(self, rig: XRig, asked: Replies, sent: str | None) -> None:
        receipt = rig.network.publish(outgoing(f"Hello {asked}", replies=asked), "w-1")
        assert _post(rig, receipt.remote_id)["reply_settings"] == sent


def _post(rig: Rig, remote_id: str) -> dict[str, Any]:
    assert isinstance(rig, XRig)
    (post,) = [one for one in rig.posts() if one["id"] == remote_id]
    return post


class HasNoPolls(ThreadContract):
    """For Bluesky, which must refuse a poll rather than leave it out."""

    def kept_poll(self, rig: Rig, remote_id: str) -> Poll:
        del rig, remote_id
        return None

    def test_the_refusal_says_what_to_do(self, rig: Rig) -> None:
        with pytest.raises(Rejected, match="List the choices in the text") as refused:
            rig.network.publish(outgoing("When?", poll=POLL), "p-2")
        assert refused.value.reason is Reason.INVALID

    def test_covered_images_carry_the_label_and_are_found(self, rig: Rig, tmp_path: Path) -> None:
        media = (picture(tmp_path, "The bridge"),)
        post = outgoing("The bridge", media=media, covers_images=True)
        receipt = rig.network.publish(post, "l-1")
        found = rig.network.find(post, since=post.created_at, taken=())
        assert found is not None
        assert found.remote_id == receipt.remote_id
        open_ = Outgoing(**{**vars(post), "covers_images": False})
        assert rig.network.find(open_, since=post.created_at, taken=()) is None


@pytest.mark.network
class TestBlueskyAgainstFakenet(HasNoPolls):
    @pytest.fixture
    def rig(self, fakenet_url: str) -> FakenetBlueskyRig:
        found = FakenetBlueskyRig(fakenet_url, name())
        found.tell("config", plan=[])
        return found


@pytest.mark.network
@pytest.mark.skipif(pds_server.missing() is not None, reason=str(pds_server.missing()))
class TestBlueskyAgainstItsOwnServer(HasNoPolls):
    @pytest.fixture
    def rig(self, pds_url: str) -> Iterator[PdsRig]:
        with LossyProxy(int(pds_url.rsplit(":", 1)[1])) as proxy:
            yield PdsRig(pds_url, f"thread{next(_names)}", proxy)

    def test_every_part_names_the_first_as_its_root(self, rig: PdsRig) -> None:
        parts = [outgoing("One."), outgoing("Two."), outgoing("Three.")]
        before: str | None = None
        for part in parts:
            sent = Outgoing(**{**vars(part), "in_reply_to": before})
            before = rig.network.publish(sent, "r").remote_id
        first, second, third = sorted(rig.records(), key=lambda row: str(row["uri"]))
        roots = [row["value"]["reply"]["root"] for row in (second, third)]
        assert roots == [{"uri": first["uri"], "cid": first["cid"]}] * 2
