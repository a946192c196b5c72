"""Five thousand cases cost the queue no more queries than five, and no page many."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from moderation import desks
from tests.client import Client
from tests.factories.bulk_cases import make_cases
from tests.factories.contacts import make_message
from tests.factories.moderation import make_contact_case
from tests.factories.posts import make_team
from tests.factories.users import make_user, sign_in
from vcp.kernel.db import db
from vcp.kernel.permissions import Role

MOST = 15


@contextmanager
def counted() -> Iterator[list[str]]:
    asked: list[str] = []

    def note(_c: Any, _k: Any, statement: str, *_: Any) -> None:
        if statement.lstrip().upper().startswith(("SELECT", "WITH")):
            asked.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


@pytest.mark.parametrize("query", ["", "?page=7", "?overdue=1", "?mine=1", "?closed=1"])
def test_queue_of_many_takes_few_queries(client: Client, session: Session, query: str) -> None:
    team = make_team(session)
    make_cases(session, team, 200)
    sign_in(client, make_user(session, role=Role.MODERATOR, area=team.area))
    with counted() as asked:
        assert client.get(f"/staff/cases{query}").status_code == 200
    assert len(asked) <= MOST, "\n\n".join(asked)


def test_page_of_a_case_takes_no_more_queries_for_a_long_talk(
    client: Client, session: Session
) -> None:
    team = make_team(session)
    desks.ensure_defaults(session)
    case = make_contact_case(session, team)
    sign_in(client, make_user(session, role=Role.MODERATOR, area=team.area))
    with counted() as short:
        client.get(f"/staff/cases/{case.id}")
    for _ in range(20):
        make_message(session, team, contact=case.contact)
    with counted() as long:
        client.get(f"/staff/cases/{case.id}")
    assert len(long) <= len(short)
    assert len(long) <= MOST, "\n\n".join(long)
