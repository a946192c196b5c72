"""How a channel stands, in words: why nothing is sent now, what it spent, how late it shows."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from vcp.channels import conditions, spending
from vcp.channels.models import Channel
from vcp.kernel import clock
from vcp.kernel.settings import Settings
from vcp.networks.registry import METERED


@dataclass(frozen=True)
class Wait:
    """Something that keeps a channel from sending, and until when."""

    why: str
    until: datetime


@dataclass(frozen=True)
class Standing:
    """What there is to say of a channel beside its state; amounts as people read them."""

    waits: tuple[Wait, ...]
    failures: int
    sign_in_ends_at: datetime | None
    #: None where the network charges for nothing; `budget` also where none is set.
    spent: str | None
    budget: str | None
    has_own_budget: bool
    lag_s: float | None
    lag_samples: int
    lag_at: datetime | None

    def as_json(self) -> dict[str, Any]:
        """Return it as documented in docs/operating.md."""
        return {
            "waits": [wait.why for wait in self.waits],
            "waits_until": _iso(max((wait.until for wait in self.waits), default=None)),
            "failures": self.failures,
            "sign_in_ends_at": _iso(self.sign_in_ends_at),
            "spent": self.spent,
            "budget": self.budget,
            "lag_s": self.lag_s,
            "lag_samples": self.lag_samples,
            "lag_at": _iso(self.lag_at),
        }


def of(session: Session, channel: Channel, settings: Settings) -> Standing:
    """Return how the channel stands now."""
    condition, now = conditions.known(session, channel.id), clock.now()
    is_metered = channel.network in METERED
    spent = spending.spent_in(condition, spending.month_of(now))
    budget = spending.budget_of(condition, settings) if is_metered else None
    reasons = (
        (condition.rests_until, "It rests after failures in a row; one post then tries it again."),
        (channel.wait_until, "The network asked us to wait."),
        (condition.broke_until, "This month's budget is spent. An administrator may raise it."),
    )
    return Standing(
        waits=tuple(Wait(why, until) for until, why in reasons if until and until > now),
        failures=condition.failures,
        sign_in_ends_at=condition.sign_in_ends_at,
        spent=spending.dollars(spent) if is_metered else None,
        budget=None if budget is None else spending.dollars(budget),
        has_own_budget=condition.budget is not None,
        lag_s=None if condition.lag_ms is None else condition.lag_ms / 1000,
        lag_samples=condition.lag_samples,
        lag_at=condition.lag_at,
    )


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
