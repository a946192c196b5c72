"""What the force says in public about its own accounts: a page, feeds, and a line where it matters.

Nothing of what was seen there is repeated: only the words that two people approved beforehand.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from officer_profiles.models import Capability
from vcp.channels.models import Channel
from vcp.kernel import clock
from vcp.networks.registry import NETWORKS
from vcp.posts import alarm_queries
from vcp.posts.watch_models import Disavowal
from vcp.residents.addresses import STATEMENTS
from vcp.residents.feeds import FEED_LENGTH, Feed, put_feeds
from vcp.residents.site import Site
from vcp.residents.verdicts import Outcome, Verdict
from vcp.residents.views import PostView

#: How long one about a single thing stands on the home page and on officers' pages.
SHOWN_FOR = timedelta(days=14)
#: When a feed without entries came to be.
_BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)
TAKEN_BACK = "It turned out otherwise, so we take this back."


@dataclass(frozen=True)
class Statement:
    """A statement as residents read it."""

    anchor: str
    url: str
    account: str
    network: str
    text: str
    language: str
    published_at: datetime
    withdrawn_at: datetime | None


def put_statements(site: Site, session: Session) -> None:
    """Put the page of all statements, the newest first, and its feeds."""
    rows = session.scalars(
        select(Disavowal).order_by(Disavowal.published_at.desc(), Disavowal.id.desc())
    ).all()
    force = site.settings.force_name
    title = f"{force}: statements about our accounts"
    feed = Feed(
        STATEMENTS,
        title,
        f"What {force} says about things on its accounts that it did not do.",
        force,
        rows[-1].published_at if rows else _BEGINNING,
    )
    put_feeds(site, feed, [_item(row, force) for row in rows[:FEED_LENGTH]])
    site.put_page(STATEMENTS, "statements.html", statements=[_shown(row) for row in rows])


def in_view(session: Session, persona_id: int | None = None) -> list[Statement]:
    """Return the statements that stand now: for everybody, or of where this persona speaks."""
    standing = alarm_queries.in_public(session)
    if persona_id is not None and standing:
        spoken = select(Capability.channel_id).where(
            Capability.persona_id == persona_id, Capability.revoked_at.is_(None)
        )
        channels = set(session.scalars(spoken))
        standing = [row for row in standing if row.channel_id in channels]
    since = clock.now() - SHOWN_FOR
    return [_shown(row) for row in standing if row.is_whole_account or row.published_at > since]


def run_out(session: Session, since: datetime) -> list[int]:
    """Return the accounts whose statement left the pages in view since then."""
    ended = Disavowal.published_at.between(since - SHOWN_FOR, clock.now() - SHOWN_FOR)
    rows = select(Disavowal.channel_id).where(ended, Disavowal.withdrawn_at.is_(None))
    return list(session.scalars(rows.distinct()))


def of_post(session: Session, channels: Sequence[Channel], remote_id: str) -> Verdict | None:
    """Return the verdict on a post at a network that we have said is not ours, or was changed."""
    ids = [channel.id for channel in channels]
    said = alarm_queries.disavowed_post(session, ids, remote_id)
    return None if said is None else Verdict(Outcome.DISAVOWED, statement=_shown(said).text)


def of_account(session: Session, channel: Channel) -> str:
    """Return what we say about the whole account at present; empty for nothing."""
    standing = alarm_queries.in_public(session, channel_ids=[channel.id])
    return next((row.text for row in standing if row.is_whole_account), "")


def _shown(row: Disavowal) -> Statement:
    anchor = f"statement-{row.public_id}"
    channel = row.channel
    return Statement(
        anchor=anchor,
        url=f"{STATEMENTS}#{anchor}",
        account=channel.handle or channel.name,
        network=NETWORKS.get(channel.network, channel.network),
        text=row.text,
        language=row.language,
        published_at=row.published_at,
        withdrawn_at=row.withdrawn_at,
    )


def _item(row: Disavowal, force: str) -> PostView:
    """Return a statement in the form of a feed's entries."""
    shown = _shown(row)
    return PostView(
        id=row.id,
        public_id=row.public_id,
        url=shown.url,
        name=force,
        rank="",
        officer_url=STATEMENTS,
        photo_url=None,
        place="",
        place_url="",
        text=shown.text,
        language=shown.language,
        content_warning=None,
        images=(),
        published_at=shown.published_at,
        corrected_at=None,
        correction_note="",
        withdrawn_at=shown.withdrawn_at,
        withdrawal_reason=TAKEN_BACK,
        elsewhere=(),
    )
