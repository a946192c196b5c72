"""One of everything that a neighbourhood has, by the name under which requests ask for it."""

import hashlib
from datetime import timedelta

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation import deciding, desks, handing_over
from moderation import service as working
from officer_profiles.models import Capability, CapabilityKind, PersonaKind
from officer_profiles.states import PersonaState
from tests.factories.alarms import approve_statements, make_alarm
from tests.factories.areas import make_area
from tests.factories.channels import make_channel
from tests.factories.contacts import make_message
from tests.factories.moderation import make_case, make_contact_case
from tests.factories.personas import make_persona
from tests.factories.posts import PLATE, Team, make_post, words
from tests.factories.public import make_image, make_public_post
from tests.factories.schedule import make_series, make_slot
from tests.factories.users import make_user
from vcp.areas.models import AreaKind
from vcp.channels.models import Connection
from vcp.channels.states import CONNECTION, ChannelState
from vcp.contacts.models import Contact
from vcp.contacts.states import CONTACT, Disposition
from vcp.kernel import clock
from vcp.kernel.context import Machine
from vcp.kernel.permissions import Role
from vcp.kernel.settings import Settings
from vcp.posts import correcting, saved_templates, service, standard
from vcp.posts.models import Correction, Post
from vcp.posts.series_rules import Every, Rule
from vcp.posts.states import ALARM, DELIVERY, PostState
from vcp.posts.words import Words
from vcp.residents import asking
from vcp.users.links import make_link
from vcp.users.models import LinkPurpose, User
from vcp.users.states import UserState

BY = Machine("test")
CRIME = "crime_report"
#: Stands in what only its own area may read: drafts, and what is not yet confirmed.
SECRET_WORD = {"own": "Marigold", "foreign": "Bluebell"}
Ids = dict[str, str]


