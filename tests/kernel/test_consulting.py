"""Looking at a record is in the trail; lists that keep themselves fresh are one look."""

import time_machine
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.client import Client
from tests.factories.users import make_user, sign_in
from vcp.kernel.audit import AuditEvent
from vcp.kernel.consulting import consults
from vcp.kernel.errors import NotAllowed
from vcp.kernel.permissions import Permission, Person, requires

SEEN: list[tuple[int, str]] = []


def saw(current: Session, row_id: int, person: Person) -> None:
    assert current.info["in_unit"]
    SEEN.append((row_id, person.actor_id))


@requires(Permission.SEE_AREAS)
@consults("thing", "thing_id", also=saw)
def show(thing_id: int) -> str:
    if thing_id == 403:
        raise NotAllowed("Not yours.", subject_kind="thing", subject_id=thing_id)
    return "It."


@requires(Permission.SEE_AREAS)
@consults("thing")
def listed() -> str:
    return "All of them."


def add_pages(app: Flask) -> None:
    app.add_url_rule("/things/<int:thing_id>", view_func=show)
    app.add_url_rule("/things", view_func=listed)


def looks(session: Session) -> list[tuple[str, str, str]]:
    rows = session.scalars(select(AuditEvent).where(AuditEvent.verb == "look"))
    return sorted((r.subject_kind, r.subject_id, r.payload.body if r.payload else "") for r in rows)


def test_every_look_at_one_is_in_the_trail(app: Flask, client: Client, session: Session) -> None:
    add_pages(app)
    user = make_user(session)
    sign_in(client, user)
    SEEN.clear()
    for _ in range(2):
        assert client.get("/things/7").status_code == 200
    assert looks(session) == [("thing", "7", "")] * 2
    assert [(7, user.actor_id)] * 2 == SEEN


def test_what_is_refused_was_not_seen(app: Flask, client: Client, session: Session) -> None:
    add_pages(app)
    sign_in(client, make_user(session))
    assert client.get("/things/403").status_code == 403
    client.get("/sign-in")
    assert looks(session) == []


def test_open_list_is_one_look_and_each_search_another(
    app: Flask, client: Client, session: Session, clock: time_machine.Traveller
) -> None:
    add_pages(app)
    sign_in(client, make_user(session))
    for path in ("/things", "/things", "/things?q=van", "/things?q=van", "/things?page="):
        assert client.get(path).status_code == 200
    assert (
        looks(session)
        == [("thing", "list", "")] + [("thing", "list", '{"search":{"q":"van"}}')] * 2
    )
    clock.shift(301)
    client.get("/things")
    assert len(looks(session)) == 4
