"""Many residents' cases, put straight into the tables: for measuring."""

from datetime import timedelta

from sqlalchemy import func, insert, select, text
from sqlalchemy.orm import Session

from moderation.clocks import ACTED_WITHIN, SEEN_WITHIN
from moderation.models import Case
from moderation.states import CaseState
from tests.factories.posts import Team
from vcp.contacts.models import Arrival, ArrivalKind, Contact, ContactKind, Lane, Message
from vcp.contacts.states import ContactState
from vcp.kernel import clock
from vcp.triage.findings import Priority

#: Of a hundred cases so many are of each priority; the rest are P3.
P1_OF_100, P2_OF_100 = 2, 15
CATEGORIES = {"P1": "emergency_in_progress", "P2": "safeguarding", "P3": "crime_report"}
TABLES = (Arrival, Contact, Message, Case)


def make_cases(session: Session, team: Team, count: int) -> list[int]:
    """Make open cases, each with a contact and one message; return their ids."""
    now = clock.now()
    start = 1 + max(session.scalar(select(func.max(table.id))) or 0 for table in TABLES)
    ids = list(range(start, start + count))
    rows: dict[type, list[dict[str, object]]] = {table: [] for table in TABLES}
    for index, number in enumerate(ids):
        at = now - timedelta(minutes=index % 600)
        for table, row in _rows(team, number, index).items():
            rows[table].append(row | _times(table, at, row))
    for table in TABLES:
        session.execute(insert(table), rows[table])
        if session.get_bind().dialect.name == "postgresql":
            name = table.__tablename__
            session.execute(
                text(f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), max(id)) FROM {name}")  # noqa: S608 - our own names
            )
    session.commit()
    return ids


def _times(table: type, at: object, row: dict[str, object]) -> dict[str, object]:
    if table is Arrival:
        return {"received_at": at, "handled_at": at}
    if table is Contact:
        return {"state_changed_at": at, "first_at": at, "last_at": at}
    if table is Message:
        return {"posted_at": at, "received_at": at}
    priority = Priority(str(row["priority"]))
    return {
        "state_changed_at": at,
        "opened_at": at,
        "changed_at": at,
        "due_at": at + SEEN_WITHIN[priority],  # type: ignore[operator]  # a moment
        "act_due_at": at + ACTED_WITHIN[priority],  # type: ignore[operator]  # a moment
    }


def _rows(team: Team, number: int, index: int) -> dict[type, dict[str, object]]:
    share = index % 100
    priority = "P1" if share < P1_OF_100 else "P2" if share < P1_OF_100 + P2_OF_100 else "P3"
    category, handle = CATEGORIES[priority], f"resident{number}@towns.example"
    where = {"area_path": team.area.path}
    judged = {"category": category, "priority": priority}
    return {
        Arrival: {
            "id": number,
            "channel_id": team.mastodon.id,
            "kind": ArrivalKind.MESSAGE,
            "remote_id": f"bulk-{number}",
            "payload": "{}",
            "tries": 1,
        },
        Contact: _contact(team, number, handle) | where | judged,
        Message: _message(team, number, handle) | judged,
        Case: {
            "id": number,
            "contact_id": number,
            "categories": category,
            "priority": priority,
            "state": CaseState.OPEN,
            "reason": "",
            "reminders": 0,
            "version": 1,
            **where,
        },
    }


def _contact(team: Team, number: int, handle: str) -> dict[str, object]:
    return {
        "id": number,
        "kind": ContactKind.NETWORK,
        "channel_id": team.mastodon.id,
        "handle": handle,
        "display_name": f"Resident {number}",
        "thread_key": f"bulk-{number}",
        "persona_id": team.persona.id,
        "area_id": team.area.id,
        "lane": Lane.OPERATIONAL,
        "state": ContactState.OPEN,
        "version": 1,
    }


def _message(team: Team, number: int, handle: str) -> dict[str, object]:
    return {
        "id": number,
        "arrival_id": number,
        "contact_id": number,
        "channel_id": team.mastodon.id,
        "remote_id": f"bulk-{number}",
        "handle": handle,
        "text": f"Message {number}: " + "something happened by the canal last night. " * 8,
        "visibility": "public",
        "media": [],
        "verdict": {},
    }
