"""Mails about a channel that needs somebody."""

from sqlalchemy.orm import Session

from vcp.channels.models import Channel
from vcp.kernel import mail
from vcp.kernel.permissions import Permission
from vcp.users import queries as users


def blocked(session: Session, channel: Channel, problem: str) -> None:
    """Tell whoever can connect the channel again, and the supervisors who rely on it."""
    people = {
        person.email: person
        for permission in (Permission.CONNECT_CHANNELS, Permission.CONFIRM_CHANNELS)
        for person in users.with_permission(session, permission, channel.area_path)
    }
    body = (
        f"The channel “{channel.name}” ({channel.handle or channel.base_url}) no longer takes our "
        f"sign-in, so nothing more is sent to it.\n\n"
        f"What the network said: {problem}\n\n"
        "What to do: an administrator opens Channels, chooses this channel, selects “Connect "
        "again” and signs in at the network as the same account. Posts that waited for it go out "
        "then, unless their time has run out. All other channels go on as usual.\n"
    )
    for address in sorted(people):
        mail.write(session, address, f"Channel blocked: {channel.name}", body)
