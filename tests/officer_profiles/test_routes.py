"""The pages of personas, as a browser without scripts uses them."""

import io
import re
from datetime import timedelta
from types import SimpleNamespace

import pytest
from PIL import Image
from sqlalchemy import select
from sqlalchemy.orm import Session

from officer_profiles import queries
from officer_profiles.models import CapabilityKind, Persona, PersonaKind
from officer_profiles.states import PersonaState
from tests.client import Client
from tests.factories.channels import make_channel
from tests.factories.personas import grant, make_persona
from tests.factories.users import sign_in
from vcp.kernel import clock as time
from vcp.kernel.audit import AuditEvent
from vcp.kernel.settings import Settings

TYPED = {
    "kind": "officer",
    "members": "",
    "display_name": "PC Sam Okoro",
    "rank": "Police constable",
    "collar_number": "4417",
    "signature": "PC 4417",
    "language": "en",
    "topics": "cycling",
    "who_i_am": "I am Sam.",
    "can_do": "Ask me.",
    "cannot_do": "No reports of crime.",
    "hours": "Weekdays",
    "who_else": "Ring 999 or 101.",
}


def photo() -> tuple[io.BytesIO, str]:
    file = io.BytesIO()
    Image.new("RGB", (40, 40), "navy").save(file, "PNG")
    file.seek(0)
    return file, "me.png"


def a_day(days: int) -> str:
    return (time.now() + timedelta(days=days)).date().isoformat()


def test_from_proposal_to_the_register(
    client: Client, session: Session, settings: Settings, people: SimpleNamespace
) -> None:
    sign_in(client, people.sam)
    first = client.get("/staff/personas/propose").text
    assert "999" in first
    assert "Crimestoppers" in first
    data = TYPED | {"area_id": str(people.harbour.id), "photo_alt": "Sam", "photo": photo()}
    made = client.post("/staff/personas/propose", data=data)
    assert made.status_code == 303
    persona = session.scalars(select(Persona)).one()
    assert (settings.media / f"{persona.photo_digest}.png").exists()
    assert "so another supervisor of Harbour verifies it" in client.get(made.location).text
    assert client.get(f"/staff/personas/{persona.id}/verify").status_code == 403

    sign_in(client, people.sergeant)
    assert "Waiting for you to verify" in client.get("/staff/personas").text
    path = f"/staff/personas/{persona.id}/verify"
    assert "What you vouch for" in client.get(path).text
    wrong = client.post(path, data={"basis": "", "expires_on": "tomorrow"})
    assert wrong.status_code == 422
    assert "year-month-day" in wrong.text
    assert 'value="tomorrow"' in wrong.text
    right = client.post(path, data={"basis": "Warrant card seen today.", "expires_on": a_day(90)})
    assert right.status_code == 303
    assert [entry.persona for entry in queries.register(session)] == [persona]
    shown = client.get(right.location).text
    assert "Public site" in shown
    assert "by Jo Vale" in shown


def test_a_pseudonym_is_refused_and_what_was_typed_is_kept(
    client: Client, session: Session, people: SimpleNamespace
) -> None:
    sign_in(client, people.sam)
    data = TYPED | {
        "area_id": str(people.harbour.id),
        "display_name": "Captain Harbour",
        "collar_number": "",
        "photo": photo(),
        "photo_alt": "A ship",
    }
    answer = client.post("/staff/personas/propose", data=data)
    assert answer.status_code == 422
    assert "Pseudonyms can&#39;t be used" in answer.text
    assert "Captain Harbour" in answer.text
    kept = re.findall(r'name="photo_digest"[^>]*value="([0-9a-f]{64})"', answer.text)
    assert kept, "the photo has to be kept too"
    assert session.scalars(select(Persona)).all() == []


def test_a_file_that_is_no_photo_is_explained(client: Client, people: SimpleNamespace) -> None:
    sign_in(client, people.sam)
    data = TYPED | {
        "area_id": str(people.harbour.id),
        "photo": (io.BytesIO(b"not an image"), "me.png"),
    }
    answer = client.post("/staff/personas/propose", data=data)
    assert answer.status_code == 422
    assert "can&#39;t be used as an image" in answer.text


def test_what_is_missing_is_listed_with_links_to_the_fields(
    client: Client, session: Session, people: SimpleNamespace
) -> None:
    persona = make_persona(
        session,
        area=people.harbour,
        members=(people.sam,),
        state=PersonaState.DRAFT,
        with_block=False,
    )
    sign_in(client, people.sam)
    page = client.get(f"/staff/personas/{persona.id}").text
    for field in ("who_i_am", "can_do", "cannot_do", "hours", "who_else"):
        assert f"/staff/personas/{persona.id}/edit#{field}" in page
    edit = client.get(f"/staff/personas/{persona.id}/edit").text
    assert 'id="who_i_am"' in edit


