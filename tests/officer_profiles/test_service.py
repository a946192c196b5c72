"""Who may propose, edit, verify, suspend, restore and end a persona."""

from datetime import datetime, timedelta
from itertools import product
from types import SimpleNamespace

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from officer_profiles import queries, service
from officer_profiles.models import CapabilityKind, Persona, PersonaKind
from officer_profiles.states import PERSONA, PersonaState
from tests.factories.channels import make_own_feed
from tests.factories.personas import make_persona
from tests.officer_profiles.conftest import NUMBERS, words
from vcp.kernel import clock as time
from vcp.kernel.audit import AuditEvent
from vcp.kernel.errors import Conflict, Invalid, NotAllowed
from vcp.users.states import USER

BASIS = "Warrant card seen in person."


def proposed(session: Session, people: SimpleNamespace, **changes: str | None) -> Persona:
    return service.propose(
        session, PersonaKind.OFFICER, people.harbour.id, words(**changes), by=people.sam
    )


def verified(session: Session, people: SimpleNamespace) -> Persona:
    persona = proposed(session, people)
    return service.verify(
        session, persona.id, BASIS, in_days(100), by=people.sergeant, numbers=NUMBERS
    )


def in_days(days: float) -> datetime:
    return time.now() + timedelta(days=days)


def verbs(session: Session, persona: Persona) -> list[str]:
    rows = session.scalars(
        select(AuditEvent.verb)
        .where(AuditEvent.subject_kind == "persona", AuditEvent.subject_id == str(persona.id))
        .order_by(AuditEvent.at)
    )
    return list(rows)


class TestProposing:
    def test_an_officer_proposes_their_own_persona(
        self, session: Session, people: SimpleNamespace
    ) -> None:
        persona = proposed(session, people)
        assert persona.state is PersonaState.DRAFT
        assert persona.slug == "pc-sam-okoro"
        assert queries.member_ids(persona) == {people.sam.id}
        assert verbs(session, persona) == ["create"]

    def test_an_officer_cannot_propose_somebody_else(
        self, session: Session, people: SimpleNamespace
    ) -> None:
        with pytest.raises(NotAllowed):
            service.propose(
                session,
                PersonaKind.OFFICER,
                people.harbour.id,
                words(),
                by=people.kim,
                member_ids=(people.sam.id,),
            )

    def test_a_supervisor_proposes_for_an_officer_of_the_area(
        self, session: Session, people: SimpleNamespace
    ) -> None:
        persona = service.propose(
            session,
            PersonaKind.OFFICER,
            people.harbour.id,
            words(),
            by=people.sergeant,
            member_ids=(people.sam.id,),
        )
        assert queries.member_ids(persona) == {people.sam.id}

    def test_nobody_is_proposed_for_an_area_they_do_not_write_for(
        self, session: Session, people: SimpleNamespace
    ) -> None:
        with pytest.raises(NotAllowed):
            service.propose(session, PersonaKind.OFFICER, people.hilltop.id, words(), by=people.sam)
        with pytest.raises(Invalid, match="no role that writes posts"):
            service.propose(
                session,
                PersonaKind.OFFICER,
                people.hilltop.id,
                words(),
                by=people.stranger,
                member_ids=(people.sam.id,),
            )

    @pytest.mark.parametrize(
        "changes",
        [
            {"display_name": "Captain Harbour", "collar_number": ""},
            {"display_name": "", "collar_number": "4417"},
            {"signature": "The Captain"},
            {"signature": ""},
            {"display_name": "PC Okorowski", "collar_number": "", "signature": "Okoro"},
            {"display_name": "PC Sam Okoro " + "x" * 120},
        ],
    )
    def test_pseudonyms_and_nameless_personas_are_refused(
        self, session: Session, people: SimpleNamespace, changes: dict[str, str]
    ) -> None:
        with pytest.raises(Invalid):
            proposed(session, people, **changes)

    def test_a_nickname_is_overt_when_the_collar_number_stands_beside_it(
        self, session: Session, people: SimpleNamespace
    ) -> None:
        assert proposed(session, people, display_name="Hotel Alpha 9").collar_number == "4417"

    def test_two_personas_of_one_name_get_two_addresses(
        self, session: Session, people: SimpleNamespace
    ) -> None:
        assert [proposed(session, people).slug for _ in range(3)] == [
            "pc-sam-okoro",
            "pc-sam-okoro-2",
            "pc-sam-okoro-3",
        ]


