"""What `vcp doctor` looks at in posts."""

from collections.abc import Iterator
from datetime import timedelta

from sqlalchemy import func, select

from vcp.kernel import clock
from vcp.kernel.db import session
from vcp.kernel.health import Check
from vcp.kernel.settings import settings
from vcp.posts import alarm_queries, bank_holidays, reconciling, settling, watching
from vcp.posts.models import Delivery
from vcp.posts.states import DeliveryState


def checks() -> Iterator[Check]:
    """Look for deliveries that ask for a person, and for late ones that nothing explains."""
    asking = settling.needing_person(session())
    yield Check(
        "deliveries settled",
        asking == 0,
        f"{asking} deliveries need a person's word. A supervisor opens Deliveries and decides.",
    )
    alarms = alarm_queries.open_everywhere(session())
    yield Check(
        "accounts are ours alone",
        alarms == 0,
        f"{alarms} alarms about our accounts are open. A supervisor opens Alarms and decides.",
    )
    blind = [channel.name for channel, _ in watching.blind(session())]
    yield Check(
        "accounts watched",
        not blind,
        f"Nobody watches {', '.join(blind)} at present. Look at the page of alarms, and whether "
        "`vcp ingest` runs.",
    )
    unknown_since = clock.now() - timedelta(seconds=settling.PERSON_AFTER_S)
    stuck = session().scalar(
        select(func.count()).where(
            Delivery.state.in_((DeliveryState.SENDING, DeliveryState.OUTCOME_UNKNOWN)),
            Delivery.state_changed_at < unknown_since,
        )
    )
    yield Check(
        "nothing stuck",
        not stuck,
        f"{stuck} deliveries are unsettled for over ten minutes. Look at the publisher's log.",
    )
    waiting = reconciling.unread(session())
    yield Check(
        "ledger whole",
        not waiting,
        f"The database was put back from a backup. {waiting} deliveries are looked for at the "
        "networks before anything is sent there. Keep the publisher running.",
    )
    place = settings().bank_holidays
    yield Check(
        "bank holidays known",
        bank_holidays.is_known(place),
        f"VCP_BANK_HOLIDAYS={place} names no place whose bank holidays are known. Use GB-ENG, "
        "GB-WLS, GB-SCT or GB-NIR.",
    )
