"""Saying in public, on our own site, that something on an account of ours doesn't come from us.

The words are a standard text that two people approved beforehand, its gaps filled from the alarm
alone, so that one person may publish it at once. What was seen there is never repeated.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from vcp.kernel import clock
from vcp.kernel.audit import record
from vcp.kernel.errors import Conflict
from vcp.kernel.events import raise_event
from vcp.kernel.permissions import Permission, Person, check
from vcp.kernel.settings import Settings
from vcp.networks.registry import NETWORKS
from vcp.posts import alarm_queries, standard
from vcp.posts.events import DisavowalChanged
from vcp.posts.models import StandardReply
from vcp.posts.states import ALARM, AlarmState
from vcp.posts.watch_models import AccountAlarm, AlarmKind, Disavowal

LANGUAGE = "en"
#: The text for each kind; a copy of our own words is ours, so there is nothing to disavow.
CATEGORY = {
    AlarmKind.POSTED: "disavow_posted",
    AlarmKind.BOOSTED: "disavow_boosted",
    AlarmKind.EDITED: "disavow_edited",
    AlarmKind.DELETED: "disavow_deleted",
    AlarmKind.RENAMED: "disavow_profile",
    AlarmKind.PROFILE: "disavow_profile",
}
WHOLE_ACCOUNT = "disavow_account"


@dataclass(frozen=True)
class Ready:
    """What would be said, word for word, and the hash of the text that was approved."""

    text: str
    sha256: str
    happened_at: datetime


def ready(
    session: Session, alarm: AccountAlarm, settings: Settings, *, is_whole_account: bool
) -> Ready | None:
    """Return what can be published about this alarm now; None while two people haven't approved it.

    Raises: Conflict for what there is nothing to say about.
    """
    if alarm.kind not in CATEGORY:
        raise Conflict("These are our own words, so there is nothing to disavow.")
    category = WHOLE_ACCOUNT if is_whole_account else CATEGORY[alarm.kind]
    replies = standard.in_force(session, category, LANGUAGE)
    if not replies:
        return None
    since = alarm.happened_at
    if is_whole_account:
        others = alarm_queries.others_open(session, alarm)
        since = min([since, *(other.happened_at for other in others)])
    return Ready(_filled(replies[0], alarm, since, settings), replies[0].sha256, since)


def disavow(
    session: Session,
    alarm_id: int,
    sha256: str,
    *,
    is_whole_account: bool,
    settings: Settings,
    by: Person,
) -> Disavowal:
    """Publish the approved words on our own site; for the whole account it closes all its alarms.

    `sha256` is of the approved text that the person was shown.

    Raises: NotFound; NotAllowed; Conflict when it is closed, the text isn't approved or another one
    than shown.
    """
    alarm = alarm_queries.one(session, by, alarm_id)
    path = alarm.channel.area_path
    check(by, Permission.DISAVOW, path, subject_kind="alarm", subject_id=alarm.id)
    if alarm.state is not AlarmState.OPEN:
        raise Conflict(f"This alarm is {alarm.state.value} already.")
    words = ready(session, alarm, settings, is_whole_account=is_whole_account)
    if words is None:
        raise Conflict("Two people have to approve these words first, under Replies.")
    if words.sha256 != sha256:
        raise Conflict("The approved words have changed since you read them. Read them again.")
    disavowal = Disavowal(
        public_id=secrets.token_urlsafe(8),
        channel_id=alarm.channel_id,
        is_whole_account=is_whole_account,
        happened_at=words.happened_at,
        text=words.text,
        language=LANGUAGE,
        approved_sha256=words.sha256,
        published_by_id=by.id,
        published_at=clock.now(),
    )
    session.add(disavowal)
    session.flush()
    record(session, by, "publish", "disavowal", disavowal.id, text=words.text, alarm=alarm.id)
    others = alarm_queries.others_open(session, alarm) if is_whole_account else ()
    for one in (alarm, *(other for other in others if other.kind in CATEGORY)):
        ALARM.apply(session, one, "disavow", by=by, disavowal=disavowal.id)
        one.disavowal_id, one.closed_at, one.closed_by_id = disavowal.id, clock.now(), by.id
    raise_event(session, DisavowalChanged(disavowal.id))
    return disavowal


def _filled(reply: StandardReply, alarm: AccountAlarm, since: datetime, settings: Settings) -> str:
    channel = alarm.channel
    at = since.astimezone(settings.zone)
    values = {
        "force": settings.force_name,
        "account": channel.handle or channel.name,
        "network": NETWORKS.get(channel.network, channel.network),
        "time": f"{at.day} {at:%B %Y at %H:%M %Z}",
    }
    return standard.fill(reply, values)
