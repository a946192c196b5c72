"""What residents say to a rig's accounts, and what became of it."""

import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import requests
from sqlalchemy import func, select

from moderation.models import Case
from tests.faults.rig import Rig
from vcp.contacts.models import Arrival, Contact, Message
from vcp.kernel.db import session as current_session

URGENT = "Someone is breaking into the flat next door right now"
NOISE = "Lovely to see you all at the market today"


@dataclass
class Spoken:
    """The ids of what was said, as the network gave them."""

    urgent: set[str] = field(default_factory=set)
    noise: set[str] = field(default_factory=set)

    @property
    def everything(self) -> set[str]:
        """All of it."""
        return self.urgent | self.noise


def speak(rig: Rig, spoken: Spoken, number: int, *, urgent_every: int, first: int = 0) -> None:
    """Have so many residents say one thing each, to the rig's accounts in turn."""
    accounts = len(rig.channels) - 1
    for place in range(accounts):
        mine = range(first + place, first + number, accounts)
        kinds = [index % urgent_every == 0 for index in mine]
        items = [
            {
                "text": f"{URGENT if kind else NOISE} ({index})",
                "author": f"resident{index}@towns.example",
            }
            for index, kind in zip(mine, kinds, strict=True)
        ]
        answer = requests.post(
            f"{rig.fakenet_url}/_fakenet/say",
            json={"to": f"account{place}", "items": items},
            timeout=20,
        )
        for said_id, kind in zip(answer.json(), kinds, strict=True):
            (spoken.urgent if kind else spoken.noise).add(said_id)


def heard(rig: Rig) -> int:
    """Return how many messages there are by now."""
    with rig.app.app_context():
        return current_session().scalar(select(func.count()).select_from(Message)) or 0


def wait_until_heard(rig: Rig, number: int, within_s: float) -> float:
    """Wait for so many messages; return the seconds that it took."""
    started = time.monotonic()
    while (now := heard(rig)) < number:
        passed = time.monotonic() - started
        assert passed < within_s, f"{now} of {number} after {passed:.0f} s: {problems(rig)}"
        time.sleep(0.2)
    return time.monotonic() - started


def problems(rig: Rig) -> list[Any]:
    """Return the last lines of the log, for a failure's message."""
    log = rig.settings.instance / "ingest.log"
    return log.read_text(errors="replace").splitlines()[-20:] if log.exists() else []


def check(rig: Rig, spoken: Spoken) -> dict[str, int]:
    """Assert that nothing was missed or doubled; return the figures."""
    with rig.app.app_context():
        session = current_session()
        arrivals = Counter(session.scalars(select(Arrival.remote_id)))
        messages = Counter(session.scalars(select(Message.remote_id)))
        contacts = session.scalar(select(func.count()).select_from(Contact)) or 0
        cases = Counter(
            session.scalars(
                select(Message.remote_id).join(Case, Case.contact_id == Message.contact_id)
            )
        )
        unhandled = session.scalar(select(func.count()).where(Arrival.handled_at.is_(None)))
        most_tries = session.scalar(select(func.max(Arrival.tries)))
    missed = spoken.everything - messages.keys()
    doubled = [one for one, times in (arrivals + messages).items() if times > 2]
    assert not missed, f"{len(missed)} missed"
    assert not doubled, f"{len(doubled)} doubled"
    assert arrivals.keys() == messages.keys() == spoken.everything
    assert contacts == len(spoken.everything), "each resident said one thing"
    assert unhandled == 0
    assert {one for one in spoken.urgent if cases[one] != 1} == set(), "an urgent one has one case"
    return {
        "said": len(spoken.everything),
        "missed": len(missed),
        "doubled": len(doubled),
        "urgent with their case": sum(cases[one] for one in spoken.urgent),
        "most tries": most_tries or 0,
    }


def delays(rig: Rig, spoken: Spoken) -> list[float]:
    """Return for each urgent message the seconds from the network's time to its case, sorted."""
    with rig.app.app_context():
        rows = current_session().execute(
            select(Message.remote_id, Message.posted_at, Case.state_changed_at).join(
                Case, Case.contact_id == Message.contact_id
            )
        )
        found = [(row[0], row[1], row[2]) for row in rows]
    return sorted(
        (at - posted).total_seconds() for one, posted, at in found if one in spoken.urgent
    )