def test_of_a_verified_persona_the_officer_cannot_change_the_name(
    client: Client, session: Session, people: SimpleNamespace
) -> None:
    persona = make_persona(session, area=people.harbour, members=(people.sam,), name="PC Sam Okoro")
    sign_in(client, people.sam)
    path = f"/staff/personas/{persona.id}/edit"
    data = TYPED | {"version": str(persona.version), "display_name": "Chief Okoro"}
    assert client.post(path, data=data).status_code == 403
    assert persona.display_name == "PC Sam Okoro"
    refused = session.scalars(select(AuditEvent).where(AuditEvent.verb == "refused")).one()
    assert (refused.subject_kind, refused.subject_id) == ("persona", str(persona.id))
    sign_in(client, people.sergeant)
    assert client.post(path, data=data).status_code == 303
    assert persona.display_name == "Chief Okoro"


def test_a_stale_form_is_refused(client: Client, session: Session, people: SimpleNamespace) -> None:
    persona = make_persona(session, area=people.harbour, members=(people.sam,))
    sign_in(client, people.sergeant)
    data = TYPED | {"version": str(persona.version - 1)}
    answer = client.post(f"/staff/personas/{persona.id}/edit", data=data)
    assert answer.status_code == 409


def test_suspend_restore_and_end_go_through_their_pages(
    client: Client, session: Session, people: SimpleNamespace
) -> None:
    persona = make_persona(session, area=people.harbour, members=(people.sam,))
    after = make_persona(session, area=people.harbour, members=(people.kim,), name="PC Kim Archer")
    sign_in(client, people.sergeant)
    base = f"/staff/personas/{persona.id}"
    assert client.post(f"{base}/suspend", data={"reason": ""}).status_code == 422
    assert client.post(f"{base}/suspend", data={"reason": "Under review"}).status_code == 303
    assert "is suspended" in client.get(base).text
    assert client.post(f"{base}/restore", data={"reason": "Cleared"}).status_code == 303
    assert "PC Kim Archer" in client.get(f"{base}/end").text
    data = {"reason": "Moved", "successor_id": str(after.id)}
    assert client.post(f"{base}/end", data=data).status_code == 303
    assert persona.state is PersonaState.ENDED
    assert "PC Kim Archer" in client.get(base).text


def test_members_and_leave_are_changed_on_the_page(
    client: Client, session: Session, people: SimpleNamespace
) -> None:
    office = make_persona(
        session,
        area=people.harbour,
        members=(people.sam,),
        kind=PersonaKind.OFFICE,
        name="Harbour Team",
    )
    channel = make_channel(session, area=people.harbour, name="Harbour on Mastodon")
    sign_in(client, people.sergeant)
    base = f"/staff/personas/{office.id}"
    wrong = client.post(f"{base}/members", data={"user_id": "nobody@police.example"})
    assert wrong.status_code == 422
    assert "nobody@police.example" in wrong.text
    assert client.post(f"{base}/members", data={"user_id": people.kim.email}).status_code == 303
    assert queries.may_speak_as(session, people.kim, office)
    assert client.post(f"{base}/members/{people.kim.id}/remove").status_code == 303
    assert not queries.may_speak_as(session, people.kim, office)
    assert "Harbour on Mastodon" in client.get(f"{base}/leave").text
    data = {"channel_id": str(channel.id), "kind": "post", "expires_on": a_day(-3)}
    assert client.post(f"{base}/leave", data=data).status_code == 422
    assert client.post(f"{base}/leave", data=data | {"expires_on": a_day(3)}).status_code == 303
    given = queries.in_force(office, channel.id, CapabilityKind.POST)
    assert given is not None
    assert client.post(f"/staff/personas/leave/{given.id}/revoke").status_code == 303
    assert queries.in_force(office, channel.id, CapabilityKind.POST) is None


@pytest.mark.parametrize("page", ["", "/edit", "/verify", "/suspend", "/end", "/leave"])
@pytest.mark.parametrize("who", ["stranger", "sam"])
def test_pages_of_other_areas_and_of_supervisors_are_refused(
    client: Client, session: Session, people: SimpleNamespace, page: str, who: str
) -> None:
    persona = make_persona(session, area=people.harbour, members=(people.sam,))
    sign_in(client, getattr(people, who))
    expected = 200 if who == "sam" and page in ("", "/edit") else 403
    assert client.get(f"/staff/personas/{persona.id}{page}").status_code == expected


def test_the_list_asks_the_database_little(
    client: Client, session: Session, people: SimpleNamespace
) -> None:
    channel = make_channel(session, area=people.harbour)
    for _ in range(30):
        persona = make_persona(session, area=people.harbour, members=(people.sam,))
        grant(session, persona=persona, channel=channel, days_left=3)
    sign_in(client, people.sergeant)
    first = client.get("/staff/personas")
    assert "Page 1 of 2, 30 in all" in first.text
    second = client.get("/staff/personas?page=2&state=verified")
    assert second.text.count('data-label="State"') == 5
    assert client.get("/staff/personas?state=nonsense&page=x").status_code == 200
