"""The invented personas: proposed by one, verified by another, ended, suspended, handed on."""

from collections.abc import Mapping
from datetime import timedelta

from sqlalchemy.orm import Session

from officer_profiles import service as personas
from officer_profiles.models import PersonaKind
from officer_profiles.service import PersonaWords
from vcp.kernel import clock
from vcp.kernel.media import StoredImage
from vcp.kernel.settings import Settings
from vcp.seed.cast import Cast
from vcp.seed.people import ON_THE_TEAM, Member
from vcp.seed.places import DISTRICTS, OFFICE_AT, district_of, places
from vcp.seed.voices import TEAM, VOICES, Voice, who_else

OFFICE, FORMER, NEWCOMER = "office", "former", "newcomer"
VERIFIED_FOR = timedelta(days=330)
BASIS = "Warrant card seen in person, staff record checked, and the photo compared with the person."
RANKS = {"PC": "Police constable", "PCSO": "Police community support officer"}


class Personas:
    """Makes the personas of one force."""

    def __init__(
        self,
        settings: Settings,
        cast: Cast,
        everybody: list[Member],
        collars: Mapping[str, int],
        portraits: Mapping[str, StoredImage],
    ) -> None:
        """Take what they are made of: who there is, their collar numbers and their portraits."""
        self.settings = settings
        self.cast = cast
        self.members = {member.key: member for member in everybody}
        self.collars = collars
        self.portraits = portraits
        self.officers = sum(key.startswith("officer:") for key in self.members)
        self.names = {place.key: place.name for place in places(self.officers)}

    def patch(self, key: str) -> str:
        """Return the key of the area that this persona speaks for."""
        return OFFICE_AT if key == OFFICE else self.members[key].grants[0][1]

    def propose(self, session: Session, key: str) -> None:
        """Have an officer propose a persona for themselves."""
        officer, patch = self.cast.user(session, key), self.patch(key)
        rank, _, name = self.members[key].name.partition(" ")
        collar = str(self.collars[key])
        number = int(key.partition(":")[2] or 0)
        portrait = self.portraits[key]
        words = self._words(
            VOICES[(number if rank == "PC" else 2) % len(VOICES)],
            patch,
            PersonaWords(
                display_name=f"{rank} {name}",
                signature=f"{rank} {collar}",
                rank=RANKS[rank],
                collar_number=collar,
                photo_digest=portrait.digest,
                photo_media_type=portrait.media_type,
                photo_alt=f"Drawing of {rank} {name} in uniform.",
            ),
        )
        persona = personas.propose(
            session, PersonaKind.OFFICER, self.cast.areas[patch], words, by=officer
        )
        self.cast.personas[key] = persona.id

    def propose_office(self, session: Session) -> None:
        """Have the district's sergeant propose the team's page, with its officers as members."""
        sergeant = self.cast.user(session, "sergeant:district:0")
        patch = OFFICE_AT
        members = [key for key in self.members if key in ON_THE_TEAM]
        words = self._words(
            TEAM,
            patch,
            PersonaWords(
                display_name=f"{self.names[patch]} Neighbourhood Team",
                signature=f"{self.names[patch]} team",
            ),
        )
        persona = personas.propose(
            session,
            PersonaKind.OFFICE,
            self.cast.areas[patch],
            words,
            by=sergeant,
            member_ids=tuple(self.cast.users[key] for key in members),
        )
        self.cast.personas[OFFICE] = persona.id

    def verify(self, session: Session, key: str) -> None:
        """Have a supervisor who has no part in it vouch for the persona."""
        by = "inspector" if key == OFFICE else self.sergeant(key)
        personas.verify(
            session,
            self.cast.personas[key],
            BASIS,
            clock.now() + VERIFIED_FOR,
            by=self.cast.user(session, by),
            numbers=(self.settings.emergency_number, self.settings.non_emergency_number),
        )

    def suspend(self, session: Session, key: str, by: str, reason: str) -> None:
        """Have a supervisor stop everything that the persona says."""
        person = self.cast.user(session, by)
        personas.suspend(session, self.cast.personas[key], reason, by=person)

    def restore(self, session: Session, key: str, by: str, reason: str) -> None:
        """Have a supervisor let the persona speak again."""
        person = self.cast.user(session, by)
        personas.restore(session, self.cast.personas[key], reason, by=person)

    def end(self, session: Session, key: str, successor: str, reason: str) -> None:
        """Have a supervisor end the persona, and name who comes after."""
        person = self.cast.user(session, self.sergeant(key))
        successor_id = self.cast.personas[successor]
        personas.end(session, self.cast.personas[key], reason, by=person, successor_id=successor_id)

    def sergeant(self, key: str) -> str:
        """Return the key of the supervisor nearest to this persona's patch."""
        patch = self.patch(key)
        own = f"sergeant:{patch}"
        return own if own in self.members else f"sergeant:{district_of(patch, self.officers)}"

    def _words(self, voice: Voice, patch: str, start: PersonaWords) -> PersonaWords:
        place = self.names[patch]
        district = DISTRICTS[int(district_of(patch, self.officers).partition(":")[2])][0]
        return PersonaWords(
            **{
                **vars(start),
                "topics": voice.topics,
                "who_i_am": voice.who_i_am.format(place=place),
                "can_do": voice.can_do.format(place=place),
                "cannot_do": voice.cannot_do.format(place=place),
                "hours": voice.hours,
                "who_else": who_else(self.settings, district),
            }
        )