class TestVerifying:
    @pytest.mark.parametrize("who", ["sam", "kim", "stranger", "admin"])
    def test_only_a_supervisor_of_the_area_verifies(
        self, session: Session, people: SimpleNamespace, who: str
    ) -> None:
        persona = proposed(session, people)
        with pytest.raises(NotAllowed):
            service.verify(session, persona.id, BASIS, in_days(9), by=getattr(people, who))

    def test_the_proposer_cannot_verify(self, session: Session, people: SimpleNamespace) -> None:
        persona = service.propose(
            session,
            PersonaKind.OFFICER,
            people.harbour.id,
            words(),
            by=people.sergeant,
            member_ids=(people.sam.id,),
        )
        with pytest.raises(NotAllowed, match="another supervisor"):
            service.verify(session, persona.id, BASIS, in_days(9), by=people.sergeant)
        service.verify(session, persona.id, BASIS, in_days(9), by=people.inspector)

    def test_the_last_editor_cannot_verify(self, session: Session, people: SimpleNamespace) -> None:
        persona = proposed(session, people)
        service.edit(session, persona.id, words(hours="Mornings."), by=people.sergeant)
        with pytest.raises(NotAllowed):
            service.verify(session, persona.id, BASIS, in_days(9), by=people.sergeant)
        service.verify(session, persona.id, BASIS, in_days(9), by=people.inspector)

    def test_a_supervisor_cannot_verify_the_persona_they_speak_as(
        self, session: Session, people: SimpleNamespace
    ) -> None:
        persona = make_persona(
            session,
            area=people.harbour,
            members=(people.sergeant,),
            state=PersonaState.DRAFT,
            created_by=people.admin,
        )
        with pytest.raises(NotAllowed):
            service.verify(session, persona.id, BASIS, in_days(9), by=people.sergeant)

    @pytest.mark.parametrize("field", ["who_i_am", "can_do", "cannot_do", "hours", "who_else"])
    def test_the_block_is_needed(
        self, session: Session, people: SimpleNamespace, field: str
    ) -> None:
        persona = proposed(session, people, **{field: ""})
        with pytest.raises(Invalid):
            service.verify(session, persona.id, BASIS, in_days(9), by=people.sergeant)

    def test_the_block_names_the_emergency_numbers(
        self, session: Session, people: SimpleNamespace
    ) -> None:
        persona = proposed(session, people, who_else="Ring 999.")
        with pytest.raises(Invalid, match="101"):
            service.verify(
                session, persona.id, BASIS, in_days(9), by=people.sergeant, numbers=NUMBERS
            )

    @pytest.mark.parametrize("basis, days", [("ok", 9), (BASIS, -1), (BASIS, 0), (BASIS, 400)])
    def test_a_basis_and_a_date_within_a_year_are_needed(
        self, session: Session, people: SimpleNamespace, clock: object, basis: str, days: int
    ) -> None:
        persona = proposed(session, people)
        with pytest.raises(Invalid):
            service.verify(session, persona.id, basis, in_days(days), by=people.sergeant)

    def test_verifying_gives_leave_for_the_own_feed_and_a_place_in_the_register(
        self, session: Session, people: SimpleNamespace
    ) -> None:
        persona = verified(session, people)
        feed = make_own_feed(session)
        assert queries.channels_for(session, persona) == [feed]
        assert queries.stopped_because(session, persona, feed) is None
        assert [entry.persona for entry in queries.register(session)] == [persona]
        # To post there, and to answer there.
        given = ["grant_capability"] * len(CapabilityKind)
        assert verbs(session, persona) == ["create", "verify", *given]

    def test_a_verification_that_ended_is_given_again_by_another_supervisor(
        self, session: Session, people: SimpleNamespace, clock: object
    ) -> None:
        persona = verified(session, people)
        persona.verification_expires_at = time.now()
        feed = make_own_feed(session)
        assert "verification" in str(queries.stopped_because(session, persona, feed))
        assert queries.register(session) == []
        service.renew(session, persona.id, BASIS, in_days(50), by=people.inspector, numbers=NUMBERS)
        assert queries.stopped_because(session, persona, feed) is None
        kept = queries.in_force(persona, feed.id, CapabilityKind.POST)
        assert kept is not None
        assert kept.expires_at == persona.verification_expires_at


