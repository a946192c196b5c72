"""Who may do what, where; and that nobody gives it to themselves."""

from collections.abc import Callable

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.client import Client
from tests.factories.areas import make_area
from tests.factories.users import give_role, make_user, sign_in
from vcp.areas import service as area_service
from vcp.kernel import clock, events
from vcp.kernel.audit import AuditEvent
from vcp.kernel.context import Machine
from vcp.kernel.errors import Conflict, Invalid, NotAllowed
from vcp.kernel.permissions import Permission, Role, allowed_paths, may
from vcp.kernel.settings import Mode, Settings
from vcp.users import queries, service
from vcp.users.events import PersonOut
from vcp.users.models import Grant, LinkPurpose, User
from vcp.users.states import USER, UserState

BY = Machine("test")


def verbs(session: Session) -> list[str]:
    return list(session.scalars(select(AuditEvent.verb).order_by(AuditEvent.at)))


def test_a_role_holds_for_its_area_and_everything_below(session: Session) -> None:
    north = make_area(session, kind="district", name="North")
    south = make_area(session, kind="district", name="South")
    quays = make_area(session, kind="neighbourhood", name="Quays", parent=north)
    supervisor = make_user(session, role=Role.SUPERVISOR, area=north)
    assert may(supervisor, Permission.APPROVE_POSTS, quays.path)
    assert not may(supervisor, Permission.APPROVE_POSTS, south.path)
    assert queries.with_permission(session, Permission.APPROVE_POSTS, quays.path) == [supervisor]
    assert queries.with_permission(session, Permission.APPROVE_POSTS, south.path) == []


def test_area_one_does_not_cover_area_eleven(session: Session) -> None:
    """Paths are compared whole: `/1/1` begins like `/1/11/` as text."""
    districts = [make_area(session, kind="district", name=f"D{n}") for n in range(12)]
    first = next(area for area in districts if area.path.count("/") == 3)
    officer = make_user(session, area=first)
    seen = [area for area in districts if may(officer, Permission.WRITE_POSTS, area.path)]
    assert seen == [first]


def test_a_decision_maker_decides_about_their_categories_only(session: Session) -> None:
    child = make_user(session, role=Role.DECISION_MAKER, category="identifies_child")
    every = make_user(session, role=Role.DECISION_MAKER)
    path = make_area(session, kind="beat").path
    found = queries.with_permission(session, Permission.RELEASE_HOLDS, path, "identifies_child")
    assert set(found) == {child, every}
    assert queries.with_permission(session, Permission.RELEASE_HOLDS, path, "sub_judice") == [every]
    assert set(queries.with_permission(session, Permission.RELEASE_HOLDS, path)) == {child, every}


def test_only_a_decision_maker_has_a_category(session: Session) -> None:
    user = make_user(session)
    with pytest.raises(Invalid, match="Only a decision maker"):
        give_role(session, user, Role.SUPERVISOR, category="identifies_child")


def test_an_administrator_may_approve_release_and_verify_nothing(session: Session) -> None:
    administrator = make_user(session, role=Role.ADMINISTRATOR)
    for permission in (
        Permission.APPROVE_POSTS,
        Permission.RELEASE_HOLDS,
        Permission.VERIFY_PERSONAS,
        Permission.CONFIRM_CHANNELS,
        Permission.WRITE_POSTS,
        Permission.SEE_TRAIL,
    ):
        assert not allowed_paths(administrator, permission)


def test_nobody_changes_their_own_roles_or_account(session: Session, settings: Settings) -> None:
    me, _ = make_user(session, role=Role.ADMINISTRATOR), make_user(session, role="administrator")
    force = make_area(session, kind="force")
    tries: dict[str, Callable[[], object]] = {
        "grant_role": lambda: service.grant_role(session, me.id, Role.SUPERVISOR, force.id, me),
        "revoke_role": lambda: service.revoke_role(session, me.granted[0].id, me),
        "suspend": lambda: service.suspend(session, me.id, "tired", me),
        "depart": lambda: service.depart(session, me.id, "tired", me),
        "send_link": lambda: service.send_link(session, settings, me.id, LinkPurpose.JOIN, me),
    }
    for verb, attempt in tries.items():
        with pytest.raises(NotAllowed, match="Nobody changes their own") as refused:
            attempt()
        assert refused.value.attempted.startswith(verb)
        assert refused.value.subject_id == str(me.id)


