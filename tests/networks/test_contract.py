"""Every adapter passes the contract, Mastodon's against two servers."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.proxy import LossyProxy
from tests.networks.bluesky_rigs import FakenetBlueskyRig
from tests.networks.conftest import MOCK_TOKENS
from tests.networks.contract import NetworkContract, RemoteNetworkContract
from tests.networks.inbound_contract import InboundContract
from tests.networks.rigs import FakenetRig, FakeRig, MockRig, OwnRig
from tests.networks.watch_contract import WatchContract
from tests.networks.x_rigs import XRig


class TestOwnFeed(NetworkContract):
    @pytest.fixture
    def rig(self, tmp_path: Path) -> OwnRig:
        folder = tmp_path / "site"
        folder.mkdir()
        return OwnRig(folder)


class TestFake(RemoteNetworkContract, InboundContract, WatchContract):
    @pytest.fixture(params=[True, False], ids=["idempotent", "not idempotent"])
    def rig(self, request: pytest.FixtureRequest) -> FakeRig:
        return FakeRig(is_idempotent=request.param)


@pytest.mark.network
class TestMastodonAgainstFakenet(RemoteNetworkContract, InboundContract, WatchContract):
    @pytest.fixture(params=["honoured", "ignored"])
    def rig(self, fakenet_url: str, request: pytest.FixtureRequest) -> FakenetRig:
        found = FakenetRig(fakenet_url, f"officer-{abs(hash(request.node.nodeid))}")
        found.configure(keys=request.param, plan=[])
        return found


@pytest.mark.network
class TestMastodonAgainstMastodonMock(RemoteNetworkContract, InboundContract, WatchContract):
    @pytest.fixture
    def rig(self, mock_url: str) -> Iterator[MockRig]:
        with LossyProxy(int(mock_url.rsplit(":", 1)[1])) as proxy:
            yield MockRig(mock_url, MOCK_TOKENS, proxy)


@pytest.mark.network
class TestXAgainstFakenet(RemoteNetworkContract, InboundContract, WatchContract):
    keeps_language = False
    takes_same_words_twice = False
    can_correct = False
    hears_warnings = False

    @pytest.fixture
    def rig(self, fakenet_url: str, request: pytest.FixtureRequest) -> XRig:
        found = XRig(fakenet_url, f"officer-{abs(hash(request.node.nodeid))}")
        found.configure(plan=[], refuses_duplicates=True)
        return found


@pytest.mark.network
class TestBlueskyAgainstFakenet(RemoteNetworkContract, InboundContract, WatchContract):
    @pytest.fixture
    def rig(self, fakenet_url: str, request: pytest.FixtureRequest) -> FakenetBlueskyRig:
        found = FakenetBlueskyRig(fakenet_url, f"officer-{abs(hash(request.node.nodeid))}")
        found.tell("config", plan=[])
        return found
