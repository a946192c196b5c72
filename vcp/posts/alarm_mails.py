"""E-mails about something on an account of ours that we didn't do.

A mail never holds what was seen there: it may be read where that must not spread.
"""

from sqlalchemy import select
from sqlalchemy.orm import Session

from officer_profiles.models import Capability, Persona, PersonaMember
from vcp.kernel import clock, mail
from vcp.kernel.permissions import Permission
from vcp.networks.registry import NETWORKS
from vcp.posts import in_force
from vcp.posts.watch_models import AccountAlarm, AlarmKind
from vcp.users import queries as users
from vcp.users.models import User
from vcp.users.states import UserState

#: What happened, as the end of "On our account …".
HAPPENED = {
    AlarmKind.POSTED: "a post appeared that we did not send",
    AlarmKind.BOOSTED: "somebody else's post was passed on, which we never do",
    AlarmKind.EDITED: "a post of ours was changed, and not by us",
    AlarmKind.DELETED: "a post of ours is gone, and we did not take it down",
    AlarmKind.RENAMED: "the account has another name",
    AlarmKind.PROFILE: "the account's profile was changed",
    AlarmKind.STRAY: "there is a copy of our own words that the ledger does not know",
}


def raised(session: Session, alarm: AccountAlarm) -> None:
    """Tell, urgently, who answers for the account, who writes there, and administrators."""
    channel = alarm.channel
    name = channel.handle or channel.name
    body = (
        f"On our account {name} ({NETWORKS.get(channel.network, channel.network)}) "
        f"{HAPPENED[alarm.kind]}.\n\n"
        f"Look at it now: {in_force.page(f'/staff/alarms/{alarm.id}')}\n\n"
        "Did one of us do it there by hand? Then say so on that page. If not, somebody else has "
        "the account: say in public, on the same page, that it was not us, change the account's "
        "password at the network, and disconnect the apps that you do not know.\n\n"
        "More may follow on this account; no further mail about it is sent for ten minutes.\n"
    )
    for address in _addresses(session, alarm):
        subject = f"Not ours? {HAPPENED[alarm.kind].capitalize()}: {name}"
        mail.write(session, address, subject[:200], body, urgent=True)


def _addresses(session: Session, alarm: AccountAlarm) -> list[str]:
    path = alarm.channel.area_path
    found = {
        person.email
        for permission in (Permission.WORK_ALARMS, Permission.DISAVOW)
        for person in users.with_permission(session, permission, path)
    }
    now = clock.now()
    writers = session.scalars(
        select(User.email)
        .join(PersonaMember, PersonaMember.user_id == User.id)
        .join(Persona, Persona.id == PersonaMember.persona_id)
        .join(Capability, Capability.persona_id == Persona.id)
        .where(
            User.state == UserState.ACTIVE,
            Capability.channel_id == alarm.channel_id,
            Capability.revoked_at.is_(None),
            Capability.expires_at > now,
        )
    )
    return sorted(found | set(writers))
