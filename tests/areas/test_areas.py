"""The tree of areas: levels, dates, names, and who may change it."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.client import Client
from tests.factories.areas import SINCE, make_area
from tests.factories.users import make_user, sign_in
from vcp.areas import queries, service
from vcp.areas.events import AreaChanged
from vcp.areas.models import AreaKind
from vcp.kernel import clock, events
from vcp.kernel.audit import AuditEvent
from vcp.kernel.context import Machine
from vcp.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from vcp.kernel.permissions import Permission, Role

BY = Machine("test")
TODAY = date(2026, 11, 26)


@pytest.mark.parametrize("parent", list(AreaKind))
@pytest.mark.parametrize("kind", list(AreaKind))
def test_each_level_lies_right_inside_the_one_above(
    session: Session, kind: AreaKind, parent: AreaKind
) -> None:
    above = make_area(session, kind=parent)
    levels = list(AreaKind)
    if levels.index(kind) == levels.index(parent) + 1:
        area = service.add_area(session, kind, "New", above.id, SINCE, BY)
        assert area.path == f"{above.path}{area.id}/"
    else:
        with pytest.raises(Invalid):
            service.add_area(session, kind, "New", above.id, SINCE, BY)


def test_one_installation_serves_one_force(session: Session) -> None:
    make_area(session, kind="force")
    with pytest.raises(Conflict, match="One installation serves one"):
        service.add_area(session, AreaKind.FORCE, "Another", None, SINCE, BY)


def test_adding_writes_the_trail_and_raises_an_event(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[int] = []
    heard = [lambda _, event: told.append(event.area_id)]
    monkeypatch.setitem(events._listeners, AreaChanged, heard)
    area = make_area(session, kind="force")
    verbs = session.scalars(select(AuditEvent.verb)).all()
    assert verbs == ["add_area"]
    service.describe_area(session, area.id, "Between the rivers", BY)
    assert told == [area.id, area.id]


def test_short_names_are_unique_and_readable(session: Session) -> None:
    north = make_area(session, kind="district", name="North")
    south = make_area(session, kind="district", name="South")
    first = make_area(session, name="Old Town & Quays", parent=north)
    second = make_area(session, name="Old Town & Quays", parent=south)
    assert first.slug == "old-town-quays"
    assert second.slug == "south-old-town-quays"
    assert make_area(session, name="Tŷ Pawb", parent=north).slug == "ty-pawb"
    assert make_area(session, name="北", parent=north).slug == "area"
    assert make_area(session, name="東", parent=north).slug == "area-2"


def test_two_brothers_do_not_share_a_name(session: Session) -> None:
    make_area(session, kind="district", name="North")
    with pytest.raises(Invalid, match="already has an area called"):
        make_area(session, kind="district", name=" north ")


@pytest.mark.parametrize(
    "first, last, words",
    [
        (SINCE - timedelta(days=1), None, "can't begin earlier"),
        (TODAY, TODAY - timedelta(days=1), "comes before"),
    ],
)
def test_dates_lie_inside_the_parents(
    session: Session, first: date, last: date | None, words: str
) -> None:
    force = make_area(session, kind="force")
    with pytest.raises(Invalid, match=words):
        service.add_area(session, AreaKind.DISTRICT, "New", force.id, first, BY, valid_to=last)


def test_inside_an_area_with_a_last_day_nothing_goes_on_longer(session: Session) -> None:
    district = make_area(session, kind="district", valid_to=TODAY)
    with pytest.raises(Invalid, match="Give it a last day"):
        make_area(session, kind="neighbourhood", parent=district)
    inside = make_area(session, kind="neighbourhood", parent=district, valid_to=TODAY)
    assert inside.valid_to == TODAY


def test_the_last_day_still_counts(session: Session) -> None:
    area = make_area(session, kind="district")
    service.end_area(session, area.id, TODAY, BY)
    assert queries.is_in_force(area, TODAY)
    assert not queries.is_in_force(area, TODAY + timedelta(days=1))


def test_what_lies_inside_ends_first(session: Session) -> None:
    district = make_area(session, kind="district", name="North")
    inside = make_area(session, name="Quays", parent=district)
    with pytest.raises(Invalid, match="Quays"):
        service.end_area(session, district.id, TODAY, BY)
    service.end_area(session, inside.id, TODAY, BY)
    service.end_area(session, district.id, TODAY, BY)
    assert district.valid_to == TODAY
    with pytest.raises(Conflict, match="already ends"):
        service.end_area(session, district.id, TODAY, BY)


def test_the_force_does_not_end_and_nothing_ends_before_it_began(session: Session) -> None:
    force, district = make_area(session, kind="force"), make_area(session, kind="district")
    with pytest.raises(Conflict):
        service.end_area(session, force.id, TODAY, BY)
    with pytest.raises(Invalid, match="or a later one"):
        service.end_area(session, district.id, SINCE - timedelta(days=1), BY)


def test_above_below_and_inside(session: Session) -> None:
    north = make_area(session, kind="district", name="North")
    south = make_area(session, kind="district", name="South")
    quays = make_area(session, name="Quays", parent=north)
    pier = make_area(session, kind="beat", name="Pier", parent=quays)
    force = queries.force(session)
    assert force is not None
    assert queries.ancestors(session, pier) == [force, north, quays]
    assert queries.below(session, north.path) == [north, quays, pier]
    assert queries.children(session, force) == [north, south]
    assert queries.tree(session) == [force, north, quays, pier, south]
    assert queries.by_path(session, pier.path) is pier
    with pytest.raises(NotFound):
        queries.by_path(session, "/999/")


def test_choices_are_the_areas_in_force_where_one_may(session: Session) -> None:
    north = make_area(session, kind="district", name="North")
    make_area(session, kind="district", name="South")
    quays = make_area(session, name="Quays", parent=north)
    old = make_area(session, name="Old", parent=north, valid_to=SINCE)
    coming = make_area(session, name="Coming", parent=north, valid_from=date(2100, 1, 1))
    officer = make_user(session, role=Role.OFFICER, area=north)
    found = dict(queries.choices(session, officer, Permission.WRITE_POSTS))
    assert list(found) == [north.id, quays.id]
    assert found[quays.id].strip() == "Quays (neighbourhood)"
    assert not {old.id, coming.id} & set(found)
    assert queries.choices(session, officer, Permission.MANAGE_AREAS) == []


@pytest.mark.parametrize("role", list(Role))
def test_areas_are_changed_by_administrators_of_the_parent(session: Session, role: Role) -> None:
    north = make_area(session, kind="district", name="North")
    south = make_area(session, kind="district", name="South")
    person = make_user(session, role=role, area=north)
    for parent, may in ((north, role == Role.ADMINISTRATOR), (south, False)):
        if may:
            service.add_area(session, AreaKind.NEIGHBOURHOOD, "New", parent.id, SINCE, person)
        else:
            with pytest.raises(NotAllowed):
                service.add_area(session, AreaKind.NEIGHBOURHOOD, "N", parent.id, SINCE, person)
            with pytest.raises(NotAllowed):
                service.end_area(session, parent.id, TODAY, person)


class TestPages:
    def test_adding_an_area_one_level_below(self, client: Client, session: Session) -> None:
        north = make_area(session, kind="district", name="North")
        sign_in(client, make_user(session, role=Role.ADMINISTRATOR))
        assert client.get(f"/areas/add?inside={north.id}").status_code == 200
        today = clock.now().date().isoformat()
        typed = {"parent_id": str(north.id), "name": "Quays", "valid_from": today}
        response = client.post("/areas/add", data=typed)
        assert response.status_code == 302
        assert client.get(response.headers["Location"]).status_code == 200
        assert queries.by_slug(session, "quays").kind == AreaKind.NEIGHBOURHOOD
        again = client.post("/areas/add", data=typed)
        assert again.status_code == 422
        assert "already has an area called" in again.get_data(as_text=True)
        wrong = client.post("/areas/add", data={**typed, "valid_from": "tomorrow"})
        page = wrong.get_data(as_text=True)
        assert "Write the day as 2026-04-01" in page
        assert 'value="tomorrow"' in page, "what was typed is kept"

    def test_ending_an_area(self, client: Client, session: Session) -> None:
        area = make_area(session, kind="district")
        sign_in(client, make_user(session, role=Role.ADMINISTRATOR))
        assert client.get(f"/areas/{area.id}/end").status_code == 200
        early = client.post(f"/areas/{area.id}/end", data={"last_day": "2019-01-01"})
        assert early.status_code == 422
        done = client.post(f"/areas/{area.id}/end", data={"last_day": "2026-12-31"})
        assert done.status_code == 302
        assert area.valid_to == date(2026, 12, 31)
        assert client.post(f"/areas/{area.id}/end", data={"last_day": "x"}).status_code == 422

    def test_everybody_sees_the_tree_and_only_administrators_the_buttons(
        self, client: Client, session: Session
    ) -> None:
        area = make_area(session, name="Quays")
        sign_in(client, make_user(session))
        assert "Quays" in client.get("/areas").get_data(as_text=True)
        page = client.get(f"/areas/{area.id}").get_data(as_text=True)
        assert "Change the description" not in page
        assert client.get("/areas/add").status_code == 403
        assert client.get("/areas/999").status_code == 404

    def test_a_description_stays_what_it_was_typed_as(
        self, client: Client, session: Session
    ) -> None:
        area = make_area(session, kind="district")
        sign_in(client, make_user(session, role=Role.ADMINISTRATOR))
        typed = {"description": "<script>alert(1)</script> from the river"}
        assert client.post(f"/areas/{area.id}", data=typed).status_code == 302
        page = client.get(f"/areas/{area.id}").get_data(as_text=True)
        assert "<script>alert(1)" not in page
        assert area.description == typed["description"]
        long = client.post(f"/areas/{area.id}", data={"description": "x" * 2001})
        assert long.status_code == 422
