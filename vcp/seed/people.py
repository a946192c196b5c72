"""The invented staff: who they are, what they may do, and how one signs in as them."""

import base64
import hashlib
import random
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from vcp.kernel.context import Machine
from vcp.kernel.permissions import Person, Role
from vcp.kernel.settings import Settings
from vcp.seed.cast import SETUP, Cast
from vcp.seed.places import DISTRICTS, FORCE, OFFICE_AT, neighbourhood_keys
from vcp.users import service as users
from vcp.users.demo import DemoPerson, keep
from vcp.users.service import WantedGrant

DOMAIN = "carrowdale.police.example"
ADMINISTRATOR = "administrator"
#: Every third officer is a community support officer.
RANKS = ("PC", "PC", "PCSO")
#: They share one page, so that somebody is there while another is on leave.
ON_THE_TEAM = ("officer:0", "officer:2", "officer:4")
SECRET_BYTES = 20
EASY_WORDS = (
    "anchor biscuit copper dragonfly ember feather gravel hazelnut indigo juniper kettle "
    "lantern marble nutmeg orchard pebble quiver ribbon saffron thimble umbrella velvet "
    "walnut yarrow"
)
FIRST_NAMES = (
    "Aisha Beth Callum Dana Efua Fergus Grace Huw Imran Jodie Kit Lena Marcus Nadia Orla "
    "Priya Quentin Ravi Sam Tomasz Una Viktor Wren Yusuf Zofia Amara Bram Carys Dev Elin "
    "Farah Gethin Hana Isaac Jamal Katya Lowri Mateus Nell Osian Petra Rhys Saoirse Tariq "
    "Usha Vera Wanda Ximena"
)
SURNAMES = (
    "Abernook Bellwood Castellow Dunmarrow Eversedge Fairlamb Garsdale Hartwell Ingleby "
    "Jessop Kettering Lindqvist Marlowe Nightingale Okoro Penhallow Quayle Rahman Silverthorn "
    "Tolland Underhill Vale Whitlock Yarrow Zielinski Adeyemi Brackley Chandrasekhar Dovecote "
    "Ellershaw Foxcroft Greenhalgh Holloway Iqbal Juniper Kowalczyk Larkspur Mbeki Novak Osei "
    "Pomfret Ravensworth Sandiford Thackeray Umarov Venter Winterbourne Yeo Ashgrove "
    "Birtwhistle"
)

#: Who decides about which categories: a P1 needs two different people, so most have two.
DECISION_MAKERS: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "duty_inspector": (
        "Insp",
        "Decision maker",
        ("live_location", "personal_data", "uncivil_tone", "unverified_claim"),
    ),
    "gold": (
        "Supt",
        "Decision maker",
        ("operational_disclosure", "live_location", "covert_or_surveillance"),
    ),
    "investigator": (
        "DCI",
        "Decision maker",
        (
            "operational_disclosure",
            "identifies_suspect",
            "identifies_victim_witness",
            "identifies_child",
        ),
    ),
    "communications": (
        "",
        "Decision maker",
        (
            "identifies_suspect",
            "identifies_victim_witness",
            "sub_judice",
            "unverified_claim",
            "political_content",
        ),
    ),
    "safeguarding": ("DI", "Decision maker", ("identifies_child",)),
    "legal": ("", "Decision maker", ("sub_judice", "personal_data")),
    "standards": ("", "Decision maker", ("professional_boundary", "uncivil_tone")),
}
#: Whom the terminal and the sign-in page offer, with what they are good for.
OFFERED = (
    ("officer:0", "Officer: writes posts, on a phone"),
    ("sergeant:district:0", "Supervisor: approves posts, verifies officers"),
    ("duty_inspector", "Decision maker: releases what the screen holds"),
    ("moderator", "Moderator: the desk, day and night"),
    ("auditor", "Auditor: reads the trail"),
    (ADMINISTRATOR, "Administrator: staff, areas, channels; approves nothing"),
)


@dataclass(frozen=True)
class Member:
    """One invented member of staff; a grant is a role, an area's key and a category."""

    key: str
    name: str
    email: str
    grants: tuple[tuple[Role, str, str | None], ...]


def staff(chance: random.Random, officers: int) -> list[Member]:
    """Return everybody, the administrator first."""
    names = [f"{first} {last}" for first in FIRST_NAMES.split() for last in SURNAMES.split()]
    drawn = iter(chance.sample(names, len(names)))
    wanted = _leading() + _writing(officers)
    return [_member(key, rank, next(drawn), grants) for key, rank, grants in wanted]


