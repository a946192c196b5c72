"""Looks at records: what a GET marked `@consults` writes, and the only thing that any GET does.

A refused form shows the page again, so it is a look as well: `looked`.

The look goes into the trail after the page was allowed and made, in a unit of its own; when that
can't be stored the page isn't shown.
"""

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar, cast

from flask import make_response, request
from sqlalchemy import select
from sqlalchemy.orm import Session

from vcp.kernel import clock
from vcp.kernel.audit import AuditEvent, record
from vcp.kernel.db import session, transaction
from vcp.kernel.permissions import Person, me

F = TypeVar("F", bound=Callable[..., Any])
LOOK = "look"
#: What stands for the id in the trail when a whole list was looked at.
LIST = "list"
#: A list that keeps itself fresh is one look for so long; another search is another look.
SAME_LOOK = timedelta(minutes=5)


@dataclass
class Held:
    """A role of whoever looked, as it was when they asked."""

    role: Any
    area_path: Any
    category: Any


@dataclass
class Looker:
    """Who looked, as a plain value: a unit of work reads rows again, a person's roles included."""

    id: Any
    display_name: Any
    actor_id: str
    grants: Sequence[Held]


def consults(
    kind: str,
    argument: str | None = None,
    *,
    of: Callable[[Any], object | None] | None = None,
    also: Callable[[Session, Any, Person], object] | None = None,
) -> Callable[[F], F]:
    """Record that the signed-in person looked; put it under `@requires`.

    `argument` names the part of the address that holds the id; without it the page is a list or a
    search, and the trail keeps what was searched for. `of` turns that id into the id of what is
    consulted, None when the page shows nothing of the kind. `also` notes, in the same unit, that
    somebody has seen the row: `also(session, id, person)`.
    """

    def mark(view: F) -> F:
        @functools.wraps(view)
        def consulted(*args: Any, **kwargs: Any) -> Any:
            response = make_response(view(*args, **kwargs))
            if response.status_code >= 300:  # noqa: PLR2004 - led elsewhere, or refused
                return response
            row_id = kwargs[argument] if argument else None
            if of is None:
                looked(kind, row_id, also=also)
            elif (consulted_id := of(row_id)) is not None:
                looked(kind, consulted_id, also=also)
            return response

        # Read by the tests of routes: what is consulted, and whether each page consults it.
        consulted.vcp_consults = kind  # type: ignore[attr-defined]
        consulted.vcp_always_consults = of is None  # type: ignore[attr-defined]
        return cast(F, consulted)

    return mark


def looked(
    kind: str,
    row_id: object = None,
    *,
    also: Callable[[Session, Any, Person], object] | None = None,
) -> None:
    """Record a look; a form that is refused calls this when it shows the whole page again.

    Call it after the page was made: a page that can't be recorded isn't shown.
    """
    person = me()
    searched = {name: value for name, value in request.args.items() if value}
    if row_id is None and not searched and _looked_just_now(session(), person, kind):
        return
    held = [Held(grant.role, grant.area_path, grant.category) for grant in person.grants]
    looker = Looker(person.id, person.display_name, person.actor_id, held)
    with transaction() as current:
        if row_id is None:
            record(current, looker, LOOK, kind, LIST, search=searched or None)
        else:
            record(current, looker, LOOK, kind, row_id)
        if also is not None:
            also(current, row_id, looker)


def _looked_just_now(current: Session, person: Person, kind: str) -> bool:
    """Say whether this person has the plain list open: it asks again for itself."""
    rows = select(AuditEvent.id).where(
        AuditEvent.subject_kind == kind,
        AuditEvent.subject_id == LIST,
        AuditEvent.at > clock.now() - SAME_LOOK,
        AuditEvent.actor_id == person.actor_id,
        AuditEvent.verb == LOOK,
        AuditEvent.payload_commitment.is_(None),
    )
    return current.scalar(rows.limit(1)) is not None
