"""Publishing the past on the force's own feed, as the publisher does; pages are put at the end."""

from sqlalchemy.orm import Session

from vcp.kernel.settings import USUAL_BUDGETS, Settings
from vcp.networks.base import Outgoing
from vcp.networks.own import OwnFeed
from vcp.posts import claiming, publishing, settling, stopping
from vcp.residents.addresses import post_path
from vcp.seed.cast import Cast

OWNER = "seed"


class PagesLater:
    """`vcp.networks.own.SiteWriter` that remembers: every page is rendered once, at the end."""

    def __init__(self, base_url: str) -> None:
        """Take where the pages will stand."""
        self.base_url = base_url
        self.keys: dict[str, set[str]] = {}

    def write(self, outgoing: Outgoing, key: str) -> str:
        """Remember the post, and return its page's address."""
        self.keys.setdefault(outgoing.reference, set()).add(key)
        return self.base_url + post_path(outgoing.reference)

    def remove(self, reference: str) -> None:
        """Forget the post."""
        self.keys.pop(reference, None)

    def holds(self, reference: str, key: str | None) -> bool:
        """Say whether the post was written, with this key; None takes any key."""
        known = self.keys.get(reference, set())
        return bool(known) if key is None else key in known


class Feed:
    """The publisher's work for one channel, in the unit of work of the step that it belongs to.

    Nothing leaves this machine, so claim, send and record may share a unit.
    """

    def __init__(self, settings: Settings, cast: Cast) -> None:
        """Take the force whose feed it is."""
        # Years in a minute: no person's pace, so no budget.
        self.settings = settings.model_copy(update=dict.fromkeys(USUAL_BUDGETS, 0))
        self.cast = cast
        self.network = OwnFeed(PagesLater(settings.base_url), settings.base_url)

    def publish(self, session: Session) -> bool:
        """Send what has been due for longest; false when nothing is."""
        feed_id = self.cast.feed_id
        claimed = claiming.claim_next(session, feed_id, OWNER, self.settings)
        if claimed is None:
            return False
        publishing.record(session, claimed, publishing.send(claimed, self.network))
        return True

    def take_down(self, session: Session) -> None:
        """Take down what was withdrawn, or look once more whether it is gone."""
        for takedown in stopping.take_down_due(session):
            seen = stopping.take_down(takedown, self.network)
            stopping.record_takedown(session, takedown, seen)

    def expire(self, session: Session) -> None:
        """End what its last moment has passed for."""
        settling.expire(session)
