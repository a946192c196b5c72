"""What a network charges for, counted against the month's budget of each channel.

A post is counted when it is claimed, before its first byte leaves, so that a crash hides no cost.
What was read is counted after the answer, since nobody knows before how much that will be: it is
never stopped, or what is unknown could not be settled. Months are those of UTC.
"""

import logging
import uuid
from collections.abc import Callable
from datetime import UTC, datetime

from sqlalchemy import case, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from vcp.channels import alerts, conditions, queries
from vcp.channels.models import Channel, Condition, Spending
from vcp.kernel import clock
from vcp.kernel.audit import record
from vcp.kernel.context import Actor
from vcp.kernel.db import transaction
from vcp.kernel.errors import Conflict, Invalid, VcpError
from vcp.kernel.permissions import Permission, Person, check
from vcp.kernel.settings import Settings
from vcp.networks.registry import METERED
from vcp.networks.x_length import links

logger = logging.getLogger(__name__)

MILLION = 1_000_000
#: Tenths of the budget that are spent when people are told.
WARN_TENTHS = 8
MOST_DOLLARS = 100_000


def month_of(moment: datetime) -> str:
    """Return the month of a moment, such as 2026-11."""
    return f"{moment.astimezone(UTC):%Y-%m}"


def next_month(moment: datetime) -> datetime:
    """Return when the next month begins."""
    local = moment.astimezone(UTC)
    return datetime(local.year + local.month // 12, local.month % 12 + 1, 1, tzinfo=UTC)


def price(settings: Settings, what: str) -> int:
    """Return what one of these costs, in millionths of a US dollar."""
    dollars = {
        "create": settings.x_price_create_usd,
        "create_with_link": settings.x_price_create_with_link_usd,
        "read": settings.x_price_read_usd,
    }
    return round(dollars[what] * MILLION)


def kind_of_post(text: str) -> str:
    """Return what a post with these words counts as."""
    return "create_with_link" if links(text) else "create"


def budget_of(condition: Condition, settings: Settings) -> int | None:
    """Return what may be spent a month, in millionths; None: no budget is set."""
    if condition.budget is not None:
        return condition.budget
    return round(settings.x_monthly_budget_usd * MILLION) or None


def spent_in(condition: Condition, month: str) -> int:
    """Return what was spent in this month, in millionths of a US dollar."""
    return condition.spent if condition.spent_month == month else 0


def may_send(
    session: Session, channel: Channel, text: str, settings: Settings, *, by: Actor
) -> bool:
    """Say whether the budget has room for these words; without room the channel stops sending."""
    condition, now = conditions.known(session, channel.id), clock.now()
    budget = budget_of(condition, settings)
    cost = price(settings, kind_of_post(text))
    if budget is None or spent_in(condition, month_of(now)) + cost <= budget:
        return True
    condition = conditions.of(session, channel.id)
    is_told = condition.broke_until is not None and month_of(condition.broke_until) > month_of(now)
    condition.broke_until = next_month(now)
    if not is_told:
        record(session, by, "stop_spending", "channel", channel.id, budget=dollars(budget))
        alerts.budget_spent(session, channel, dollars(budget))
    return False


def count_post(
    session: Session, channel: Channel, text: str, attempt_id: uuid.UUID, settings: Settings
) -> None:
    """Count one attempt at posting these words, in the unit that claims it."""
    what = kind_of_post(text)
    _count(session, channel, what, 1, settings, attempt_id)


def meter(channel_id: int, settings: Settings) -> Callable[[int], None]:
    """Return what counts posts that were read on a channel; no unit may be open when it's called.

    A reading is worth more than its count: when that can't be stored, the log says so.
    """

    def count(posts: int) -> None:
        try:
            with transaction() as session:
                channel = queries.by_id(session, channel_id)
                _count(session, channel, "read", posts, settings, None)
        except (VcpError, DBAPIError):
            logger.warning("The cost of %s posts read was not counted", posts, exc_info=True)

    return count


def set_budget(
    session: Session,
    channel_id: int,
    dollars_a_month: float | None,
    *,
    by: Person,
    settings: Settings,
) -> Condition:
    """Allow so many US dollars a month; None: what the settings say. What waited for it goes out.

    Raises: Invalid for what can't be a budget; NotAllowed; Conflict where nothing is charged for.
    """
    channel = queries.by_id(session, channel_id)
    check(
        by,
        Permission.CONNECT_CHANNELS,
        channel.area_path,
        subject_kind="channel",
        subject_id=channel.id,
    )
    if channel.network not in METERED:
        raise Conflict("This network charges for nothing, so there is no budget to set.")
    if dollars_a_month is not None and not 0 < dollars_a_month <= MOST_DOLLARS:
        raise Invalid(f"Type US dollars, more than 0 and up to {MOST_DOLLARS:,}.", "dollars")
    condition = conditions.of(session, channel_id)
    condition.budget = None if dollars_a_month is None else round(dollars_a_month * MILLION)
    condition.broke_until = None
    condition.budget_warned = ""
    allowed = budget_of(condition, settings)
    shown = dollars(allowed) if allowed is not None else "none"
    record(session, by, "set_budget", "channel", channel_id, budget=shown)
    _warn(session, channel, condition, settings)
    return condition


def dollars(millionths: int) -> str:
    """Return an amount as people read it: $0.215, or $12.50."""
    exact = f"{millionths / MILLION:.6f}".rstrip("0")
    whole, _, part = exact.partition(".")
    return f"${whole}.{part:0<2}"


def _count(
    session: Session,
    channel: Channel,
    what: str,
    number: int,
    settings: Settings,
    attempt_id: uuid.UUID | None,
) -> None:
    now, cost = clock.now(), number * price(settings, what)
    session.add(
        Spending(
            channel_id=channel.id, at=now, what=what, count=number, cost=cost, attempt_id=attempt_id
        )
    )
    condition, month = conditions.of(session, channel.id), month_of(now)
    before = case((Condition.spent_month == month, Condition.spent), else_=0)
    # In the database, since readings and sends of one channel are counted at the same time.
    session.execute(
        update(Condition)
        .where(Condition.channel_id == channel.id)
        .values(spent=before + cost, spent_month=month)
        .execution_options(synchronize_session=False)
    )
    session.refresh(condition)
    _warn(session, channel, condition, settings)


def _warn(session: Session, channel: Channel, condition: Condition, settings: Settings) -> None:
    """Tell people, once a month and budget, that most of it is spent."""
    budget, month = budget_of(condition, settings), month_of(clock.now())
    spent = spent_in(condition, month)
    if budget is None or condition.budget_warned == month or 10 * spent < WARN_TENTHS * budget:
        return
    condition.budget_warned = month
    alerts.budget_nearly_spent(session, channel, dollars(spent), dollars(budget))
