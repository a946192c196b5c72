"""How each channel fares at work: the row that machines keep about it."""

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from vcp.channels.models import Condition


def known(session: Session, channel_id: int) -> Condition:
    """Return how the channel fares; a blank row, not stored, when there is nothing to say."""
    return session.get(Condition, channel_id) or _blank(channel_id)


def of(session: Session, channel_id: int) -> Condition:
    """Return the channel's row to write in, making it when there is none yet."""
    found = session.get(Condition, channel_id)
    if found is not None:
        return found
    made = _blank(channel_id)
    try:
        with session.begin_nested():
            session.add(made)
    except IntegrityError:  # another process made it meanwhile
        return session.get_one(Condition, channel_id)
    return made


def _blank(channel_id: int) -> Condition:
    return Condition(
        channel_id=channel_id,
        failures=0,
        spent=0,
        spent_month="",
        budget_warned="",
        lag_samples=0,
    )
