"""Recording what was done: one AuditEvent for each change, in the same transaction.

The event keeps only ids, states and a commitment. What names a person or quotes a text lies in
AuditPayload, apart, so that erasing it later leaves the event untouched.
"""

import hashlib
import hmac
import secrets
import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import rfc8785
from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, Uuid, insert
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from vcp.kernel import clock
from vcp.kernel.context import Actor, current_work
from vcp.kernel.db import Base, at_end
from vcp.kernel.errors import NotAllowed

SALT_BYTES = 32


class AuditEvent(Base):
    """One line of the trail; never changed once written."""

    __tablename__ = "audit_event"
    __table_args__ = (
        Index("ix_audit_event_subject", "subject_kind", "subject_id", "at"),
        Index("ix_audit_event_actor_at", "actor_id", "at"),
        Index("ix_audit_event_verb_at", "verb", "at"),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=uuid.uuid4)
    at: Mapped[datetime] = mapped_column(index=True)
    actor_id: Mapped[str] = mapped_column(String(64))
    via: Mapped[str] = mapped_column(String(32))
    verb: Mapped[str] = mapped_column(String(64))
    subject_kind: Mapped[str] = mapped_column(String(32))
    subject_id: Mapped[str] = mapped_column(String(64))
    old_state: Mapped[str | None] = mapped_column(String(32))
    new_state: Mapped[str | None] = mapped_column(String(32))
    request_id: Mapped[str] = mapped_column(String(32))
    payload_commitment: Mapped[str | None] = mapped_column(String(64))

    payload: Mapped["AuditPayload | None"] = relationship(back_populates="event", lazy="joined")


class AuditPayload(Base):
    """The words that belong to an event: who by name, what text, which reason."""

    __tablename__ = "audit_payload"

    event_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("audit_event.id"), primary_key=True)
    salt: Mapped[bytes] = mapped_column(LargeBinary(SALT_BYTES))
    #: RFC 8785 canonical JSON: the bytes that the commitment is taken over.
    body: Mapped[str] = mapped_column(Text)

    event: Mapped[AuditEvent] = relationship(back_populates="payload")


_INTO_EVENTS = insert(AuditEvent.__table__)  # type: ignore[arg-type]  # a Table
_INTO_PAYLOADS = insert(AuditPayload.__table__)  # type: ignore[arg-type]  # a Table


def commitment(salt: bytes, body: str) -> str:
    """Return the keyed hash that binds an event to its payload, in hexadecimal."""
    return hmac.new(salt, body.encode(), hashlib.sha256).hexdigest()


@dataclass(frozen=True, eq=False)
class _Line:
    """The columns of an event and those of its payload, if it has one."""

    event: Mapping[str, object]
    payload: Mapping[str, object] | None


def record(
    session: Session,
    by: Actor,
    verb: str,
    subject_kind: str,
    subject_id: object,
    *,
    old: str | None = None,
    new: str | None = None,
    **payload: Any,
) -> None:
    """Write one line of the trail in this unit of work; further keywords become its payload."""
    work = current_work()
    if work.system_user:
        payload["system_user"] = work.system_user
    kept = _payload({name: value for name, value in payload.items() if value is not None})
    event = {
        "id": uuid.uuid4(),
        "at": clock.now(),
        "actor_id": by.actor_id,
        "via": work.via,
        "verb": verb,
        "subject_kind": subject_kind,
        "subject_id": str(subject_id),
        "old_state": old,
        "new_state": new,
        "request_id": work.request_id,
        "payload_commitment": commitment(kept["salt"], kept["body"]) if kept else None,
    }
    # Together with the other lines of the unit: there may be hundreds of them.
    at_end(session, _store, _Line(event, kept and {"event_id": event["id"], **kept}))


def _payload(said: dict[str, Any]) -> dict[str, Any] | None:
    if not said:
        return None
    return {"salt": secrets.token_bytes(SALT_BYTES), "body": rfc8785.dumps(said).decode()}


def _store(session: Session, lines: Collection[_Line]) -> None:
    # On the tables, past the session: nobody needs them as objects here.
    session.execute(_INTO_EVENTS, [line.event for line in lines])
    payloads = [line.payload for line in lines if line.payload is not None]
    if payloads:
        session.execute(_INTO_PAYLOADS, payloads)


def record_refusal(session: Session, by: Actor, refusal: NotAllowed) -> None:
    """Write that somebody was refused; the caller gives it a unit of work of its own."""
    record(
        session,
        by,
        "refused",
        refusal.subject_kind,
        refusal.subject_id,
        attempted=refusal.attempted,
        reason=refusal.message,
    )