Wanted = tuple[str, str, tuple[tuple[Role, str, str | None], ...]]


def _leading() -> list[Wanted]:
    """Everybody who doesn't write: administrator, supervisors, decision makers, and so on."""
    found: list[Wanted] = [
        (ADMINISTRATOR, "", ((Role.ADMINISTRATOR, FORCE, None),)),
        ("inspector", "Insp", ((Role.SUPERVISOR, FORCE, None),)),
        *(
            (
                f"sergeant:district:{number}",
                "Sgt",
                ((Role.SUPERVISOR, f"district:{number}", None),),
            )
            for number in range(len(DISTRICTS))
        ),
        ("sergeant:neighbourhood:1", "Sgt", ((Role.SUPERVISOR, "neighbourhood:1", None),)),
        ("moderator", "", ((Role.MODERATOR, FORCE, None),)),
        ("auditor", "", ((Role.AUDITOR, FORCE, None),)),
    ]
    for key, (rank, _, categories) in DECISION_MAKERS.items():
        grants = tuple((Role.DECISION_MAKER, FORCE, category) for category in categories)
        found.append((key, rank, grants))
    return found


def _writing(officers: int) -> list[Wanted]:
    patches = neighbourhood_keys(officers)
    found: list[Wanted] = [
        (
            f"officer:{number}",
            RANKS[number % len(RANKS)],
            _writes_for(f"officer:{number}", patches[number % len(patches)]),
        )
        for number in range(officers)
    ]
    found.append(("former", "PC", ((Role.OFFICER, patches[0], None),)))
    found.append(("newcomer", "PC", ((Role.OFFICER, patches[1], None),)))
    return found


def _writes_for(key: str, patch: str) -> tuple[tuple[Role, str, str | None], ...]:
    """Return an officer's own patch first, then the team's, for those who share its page."""
    own = (Role.OFFICER, patch, None)
    shared = (Role.OFFICER, OFFICE_AT, None)
    return (own, shared) if key in ON_THE_TEAM and patch != OFFICE_AT else (own,)


def _member(
    key: str, rank: str, name: str, grants: tuple[tuple[Role, str, str | None], ...]
) -> Member:
    email = f"{name.lower().replace(' ', '.')}@{DOMAIN}"
    return Member(key, f"{rank} {name}".strip(), email, grants)


def password(seed: int) -> str:
    """Return the password that everybody in this demo has."""
    chance = random.Random(f"password {seed}")
    return " ".join(chance.sample(EASY_WORDS.split(), 3))


def secret(seed: int, email: str) -> str:
    """Return the demo's own secret for this person's authenticator app."""
    raw = hashlib.sha256(f"invented force {seed}: {email}".encode()).digest()
    return base64.b32encode(raw[:SECRET_BYTES]).decode()


def add_administrator(
    session: Session, settings: Settings, cast: Cast, everybody: list[Member], seed: int
) -> None:
    """Add the first administrator, whom nobody can invite."""
    _add(session, settings, cast, everybody[0], seed, by=SETUP)


def add_staff(
    session: Session, settings: Settings, cast: Cast, everybody: list[Member], seed: int
) -> None:
    """Add all the others, as the administrator would."""
    administrator = cast.user(session, ADMINISTRATOR)
    for member in everybody[1:]:
        _add(session, settings, cast, member, seed, by=administrator)


def _add(
    session: Session,
    settings: Settings,
    cast: Cast,
    member: Member,
    seed: int,
    *,
    by: Person | Machine,
) -> None:
    user, _ = users.add_directly(
        session,
        settings,
        member.email,
        member.name,
        [WantedGrant(role, cast.areas[area], category) for role, area, category in member.grants],
        password(seed),
        secret(seed, member.email),
        by=by,
    )
    cast.users[member.key] = user.id


def keep_sign_ins(settings: Settings, everybody: Iterable[Member], seed: int) -> None:
    """Keep how one signs in as the people who are offered, for the terminal and the page."""
    by_key = {member.key: member for member in everybody}
    keep(
        settings,
        [
            DemoPerson(
                email=by_key[key].email,
                name=by_key[key].name,
                what=what,
                password=password(seed),
                secret=secret(seed, by_key[key].email),
            )
            for key, what in OFFERED
        ],
    )