class TestEditing:
    def test_of_a_verified_persona_the_officer_changes_topics_only(
        self, session: Session, people: SimpleNamespace
    ) -> None:
        persona = verified(session, people)
        service.edit(session, persona.id, words(topics="cycling"), by=people.sam)
        with pytest.raises(NotAllowed):
            service.edit(session, persona.id, words(hours="Never."), by=people.sam)

    @pytest.mark.parametrize(
        "changes",
        [
            {"display_name": "PC Okoro"},
            {"rank": "Sergeant"},
            {"collar_number": "1", "signature": "PC 1"},
            {"photo_digest": "0" * 64, "photo_media_type": "image/png", "photo_alt": "Sam"},
            {"can_do": "Everything."},
        ],
    )
    def test_of_a_verified_persona_a_supervisor_changes_its_identity(
        self, session: Session, people: SimpleNamespace, changes: dict[str, str]
    ) -> None:
        persona = verified(session, people)
        with pytest.raises(NotAllowed):
            service.edit(session, persona.id, words(**changes), by=people.sam)
        service.edit(session, persona.id, words(**changes), by=people.inspector)
        assert persona.edited_by_id == people.inspector.id
        assert verbs(session, persona)[-1] == "edit"

    def test_a_draft_is_edited_by_those_it_concerns_only(
        self, session: Session, people: SimpleNamespace
    ) -> None:
        persona = proposed(session, people)
        for who in (people.kim, people.stranger, people.admin):
            with pytest.raises(NotAllowed):
                service.edit(session, persona.id, words(hours="Never."), by=who)

    def test_an_edit_of_what_somebody_else_changed_first_is_refused(
        self, session: Session, people: SimpleNamespace
    ) -> None:
        persona = proposed(session, people)
        seen = persona.version
        service.edit(session, persona.id, words(hours="Mornings."), by=people.sergeant)
        with pytest.raises(Conflict):
            service.edit(session, persona.id, words(hours="Nights."), by=people.sam, version=seen)

    def test_a_pseudonym_cannot_be_edited_in(
        self, session: Session, people: SimpleNamespace
    ) -> None:
        persona = proposed(session, people)
        with pytest.raises(Invalid):
            service.edit(
                session,
                persona.id,
                words(display_name="Captain", collar_number="", signature="Okoro"),
                by=people.sam,
            )


