"""People, places and servers that the tests of channels stand on."""

from types import SimpleNamespace

import pytest
from sqlalchemy.orm import Session

from tests.channels.flow import Flow
from tests.factories.areas import make_area
from tests.factories.users import make_user
from tests.networks.conftest import mock_server, mock_url, net
from vcp.areas.models import AreaKind
from vcp.kernel.permissions import Role
from vcp.kernel.settings import Settings

__all__ = ["mock_server", "mock_url", "net"]


@pytest.fixture
def people(session: Session) -> SimpleNamespace:
    """A force with its administrators and supervisor, Harbour and Hilltop with one each."""
    force = make_area(session, kind=AreaKind.FORCE)
    harbour, hilltop = make_area(session, name="Harbour"), make_area(session, name="Hilltop")
    return SimpleNamespace(
        force=force,
        harbour=harbour,
        hilltop=hilltop,
        admin=make_user(session, name="Di Pike", role=Role.ADMINISTRATOR),
        other_admin=make_user(session, name="Lee Marsh", role=Role.ADMINISTRATOR),
        local_admin=make_user(session, role=Role.ADMINISTRATOR, area=harbour),
        officer=make_user(session, name="Sam Okoro", area=harbour),
        sergeant=make_user(session, name="Jo Vale", role=Role.SUPERVISOR, area=harbour),
        chief=make_user(session, name="Al Reed", role=Role.SUPERVISOR),
        stranger=make_user(session, name="Ed Moss", role=Role.SUPERVISOR, area=hilltop),
    )


@pytest.fixture
def flow(session: Session, settings: Settings, people: SimpleNamespace) -> Flow:
    return Flow(session, settings, people)
