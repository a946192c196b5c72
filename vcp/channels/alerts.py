"""Mails about a channel that needs somebody."""

from datetime import datetime

from sqlalchemy.orm import Session

from vcp.channels.models import Channel
from vcp.kernel import mail
from vcp.kernel.permissions import Permission
from vcp.users import queries as users


def blocked(session: Session, channel: Channel, problem: str) -> None:
    """Tell whoever can connect the channel again, and the supervisors who rely on it."""
    body = (
        f"The channel “{channel.name}” ({channel.handle or channel.base_url}) no longer takes our "
        f"sign-in, so nothing more is sent to it.\n\n"
        f"What the network said: {problem}\n\n"
        "What to do: an administrator opens Channels, chooses this channel, selects “Connect "
        "again” and signs in at the network as the same account. Posts that waited for it go out "
        "then, unless their time has run out. All other channels go on as usual.\n"
    )
    _write(session, channel, f"Channel blocked: {channel.name}", body, also_supervisors=True)


def sign_in_ends(session: Session, channel: Channel, ends_at: datetime, days: int) -> None:
    """Tell whoever can connect the channel again that its sign-in ends soon."""
    left = "in less than a day" if days <= 1 else f"in {days} days or less"
    body = (
        f"Our sign-in to the channel “{channel.name}” ({channel.handle or channel.base_url}) ends "
        f"{left}, at {ends_at:%d %B %Y, %H:%M} UTC. Until then all goes on as usual; after it, "
        "nothing more is sent.\n\n"
        "What to do before then: an administrator opens Channels, chooses this channel and "
        "connects it again, as the same account.\n"
    )
    _write(session, channel, f"Connect again soon: {channel.name}", body)


def budget_nearly_spent(session: Session, channel: Channel, spent: str, budget: str) -> None:
    """Tell whoever can raise it that most of the month's budget is spent."""
    body = (
        f"The channel “{channel.name}” has spent {spent} of this month's {budget}. When all of it "
        "is spent, posts wait.\n\n"
        "What to do: nothing, if that is enough for the rest of the month. Otherwise an "
        "administrator opens Channels, chooses this channel and selects “Change the budget”.\n"
    )
    _write(session, channel, f"Most of the budget is spent: {channel.name}", body)


def budget_spent(session: Session, channel: Channel, budget: str) -> None:
    """Tell whoever can raise it, and the supervisors who rely on the channel, that posts wait."""
    body = (
        f"The next post would take the channel “{channel.name}” over this month's budget of "
        f"{budget}, so it waits, and so does what comes after it.\n\n"
        "What to do: an administrator opens Channels, chooses this channel and selects “Change "
        "the budget”. What waited goes out then, unless its time has run out. Otherwise it waits "
        "for the next month.\n"
    )
    _write(session, channel, f"Budget spent: {channel.name}", body, also_supervisors=True)


def _write(
    session: Session, channel: Channel, subject: str, body: str, *, also_supervisors: bool = False
) -> None:
    asked = [Permission.CONNECT_CHANNELS]
    asked += [Permission.CONFIRM_CHANNELS] if also_supervisors else []
    people = {
        person.email
        for permission in asked
        for person in users.with_permission(session, permission, channel.area_path)
    }
    for address in sorted(people):
        mail.write(session, address, subject, body)