def test_roles_are_given_by_administrators_of_that_area_only(session: Session) -> None:
    north = make_area(session, kind="district", name="North")
    south = make_area(session, kind="district", name="South")
    user = make_user(session, area=north)
    for other in (
        make_user(session, role=Role.ADMINISTRATOR, area=north),
        make_user(session, role=Role.SUPERVISOR),
        make_user(session, role=None),
    ):
        with pytest.raises(NotAllowed):
            service.grant_role(session, user.id, Role.SUPERVISOR, south.id, other)


def test_somebody_with_a_role_elsewhere_is_managed_from_above(session: Session) -> None:
    """Else a district's administrator could reset the password of the whole force's."""
    north = make_area(session, kind="district", name="North")
    boss = make_user(session, role=Role.ADMINISTRATOR)
    make_user(session, role=Role.ADMINISTRATOR)
    give_role(session, boss, Role.OFFICER, north)
    local = make_user(session, role=Role.ADMINISTRATOR, area=north)
    with pytest.raises(NotAllowed):
        service.suspend(session, boss.id, "a coup", local)
    assert service.may_manage(session, local, boss)
    assert not service.may_manage(session, boss, local)


def test_the_same_role_is_not_given_twice(session: Session) -> None:
    user = make_user(session)
    with pytest.raises(Conflict, match="has this role"):
        give_role(session, user, Role.OFFICER)


def test_no_role_is_given_for_an_area_that_has_ended(session: Session) -> None:
    beat = make_area(session, kind="neighbourhood")
    area_service.end_area(session, beat.id, beat.valid_from, BY)
    user = make_user(session)
    with pytest.raises(Invalid, match="not in force"):
        give_role(session, user, Role.OFFICER, beat)


def test_a_role_taken_away_stays_in_the_past(session: Session) -> None:
    user = make_user(session)
    grant = user.granted[0]
    service.revoke_role(session, grant.id, BY)
    assert user.grants == []
    assert session.get(Grant, grant.id) is not None
    assert verbs(session)[-1] == "revoke_role"
    with pytest.raises(Conflict, match="taken away already"):
        service.revoke_role(session, grant.id, BY)


@pytest.mark.parametrize("verb", ["suspend", "depart", "revoke_role"])
def test_the_last_administrator_stays(session: Session, verb: str) -> None:
    last = make_user(session, role=Role.ADMINISTRATOR)
    given = {"revoke_role": (last.granted[0].id, BY)}.get(verb, (last.id, "a reason", BY))
    with pytest.raises(Conflict, match="only administrator"):
        getattr(service, verb)(session, *given)
    make_user(session, role=Role.ADMINISTRATOR, state=UserState.SUSPENDED)
    with pytest.raises(Conflict, match="only administrator"):
        service.suspend(session, last.id, "a reason", BY)
    make_user(session, role=Role.ADMINISTRATOR)
    assert service.suspend(session, last.id, "a reason", BY).state == UserState.SUSPENDED


