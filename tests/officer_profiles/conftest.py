"""People and places that the tests of personas stand on."""

from types import SimpleNamespace

import pytest
from sqlalchemy.orm import Session

from officer_profiles.service import PersonaWords
from tests.factories.areas import make_area
from tests.factories.users import make_user
from vcp.channels.service import own_feed
from vcp.kernel.permissions import Role

NUMBERS = ("999", "101")


def words(**changes: str | None) -> PersonaWords:
    """What a good officer's persona says."""
    said: dict[str, str | None] = {
        "display_name": "PC Sam Okoro",
        "signature": "PC 4417",
        "rank": "Police constable",
        "collar_number": "4417",
        "who_i_am": "I am Sam, your neighbourhood officer.",
        "can_do": "Ask me about your street.",
        "cannot_do": "I can't take reports of crime here.",
        "hours": "Weekdays, 8 to 4.",
        "who_else": "In an emergency ring 999, otherwise 101.",
    }
    return PersonaWords(**(said | changes))  # type: ignore[arg-type]  # names are checked by it


@pytest.fixture
def people(session: Session) -> SimpleNamespace:
    """Harbour with its officer and two supervisors, Hilltop with one, and an administrator."""
    harbour, hilltop = make_area(session, name="Harbour"), make_area(session, name="Hilltop")
    own_feed(session)
    return SimpleNamespace(
        harbour=harbour,
        hilltop=hilltop,
        sam=make_user(session, name="Sam Okoro", area=harbour),
        kim=make_user(session, name="Kim Archer", area=harbour),
        sergeant=make_user(session, name="Jo Vale", role=Role.SUPERVISOR, area=harbour),
        inspector=make_user(session, name="Al Reed", role=Role.SUPERVISOR, area=harbour),
        stranger=make_user(session, name="Ed Moss", role=Role.SUPERVISOR, area=hilltop),
        admin=make_user(session, name="Di Pike", role=Role.ADMINISTRATOR),
    )