class TestMoves:
    @pytest.mark.parametrize("state, verb", list(product(PersonaState, PERSONA.moves)))
    def test_only_the_moves_of_the_table_are_possible(
        self, session: Session, people: SimpleNamespace, state: PersonaState, verb: str
    ) -> None:
        persona = make_persona(session, area=people.harbour, members=(people.sam,), state=state)
        moves = {
            "verify": lambda: service.verify(
                session, persona.id, BASIS, in_days(9), by=people.sergeant
            ),
            "suspend": lambda: service.suspend(session, persona.id, "why", by=people.sergeant),
            "restore": lambda: service.restore(session, persona.id, "why", by=people.sergeant),
            "end": lambda: service.end(session, persona.id, "why", by=people.sergeant),
        }
        if PERSONA.allows(state, verb):
            moves[verb]()
            assert persona.state == PERSONA.moves[verb][1]
            assert verb in verbs(session, persona)
        else:
            with pytest.raises(Conflict):
                moves[verb]()
            assert verb not in verbs(session, persona)

    @pytest.mark.parametrize("verb", ["suspend", "restore", "end"])
    @pytest.mark.parametrize("who", ["sam", "stranger", "admin"])
    def test_only_a_supervisor_of_the_area_moves_it(
        self, session: Session, people: SimpleNamespace, verb: str, who: str
    ) -> None:
        state = PersonaState.SUSPENDED if verb == "restore" else PersonaState.VERIFIED
        persona = make_persona(session, area=people.harbour, members=(people.sam,), state=state)
        with pytest.raises(NotAllowed):
            getattr(service, verb)(session, persona.id, "why", by=getattr(people, who))

    def test_nobody_restores_themselves(self, session: Session, people: SimpleNamespace) -> None:
        persona = make_persona(
            session, area=people.harbour, members=(people.sergeant,), state=PersonaState.SUSPENDED
        )
        with pytest.raises(NotAllowed):
            service.restore(session, persona.id, "why", by=people.sergeant)
        service.restore(session, persona.id, "why", by=people.inspector)

    @pytest.mark.parametrize("verb", ["suspend", "end"])
    def test_a_reason_is_needed(self, session: Session, people: SimpleNamespace, verb: str) -> None:
        persona = make_persona(session, area=people.harbour, members=(people.sam,))
        with pytest.raises(Invalid):
            getattr(service, verb)(session, persona.id, " ", by=people.sergeant)

    def test_a_successor_is_somebody_of_the_register(
        self, session: Session, people: SimpleNamespace
    ) -> None:
        persona = make_persona(session, area=people.harbour, members=(people.sam,))
        draft = make_persona(
            session, area=people.harbour, members=(people.kim,), state=PersonaState.DRAFT
        )
        after = make_persona(session, area=people.harbour, members=(people.kim,))
        for wrong in (draft.id, persona.id, 999):
            with pytest.raises(Invalid):
                service.end(session, persona.id, "moved on", by=people.sergeant, successor_id=wrong)
        service.end(session, persona.id, "moved on", by=people.sergeant, successor_id=after.id)
        assert persona.successor is after
        assert persona.ended_at is not None


class TestMembers:
    def office(self, session: Session, people: SimpleNamespace) -> Persona:
        return make_persona(
            session, area=people.harbour, members=(people.sam,), kind=PersonaKind.OFFICE
        )

    def test_members_come_go_and_come_back(self, session: Session, people: SimpleNamespace) -> None:
        office = self.office(session, people)
        service.add_member(session, office.id, people.kim.id, by=people.sergeant)
        assert queries.may_speak_as(session, people.kim, office)
        service.remove_member(session, office.id, people.kim.id, by=people.sergeant)
        assert not queries.may_speak_as(session, people.kim, office)
        assert office not in queries.personas_of(session, people.kim)
        service.add_member(session, office.id, people.kim.id, by=people.sergeant)
        assert queries.personas_of(session, people.kim) == [office]

    def test_nobody_adds_themselves(self, session: Session, people: SimpleNamespace) -> None:
        office = self.office(session, people)
        with pytest.raises(NotAllowed):
            service.add_member(session, office.id, people.sergeant.id, by=people.sergeant)

    def test_an_officers_persona_keeps_its_one_officer(
        self, session: Session, people: SimpleNamespace
    ) -> None:
        persona = make_persona(session, area=people.harbour, members=(people.sam,))
        with pytest.raises(Conflict):
            service.add_member(session, persona.id, people.kim.id, by=people.sergeant)
        with pytest.raises(Conflict):
            service.remove_member(session, persona.id, people.sam.id, by=people.sergeant)

    def test_somebody_who_left_does_not_speak(
        self, session: Session, people: SimpleNamespace
    ) -> None:
        persona = make_persona(session, area=people.harbour, members=(people.sam,))
        USER.apply(session, people.sam, "suspend", by=people.admin)
        assert not queries.may_speak_as(session, people.sam, persona)
        assert "Nobody who speaks" in str(queries.persona_stopped_because(session, persona))
        assert queries.register(session) == []
