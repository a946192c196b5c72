"""Sending and settling by hand, one step at a time, against a network in this process."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from tests.factories.posts import Team, make_post
from tests.faults.fakenet import FakeNet
from tests.faults.fakenet_atproto import did_of
from tests.networks.x_rigs import x_network
from vcp.kernel.settings import Settings
from vcp.networks.base import Network
from vcp.networks.bluesky import BlueskyNetwork
from vcp.networks.mastodon import MastodonNetwork
from vcp.posts import claiming, publishing, settling
from vcp.posts.models import Delivery
from vcp.posts.publishing import Outcome
from vcp.posts.states import PostState

#: Where each network takes a post.
POSTED_TO: Mapping[str, str] = {
    "mastodon": "^/api/v1/statuses$",
    "bluesky": "/com.atproto.repo.putRecord$",
    "x": "^/2/tweets$",
}


def network_of(name: str, net: FakeNet) -> Network:
    """The adapter of fakenet's account `officer` on this network."""
    if name == "x":
        return x_network(net.base_url, "officer")
    if name == "bluesky":
        keys = {"identifier": "officer", "app_password": "app-officer"}
        return BlueskyNetwork(net.base_url, keys, did_of("officer"))
    return MastodonNetwork(net.base_url, "token-officer", "id-officer")


@dataclass
class Bench:
    """A team whose one remote channel is on `network`."""

    session: Session
    settings: Settings
    team: Team
    network: Network

    def queue(self, text: str) -> Delivery:
        """A post that is due now, as its delivery on the remote channel."""
        post = make_post(self.session, self.team, state=PostState.SCHEDULED, text=text)
        self.session.flush()
        mine = self.session.query(Delivery).filter_by(post_id=post.id)
        return mine.filter_by(channel=self.team.mastodon).one()

    def send(self) -> Outcome | None:
        """Wake what waited, then send what is due first, if anything may leave."""
        settling.wake(self.session)
        found = claiming.claim_next(self.session, self.team.mastodon.id, "test:1", self.settings)
        if found is None:
            return None
        outcome = publishing.send(found, self.network)
        publishing.record(self.session, found, outcome)
        self.session.flush()
        self.session.expire_all()
        return outcome

    def read(self) -> int:
        """Read the network once for everything that is due; for how many."""
        readings = settling.take_reading(self.session, self.settings)
        for reading in readings:
            settling.record_reading(self.session, reading, settling.read(reading, self.network))
        self.session.flush()
        return len(readings)


def refuse(net: FakeNet, network: str, **about: Any) -> None:
    """Have the next post to this network be answered so, and not be taken."""
    net.configure({"plan": [{"fault": "status", "path": POSTED_TO[network], **about}]})


def posted(net: FakeNet) -> int:
    """How many posts were asked for on any network."""
    ends = ("/statuses", "/tweets", "putRecord")
    return sum(
        one["method"] == "POST" and one["path"].endswith(ends) for one in net.ledger.requests
    )