@pytest.mark.parametrize("verb", ["suspend", "depart"])
def test_whoever_is_out_raises_an_event_and_loses_links(
    session: Session, settings: Settings, verb: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[int] = []
    heard = [lambda _, event: told.append(event.user_id)]
    monkeypatch.setitem(events._listeners, PersonOut, heard)
    user = make_user(session, settings=settings)
    service.send_link(session, settings, user.id, LinkPurpose.RESET_PASSWORD, BY)
    getattr(service, verb)(session, user.id, "a reason", BY)
    assert told == [user.id]
    assert queries.open_links(session, user.id) == []
    assert user.grants in ((), [])
    assert verbs(session).count(verb) == 1


def test_suspending_needs_a_reason(session: Session) -> None:
    user = make_user(session)
    with pytest.raises(Invalid, match="Say why"):
        service.suspend(session, user.id, "  ", BY)
    assert user.state == UserState.ACTIVE


@pytest.mark.parametrize("state", list(UserState))
@pytest.mark.parametrize("verb", list(USER.moves))
def test_every_move_of_an_account_from_every_state(
    session: Session, state: UserState, verb: str
) -> None:
    user = make_user(session, role=None, state=state)
    sources, target = USER.moves[verb]
    if state in sources:
        USER.apply(session, user, verb, by=BY)
        assert user.state == target
    else:
        with pytest.raises(Conflict):
            USER.apply(session, user, verb, by=BY)
        assert user.state == state


def test_a_supervisor_sees_the_staff_of_their_areas(session: Session) -> None:
    north = make_area(session, kind="district", name="North")
    quays = make_area(session, kind="neighbourhood", name="Quays", parent=north)
    inside, outside = make_user(session, area=quays), make_user(session)
    none = make_user(session, role=None)
    supervisor = make_user(session, role=Role.SUPERVISOR, area=north)
    seen = set(session.scalars(queries.visible_staff(supervisor)))
    assert inside in seen
    assert not {outside, none} & seen
    administrator = make_user(session, role=Role.ADMINISTRATOR)
    assert {inside, outside, none} <= set(session.scalars(queries.visible_staff(administrator)))


def test_nobody_signs_in_directly_in_production(session: Session, settings: Settings) -> None:
    strict = settings.model_copy(update={"mode": Mode.PRODUCTION})
    with pytest.raises(NotAllowed, match="by the link"):
        service.add_directly(session, strict, "a@b.example", "A", [], "x", "y", by=BY)


@pytest.mark.parametrize(
    "email", ["", "no", "a@", "@b", "a b@c.example", "a@b\nBcc: c@d.example", "<a@b.example>"]
)
def test_what_is_no_address_is_refused(email: str) -> None:
    with pytest.raises(Invalid, match="not an e-mail address"):
        service.clean_email(email)


def test_addresses_of_a_forces_own_network_are_taken() -> None:
    assert service.clean_email(" Ann@Force.LOCAL ") == "ann@force.local"


class TestPages:
    def test_a_role_is_given_and_taken_away(self, client: Client, session: Session) -> None:
        user, force = make_user(session), make_area(session, kind="force")
        sign_in(client, make_user(session, role=Role.ADMINISTRATOR))
        page = client.get(f"/staff/{user.id}").get_data(as_text=True)
        assert "Give this role" in page
        typed = {"first-role": "supervisor", "first-area": str(force.id), "first-category": ""}
        assert client.post(f"/staff/{user.id}/roles", data=typed).status_code == 302
        assert {grant.role for grant in user.grants} == {Role.OFFICER, Role.SUPERVISOR}
        grant = next(grant for grant in user.grants if grant.role == Role.SUPERVISOR)
        taken = client.post(f"/staff/{user.id}/roles/{grant.id}/revoke")
        assert taken.status_code == 302
        assert {grant.role for grant in user.grants} == {Role.OFFICER}

    def test_half_a_role_is_refused_and_kept(self, client: Client, session: Session) -> None:
        user = make_user(session)
        sign_in(client, make_user(session, role=Role.ADMINISTRATOR))
        response = client.post(f"/staff/{user.id}/roles", data={"first-role": "supervisor"})
        page = response.get_data(as_text=True)
        assert response.status_code == 422
        assert "Choose the area" in page
        assert '<option value="supervisor" selected>' in page

    def test_replaying_somebody_elses_form_gives_oneself_nothing(
        self, client: Client, session: Session
    ) -> None:
        administrator = make_user(session, role=Role.ADMINISTRATOR)
        sign_in(client, administrator)
        typed = {
            "first-role": "supervisor",
            "first-area": str(administrator.granted[0].area_id),
        }
        response = client.post(f"/staff/{administrator.id}/roles", data=typed)
        assert response.status_code == 403
        event = session.scalars(select(AuditEvent).where(AuditEvent.verb == "refused")).one()
        assert event.actor_id == administrator.actor_id
        assert event.subject_id == str(administrator.id)

    def test_inviting_somebody_with_two_roles(self, client: Client, session: Session) -> None:
        sign_in(client, make_user(session, role=Role.ADMINISTRATOR))
        force = make_area(session, kind="force")
        typed = {
            "email": "New@Force.Example",
            "display_name": "PC  New",
            "first-role": "officer",
            "first-area": str(force.id),
            "second-role": "decision_maker",
            "second-area": str(force.id),
            "second-category": "identifies_child",
        }
        assert client.post("/staff/invite", data=typed).status_code == 302
        user = queries.by_email(session, "new@force.example")
        assert user is not None
        assert (user.display_name, user.state) == ("PC New", UserState.INVITED)
        assert [(g.role, g.category) for g in user.granted] == [
            (Role.OFFICER, None),
            (Role.DECISION_MAKER, "identifies_child"),
        ]
        again = client.post("/staff/invite", data=typed)
        assert again.status_code == 422
        assert "There is an account for" in again.get_data(as_text=True)

    def test_an_area_outside_ones_own_can_not_be_chosen(
        self, client: Client, session: Session
    ) -> None:
        north = make_area(session, kind="district", name="North")
        south = make_area(session, kind="district", name="South")
        sign_in(client, make_user(session, role=Role.ADMINISTRATOR, area=north))
        typed = {
            "email": "new@force.example",
            "display_name": "New",
            "first-role": "officer",
            "first-area": str(south.id),
        }
        assert client.post("/staff/invite", data=typed).status_code == 422
        assert queries.by_email(session, "new@force.example") is None

    @pytest.mark.parametrize("step", ["suspend", "depart"])
    def test_suspending_and_leaving_by_page(
        self, client: Client, session: Session, step: str
    ) -> None:
        user = make_user(session)
        sign_in(client, make_user(session, role=Role.ADMINISTRATOR))
        assert client.get(f"/staff/{user.id}/{step}").status_code == 200
        assert client.post(f"/staff/{user.id}/{step}", data={"reason": ""}).status_code == 422
        done = client.post(f"/staff/{user.id}/{step}", data={"reason": "moved away"})
        assert done.status_code == 302
        assert user.state in (UserState.SUSPENDED, UserState.DEPARTED)
        again = client.post(f"/staff/{user.id}/{step}", data={"reason": "moved away"})
        assert again.status_code == 409
        assert "moved away" in again.get_data(as_text=True)

    def test_searching_finds_by_name_and_address(self, client: Client, session: Session) -> None:
        make_user(session, name="Sgt Imran Vale", email="iv@force.example")
        make_user(session, name="PC Rowan 100%", email="ra@force.example")
        sign_in(client, make_user(session, role=Role.ADMINISTRATOR))
        assert "Imran Vale" in client.get("/staff?q=imran").get_data(as_text=True)
        assert "Imran Vale" in client.get("/staff?q=IV%40force").get_data(as_text=True)
        percent = client.get("/staff?q=%25").get_data(as_text=True)
        assert "Rowan" in percent
        assert "Imran" not in percent
        assert "Nobody in your areas" in client.get("/staff?q=zzz").get_data(as_text=True)

    def test_a_person_out_of_sight_is_not_found(self, client: Client, session: Session) -> None:
        north = make_area(session, kind="district", name="North")
        outside = make_user(session)
        sign_in(client, make_user(session, role=Role.SUPERVISOR, area=north))
        assert client.get(f"/staff/{outside.id}").status_code == 404
        assert client.get("/staff/999999").status_code == 404

    def test_a_person_without_any_role_can_still_sign_out(
        self, client: Client, session: Session
    ) -> None:
        sign_in(client, make_user(session, role=None))
        assert client.get("/account").status_code == 403
        assert client.post("/sign-out").status_code == 302


def test_the_factories_people_are_what_they_say(session: Session) -> None:
    for state in UserState:
        user: User = make_user(session, state=state)
        assert user.state == state
        assert user.state_changed_at <= clock.now()
