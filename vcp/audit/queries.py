"""Searching the trail; reads, never writes."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from vcp.kernel.audit import AuditEvent, commitment
from vcp.kernel.pages import Page, paginate

EXPORT_BATCH = 1000


@dataclass(frozen=True)
class Wanted:
    """What to look for; an empty field doesn't narrow."""

    verb: str = ""
    actor_id: str = ""
    subject_kind: str = ""
    subject_id: str = ""
    since: date | None = None
    until: date | None = None


def search(session: Session, wanted: Wanted, zone: ZoneInfo, number: int) -> Page[AuditEvent]:
    """Return one page of the events, newest first; days are days of that zone."""
    rows = _narrowed(select(AuditEvent), wanted, zone)
    return paginate(session, rows.order_by(AuditEvent.at.desc(), AuditEvent.id), number)


def of_subject(session: Session, kind: str, row_id: object) -> Sequence[AuditEvent]:
    """Return everything that happened to one thing, oldest first."""
    return (
        session.scalars(
            select(AuditEvent)
            .where(AuditEvent.subject_kind == kind, AuditEvent.subject_id == str(row_id))
            .order_by(AuditEvent.at, AuditEvent.id)
        )
        .unique()
        .all()
    )


def verbs(session: Session) -> list[str]:
    """Return every verb that the trail has, for the search form."""
    return sorted(session.scalars(select(AuditEvent.verb).distinct()))


def kinds(session: Session) -> list[str]:
    """Return every kind of thing that the trail speaks of."""
    return sorted(session.scalars(select(AuditEvent.subject_kind).distinct()))


def export(session: Session, wanted: Wanted, zone: ZoneInfo) -> Iterator[dict[str, Any]]:
    """Give every event as plain JSON values, oldest first, in batches."""
    rows = _narrowed(select(AuditEvent), wanted, zone).order_by(AuditEvent.at, AuditEvent.id)
    last: AuditEvent | None = None
    while True:
        batch = session.scalars(_after(rows, last).limit(EXPORT_BATCH)).unique().all()
        for event in batch:
            yield as_json(event)
        if len(batch) < EXPORT_BATCH:
            return
        last = batch[-1]


def as_json(event: AuditEvent) -> dict[str, Any]:
    """Return one event as documented in docs/operating.md, and whether its payload is intact."""
    payload = event.payload
    return {
        "id": str(event.id),
        "at": event.at.isoformat(),
        "actor": event.actor_id,
        "via": event.via,
        "verb": event.verb,
        "subject_kind": event.subject_kind,
        "subject_id": event.subject_id,
        "old_state": event.old_state,
        "new_state": event.new_state,
        "request_id": event.request_id,
        "payload_commitment": event.payload_commitment,
        "payload_salt": payload.salt.hex() if payload else None,
        "payload": json.loads(payload.body) if payload else None,
        "payload_intact": is_intact(event),
    }


def is_intact(event: AuditEvent) -> bool | None:
    """Say whether the payload is the one that was recorded; None when there is none to check."""
    if event.payload is None:
        return None
    return commitment(event.payload.salt, event.payload.body) == event.payload_commitment


def _after(rows: Select[AuditEvent], last: AuditEvent | None) -> Select[AuditEvent]:
    if last is None:
        return rows
    later = (AuditEvent.at > last.at) | ((AuditEvent.at == last.at) & (AuditEvent.id > last.id))
    return rows.where(later)


def _narrowed(rows: Select[AuditEvent], wanted: Wanted, zone: ZoneInfo) -> Select[AuditEvent]:
    for column, value in (
        (AuditEvent.verb, wanted.verb),
        (AuditEvent.actor_id, wanted.actor_id),
        (AuditEvent.subject_kind, wanted.subject_kind),
        (AuditEvent.subject_id, wanted.subject_id),
    ):
        if value:
            rows = rows.where(column == value)
    if wanted.since:
        rows = rows.where(AuditEvent.at >= _midnight(wanted.since, zone))
    if wanted.until:
        rows = rows.where(AuditEvent.at < _midnight(wanted.until + timedelta(days=1), zone))
    return rows


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), tzinfo=zone)