def late_post(session: Session, team: Team, side: str) -> Post:
    """A post that waits for a yes, wanted out in two hours."""
    soon = (clock.now() + timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M")
    text = f"{SECRET_WORD[side]} was late."
    return make_post(session, team, state=PostState.SUBMITTED, text=text, wanted_local=soon)


def approve(session: Session, post: Post, team: Team) -> str:
    """Say yes to what has missed its time: it waits for a new one."""
    service.approve(session, post.id, _sha(post), by=team.supervisor)
    assert post.state is PostState.APPROVED
    return str(post.id)


def posts(app: Flask, session: Session, team: Team, side: str) -> Ids:
    """Posts in every state that a step begins with, a case, and a delivery that asks."""
    settings: Settings = app.extensions["vcp_settings"]
    text = f"{SECRET_WORD[side]}: we mark bikes at the library on Friday."
    image = make_image(settings, colour={"own": "navy", "foreign": "olive"}[side])
    draft = make_post(session, team, text=text, images=(image,))
    submitted = make_post(session, team, state=PostState.SUBMITTED, text=text)
    scheduled = make_post(session, team, state=PostState.SCHEDULED, text=text)
    released = [make_public_post(app, session, team) for _ in range(3)]
    started = [_correction(session, team, post, text) for post in released[1:]]
    correcting.submit_correction(session, started[1].id, by=team.officer)
    case = make_case(session, team, text=f"{SECRET_WORD[side]}! {PLATE}")
    delivery = next(d for d in scheduled.deliveries if d.channel_id == team.mastodon.id)
    for verb in ("claim", "lose", "ask"):
        DELIVERY.apply(session, delivery, verb, by=BY)
    saved = saved_templates.add(
        session, team.area.id, "Surgery", Words(f"{text} At {{place}}."), by=team.officer
    )
    return {
        "template_id": str(saved.id),
        "post_draft": str(draft.id),
        "post_submitted": str(submitted.id),
        "post_released": str(released[0].id),
        "sha_draft": _sha(draft),
        "sha_submitted": _sha(submitted),
        "image": f"{image.digest}.png",
        "correction_draft": str(started[0].id),
        "correction_submitted": str(started[1].id),
        "sha_correction": started[1].revision.sha256,
        "case_id": str(case.id),
        "category": deciding.needs(case)[0].category,
        "delivery_id": str(delivery.id),
    }


def schedule(session: Session, team: Team, side: str) -> Ids:
    """A series with a day made ahead, and a slot."""
    tomorrow = clock.now().date() + timedelta(days=1)
    rule = Rule(Every.DAY, times=9)
    row = make_series(
        session, team, name=f"{SECRET_WORD[side]} surgery", rule=rule, starts_on=tomorrow
    )
    slot = make_slot(session, team, name=f"{SECRET_WORD[side]} slot")
    return {
        "series_id": str(row.id),
        "series_day": (tomorrow + timedelta(days=3)).isoformat(),
        "slot_id": str(slot.id),
    }


def contacts(session: Session, settings: Settings, team: Team, side: str) -> Ids:
    """Contacts in every state that a step begins with, and what a resident asked on our site."""
    text = f"{SECRET_WORD[side]}: when do you mark bikes again?"
    made: list[Contact] = [make_message(session, team, text=text).contact for _ in range(3)]
    CONTACT.apply(session, made[1], "wait", by=BY)
    made[2].disposition, made[2].reason = Disposition.REPLIED, "Told them."
    CONTACT.apply(session, made[2], "close", by=BY)
    keys = settings.signing_keys()
    asked = asking.opened(keys, asking.new_form(keys))
    assert asked is not None
    to = asking.whom(session, place=team.area.slug)
    asking.receive(session, asked, to, text=text)
    return {
        "contact_id": str(made[0].id),
        "contact_waiting": str(made[1].id),
        "contact_closed": str(made[2].id),
        "message_id": str(made[0].messages[0].id),
        "asked_secret": asked.secret,
        "area_slug": team.area.slug,
    }


def cases(session: Session, team: Team, side: str) -> Ids:
    """Residents' cases in every state that a step begins with, and a hand-over with its link."""
    desks.ensure_defaults(session, dict.fromkeys(desks.MINUTES, "desk@carrowdale.police.example"))
    standard.ensure_proposed(session)
    reply = next(r for r in standard.every(session) if (r.category, r.language) == (CRIME, "en"))
    if not reply.approvals:
        for _ in range(2):
            person = make_user(session, role=Role.SUPERVISOR, name="Sgt Approver")
            standard.approve(session, reply.id, reply.sha256, by=person)
    proposed = next(r for r in standard.every(session) if r.language == "cy")
    worker = make_user(session, role=Role.MODERATOR, area=team.area, name="Moor")
    text = f"{SECRET_WORD[side]}: my shed was broken into last night."
    made = {
        name: make_contact_case(session, team, text=text, category=CRIME, priority="P3")
        for name in ("contact", "claimed", "handed", "disposed")
    }
    working.claim(session, made["claimed"].id, by=worker)
    desk = desks.in_use(session)[0]
    row = handing_over.hand_over(session, made["handed"].id, desk.id, "", by=worker)
    working.put_back(session, made["handed"].id, by=worker)
    token = f"hand-over-{side}"
    row.token_sha256 = handing_over.sha256(token)
    no_action = Disposition.NO_ACTION
    working.dispose(session, made["disposed"].id, no_action, "Nothing in it.", by=worker)
    return {
        **{f"case_{name}": str(case.id) for name, case in made.items()},
        "case_message": str(made["contact"].contact.messages[0].id),  # type: ignore[union-attr]  # it has one
        "reply_sha256": reply.sha256,
        "reply_id": str(proposed.id),
        "proposed_sha256": proposed.sha256,
        "desk_id": str(desk.id),
        "hand_over_id": str(row.id),
        "hand_over_token": token,
    }


def alarms(session: Session, team: Team, side: str) -> Ids:
    """An open alarm about the account, one that was called ours, and approved words to publish."""
    sha256 = approve_statements(session)
    text = f"{SECRET_WORD[side]} coins"
    ours = make_alarm(session, team.mastodon, text=text)
    ALARM.apply(session, ours, "call_ours", by=BY)
    return {
        "alarm": str(make_alarm(session, team.mastodon, text=text).id),
        "alarm_ours": str(ours.id),
        "disavow_sha256": sha256,
    }


def personas(session: Session, team: Team, side: str) -> Ids:
    """An officer's persona, an office's, a draft and a suspended one."""
    colleague = make_user(session, area=team.area, name="Kit Marlow")
    office = make_persona(
        session, area=team.area, members=(team.officer, colleague), kind=PersonaKind.OFFICE
    )
    draft = make_persona(
        session,
        area=team.area,
        members=(team.officer,),
        state=PersonaState.DRAFT,
        name=f"PC {SECRET_WORD[side]}",
    )
    draft.who_else = "In an emergency ring 999, otherwise 101."
    suspended = make_persona(session, area=team.area, state=PersonaState.SUSPENDED)
    given = session.scalars(
        select(Capability).where(
            Capability.persona_id == team.persona.id,
            Capability.channel_id == team.mastodon.id,
            Capability.kind == CapabilityKind.POST,
        )
    ).one()
    return {
        "persona": str(team.persona.id),
        "persona_slug": team.persona.slug,
        "persona_draft": str(draft.id),
        "persona_version": str(draft.version),
        "persona_office": str(office.id),
        "persona_suspended": str(suspended.id),
        "capability_id": str(given.id),
        "member": str(colleague.id),
    }


def channels(session: Session, team: Team, side: str, administrator: User) -> Ids:
    """A channel in use, one to confirm, and a try at connecting that waits for its code."""
    proposed = make_channel(
        session,
        area=team.area,
        name=f"{SECRET_WORD[side]} on Mastodon",
        state=ChannelState.PROPOSED,
        base_url="http://127.0.0.1:9",
    )
    proposed.sealed_credentials = b"not to be opened here"
    keyed = make_channel(
        session, area=team.area, network="x", state=ChannelState.PROPOSED, account_id=None
    )
    connection, other = (
        Connection(channel_id=proposed.id, started_by_id=starter, started_at=clock.now())
        for starter in (administrator.id, None)
    )
    connection.oauth_state_sha256 = hashlib.sha256(side.encode()).hexdigest()
    for row in (connection, other):
        CONNECTION.started(session, row, by=BY)
    return {
        "channel": str(team.mastodon.id),
        "channel_proposed": str(proposed.id),
        "channel_keyed": str(keyed.id),
        "account_id": str(proposed.account_id),
        "connection_id": str(other.id),
        "oauth_state": side,
    }


def staff_and_areas(session: Session, settings: Settings, team: Team) -> Ids:
    """Colleagues to be managed, a link that one was sent, and an area inside the area."""
    colleague = make_user(session, area=team.area, name="Ash Penrose", settings=settings)
    suspended = make_user(session, area=team.area, state=UserState.SUSPENDED)
    invited = make_user(session, area=team.area, state=UserState.INVITED)
    link = make_link(session, settings, invited, LinkPurpose.JOIN, BY)
    return {
        "user_id": str(colleague.id),
        "user_email": colleague.email,
        "user_suspended": str(suspended.id),
        "grant_id": str(colleague.granted[0].id),
        "token": link.rpartition("/")[2],
        "area_id": str(team.area.id),
        "area_slug": team.area.slug,
        "beat": str(make_area(session, kind=AreaKind.BEAT, parent=team.area).id),
    }


def _correction(session: Session, team: Team, post: Post, text: str) -> Correction:
    other = words(team, text=f"{text} Corrected.")
    return correcting.start_correction(session, post.id, other, "A typo.", by=team.officer)


def _sha(post: Post) -> str:
    assert post.revision is not None
    return post.revision.sha256
