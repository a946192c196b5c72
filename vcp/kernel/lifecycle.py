"""State machines as data: the only writers of `.state`.

A feature's `states.py` holds one table of moves that reads as its diagram. A move is a verb that
people use; the same word names the service function, the permission, the audit line, the button.
"""

import enum
from collections.abc import Mapping, Sequence
from typing import Any, Generic, Protocol, TypeVar

from sqlalchemy import ColumnElement, Enum, select, update
from sqlalchemy.orm import Session
from sqlalchemy.orm.util import identity_key

from vcp.kernel import clock
from vcp.kernel.audit import record
from vcp.kernel.context import Actor
from vcp.kernel.errors import Conflict

S = TypeVar("S", bound=enum.StrEnum)


class Stateful(Protocol):
    """A row that has a state."""

    id: Any
    state: Any
    state_changed_at: Any


class Lifecycle(Generic[S]):
    """The states of one kind of row, and the moves between them."""

    def __init__(
        self, subject: str, states: type[S], initial: S, moves: Mapping[str, tuple[Sequence[S], S]]
    ) -> None:
        """Name the kind of row as the trail does, its first state, and verb -> (from, to)."""
        self.subject = subject
        self.states = states
        self.initial = initial
        self.moves = moves

    def allows(self, state: str, verb: str) -> bool:
        """Say whether this move is possible from this state."""
        return state in self.moves[verb][0]

    def apply(
        self,
        session: Session,
        row: Stateful,
        verb: str,
        *,
        by: Actor,
        **payload: Any,
    ) -> None:
        """Make the move, stamp the time, and write the trail, all in this unit of work.

        Raises: Conflict when the row's state doesn't allow the move.
        """
        sources, target = self.moves[verb]
        old = row.state
        if old not in sources:
            message = f"This {self.subject} is {_spoken(old)}, so it can't be changed that way."
            raise Conflict(message)
        row.state = target
        row.state_changed_at = clock.now()
        if session.autoflush:  # off where many rows are stored at once
            session.flush()
        record(session, by, verb, self.subject, row.id, old=old, new=target, **payload)

    def claim(
        self,
        session: Session,
        model: type[Any],
        row_id: object,
        verb: str,
        *,
        by: Actor,
        where: Sequence[ColumnElement[bool]] = (),
        values: Mapping[str, Any] | None = None,
        **payload: Any,
    ) -> bool:
        """Make the move by one conditional UPDATE; true for one of several callers only.

        `where` narrows it further (an attempt number, a lease), `values` are set along with it.
        """
        sources, target = self.moves[verb]
        if len(sources) != 1:
            message = f"{verb} can't be claimed: it has several sources"
            raise ValueError(message)
        done = session.execute(
            update(model)
            .where(model.id == row_id, model.state == sources[0], *where)
            .values(state=target, state_changed_at=clock.now(), **(values or {}))
            .execution_options(synchronize_session=False)
        )
        if done.rowcount != 1:  # type: ignore[attr-defined]  # CursorResult, typed as Result
            return False
        # The UPDATE went past the session, which must read this row again; others are as they were.
        held = session.identity_map.get(identity_key(model, row_id))
        if held is not None:
            session.expire(held)
        record(session, by, verb, self.subject, row_id, old=sources[0], new=target, **payload)
        return True

    def claim_all(
        self,
        session: Session,
        model: type[Any],
        payloads: Mapping[Any, Mapping[str, Any]],
        verb: str,
        *,
        by: Actor,
        values: Mapping[str, Any],
        only_free: bool = False,
    ) -> set[Any]:
        """Make the move for many rows by one conditional UPDATE; return the ids of those won.

        `payloads` gives, for each id, what its line of the trail keeps beside the states.
        `only_free` passes by the rows that another unit holds, instead of waiting for it.
        """
        sources, target = self.moves[verb]
        which = model.id.in_(list(payloads))
        if only_free:
            which = model.id.in_(select(model.id).where(which).with_for_update(skip_locked=True))
        won = set(
            session.scalars(
                update(model)
                .where(which, model.state == sources[0])
                .values(state=target, state_changed_at=clock.now(), **values)
                .returning(model.id)
                .execution_options(synchronize_session=False)
            )
        )
        for row_id, payload in payloads.items():
            if row_id in won:
                held = session.identity_map.get(identity_key(model, row_id))
                if held is not None:
                    session.expire(held)
                record(
                    session, by, verb, self.subject, row_id, old=sources[0], new=target, **payload
                )
        return won

    def started(self, session: Session, row: Stateful, *, by: Actor, **payload: Any) -> None:
        """Put a new row into its first state and write that it was created."""
        row.state = self.initial
        row.state_changed_at = clock.now()
        session.add(row)
        session.flush()
        record(session, by, "create", self.subject, row.id, new=self.initial, **payload)


def state_type(states: type[enum.StrEnum]) -> Enum:
    """Return the column type of a state: text with a CHECK of the allowed words."""
    return Enum(
        states,
        native_enum=False,
        create_constraint=True,
        length=32,
        name="state_known",
        values_callable=lambda kinds: [kind.value for kind in kinds],
    )


def _spoken(state: str) -> str:
    return str(state).replace("_", " ")
