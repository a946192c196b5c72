"""Sending a standard reply: a post that two people approved before it was needed."""

import secrets

from sqlalchemy import select
from sqlalchemy.orm import Session

from officer_profiles import queries as personas
from officer_profiles.models import CapabilityKind, Persona, PersonaKind
from officer_profiles.states import PersonaState
from vcp.contacts.models import Contact, Message
from vcp.kernel import clock
from vcp.kernel.errors import Conflict, Invalid, NotFound
from vcp.kernel.permissions import Permission, Person, check
from vcp.kernel.settings import settings
from vcp.posts import in_force, revisions, service, standard
from vcp.posts.models import Approval, Post, StandardReply
from vcp.posts.states import POST
from vcp.posts.words import Words

IN_OWN_WORDS = "A person answers this in their own words: write an answer instead."


def send(session: Session, message_id: int, *, by: Person, third_party: bool = False) -> Post:
    """Send the approved reply to a message, unchanged, through the same deliveries as any post.

    `third_party` says that the writer tells of somebody else's threat. Raises: NotFound;
    NotAllowed; Invalid for a threat by the writer, or an empty setting; Conflict when there is no
    such reply, it was sent before, or nobody may answer there.
    """
    message = session.get(Message, message_id)
    if message is None:
        raise NotFound("There is no such message. Look for the contact in the list.")
    # Locked, so that two keys pressed at once send one reply.
    session.execute(select(Contact.id).where(Contact.id == message.contact_id).with_for_update())
    contact = message.contact
    check(
        by,
        Permission.SEND_STANDARD_REPLIES,
        contact.area_path,
        subject_kind="contact",
        subject_id=contact.id,
    )
    reply = _right_one(session, message, third_party=third_party)
    words = Words(
        text=standard.filled(reply, message, settings()),
        language=reply.language,
        channel_ids=(message.channel_id,),
    )
    return _post(session, message, reply, words, speaker(session, message), by=by)


def speaker(session: Session, message: Message) -> Persona:
    """Return who answers: the area's office, or the persona that the conversation is with.

    Raises: Conflict when none of them may reply on the channel now.
    """
    contact, channel = message.contact, message.channel
    offices = session.scalars(
        select(Persona).where(
            Persona.kind == PersonaKind.OFFICE, Persona.state == PersonaState.VERIFIED
        )
    ).unique()
    around = [p for p in offices if contact.area_path.startswith(p.area_path)]
    around.sort(key=lambda persona: len(persona.area_path), reverse=True)
    if contact.persona is not None:
        around.append(contact.persona)
    for persona in around:
        if personas.stopped_because(session, persona, channel, CapabilityKind.REPLY) is None:
            return persona
    raise Conflict(
        f"Nobody may reply on {channel.name} for this area. A supervisor can give the area's "
        "office persona leave to."
    )


def _right_one(session: Session, message: Message, *, third_party: bool) -> StandardReply:
    if standard.needs_own_words(message.contact):
        raise Conflict(IN_OWN_WORDS)
    if standard.may_be_a_threat(message.contact) and not third_party:
        raise Invalid(
            "Nothing standard is sent to a person who threatens. If this person tells of somebody "
            "else's threat, say so first.",
            "third_party",
        )
    reply = standard.offered(session, message)
    if reply is None:
        raise Conflict("There is no approved standard reply for this. Write an answer instead.")
    if standard.was_sent(session, message.contact_id, reply):
        raise Conflict("This reply was sent to them already. Write an answer for more.")
    return reply


def _post(
    session: Session,
    message: Message,
    reply: StandardReply,
    words: Words,
    persona: Persona,
    *,
    by: Person,
) -> Post:
    words = revisions.storable(session, words, persona)
    revisions.must_be_ready(session, persona, words, [message.channel], message)
    post = Post(
        public_id=secrets.token_hex(8),
        persona=persona,
        author_id=by.id,
        area_id=persona.area_id,
        area_path=persona.area_path,
        created_at=clock.now(),
        zone=in_force.zone().key,
        answers=message,
        standard_reply_id=reply.id,
    )
    noted = {"standard_reply": reply.id, "sha256": words.sha256}
    POST.started(session, post, by=by, persona=persona.slug, answers=message.id, **noted)
    revision = revisions.write(session, post, words, by=by)
    post.revision = revision
    if service.stamp(revision, words, "", by=by).holds:
        raise Conflict(f"The screen would hold this reply as it stands. {IN_OWN_WORDS}")
    POST.apply(session, post, "submit", by=by, **noted)
    # Two people said yes to these words, so one of them isn't the person who sends them.
    approval = next(yes for yes in reversed(reply.approvals) if yes.approved_by_id != by.id)
    session.add(
        Approval(
            post_id=post.id,
            revision_id=revision.id,
            revision_sha256=revision.sha256,
            approved_by_id=approval.approved_by_id,
            approved_at=approval.approved_at,
        )
    )
    approved_by = [yes.approved_by.actor_id for yes in reply.approvals]
    POST.apply(session, post, "approve", by=by, approved_by=approved_by, **noted)
    service.let_go(session, post, by=by)
    return post
