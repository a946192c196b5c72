"""Who may do what, where; and that nobody gives it to themselves."""

import pytest
from sqlalchemy.orm import Session

from tests.factories.areas import make_area
from tests.factories.users import give_role, make_user
from vcp.kernel.errors import Conflict, Invalid, NotAllowed
from vcp.kernel.permissions import Permission, Role, may
from vcp.users import queries, service


def test_a_role_holds_for_its_area_and_everything_below(session: Session) -> None:
    north = make_area(session, kind="district", name="North")
    south = make_area(session, kind="district", name="South")
    beat = make_area(session, kind="neighbourhood", name="Quays", parent=north)
    supervisor = make_user(session, role=Role.SUPERVISOR, area=north)
    assert may(supervisor, Permission.APPROVE_POSTS, beat.path)
    assert not may(supervisor, Permission.APPROVE_POSTS, south.path)
    assert queries.with_permission(session, Permission.APPROVE_POSTS, beat.path) == [supervisor]
    assert queries.with_permission(session, Permission.APPROVE_POSTS, south.path) == []
