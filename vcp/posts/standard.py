"""Standard replies: approved once by two people, then sent with one key, unchanged.

A changed character makes a draft like any other: what is sent here is the stored text with its
gaps filled from settings, and nothing else.
"""

import hashlib
import re
from collections.abc import Mapping

import rfc8785
from sqlalchemy import select
from sqlalchemy.orm import Session

from vcp.contacts.models import Contact, Message, MessageChange
from vcp.kernel import clock
from vcp.kernel.audit import record
from vcp.kernel.context import Machine
from vcp.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from vcp.kernel.permissions import Permission, Person, allowed_paths
from vcp.kernel.settings import Settings
from vcp.posts.answering import language_of
from vcp.posts.models import Post, StandardReply, StandardReplyApproval
from vcp.posts.standard_texts import TEXTS
from vcp.posts.states import STANDARD_REPLY, PostState, StandardReplyState
from vcp.triage.inbound_categories import INBOUND
from vcp.triage.inbound_categories import StandardReply as Sending

#: Two people, neither of whom wrote it.
NEEDED = 2
LONGEST = 300
GAPS = ("force", "url", "press_url", "register_url", "hours")
#: What is said in public about an account of ours begins so, and takes its gaps from the alarm.
DISAVOW = "disavow_"
DISAVOWAL_GAPS = ("force", "account", "network", "time")
#: Wherever a conversation holds a sign of this, a person answers in words for this one resident.
PLEA = "safeguarding"
#: There is no standard reply to these at all.
NEVER = frozenset(c for c, kind in INBOUND.items() if kind.standard_reply is Sending.NEVER)
#: Nothing is said to the person who threatens; to somebody who tells of a threat, it may be.
ONLY_TO_A_THIRD_PARTY = frozenset(
    code for code, kind in INBOUND.items() if kind.standard_reply is Sending.THIRD_PARTY
)
OTHER_LANGUAGE = "en"
PRODUCT = Machine("product")
_GAP = re.compile(r"\{(\w*)\}")


def sha256_of(category: str, language: str, text: str) -> str:
    """Return the hash that approvals are bound to."""
    words = {"category": category, "language": language, "text": text}
    return hashlib.sha256(rfc8785.dumps(words)).hexdigest()


def ensure_proposed(session: Session) -> int:
    """Propose the texts that come with the product and aren't there; return how many."""
    known = {
        (row.category, row.language)
        for row in session.execute(select(StandardReply.category, StandardReply.language))
    }
    lacking = [key for key in TEXTS if key not in known]
    for category, language in lacking:
        _start(session, category, language, TEXTS[category, language])
    return len(lacking)


def propose(
    session: Session, category: str, language: str, text: str, *, by: Person
) -> StandardReply:
    """Write a new standard reply; two other people must approve it before it can be sent.

    Raises: NotAllowed; Invalid for words that couldn't be sent.
    """
    _must_decide(by, "propose")
    text = " ".join(text.split())
    if not text:
        raise Invalid("Write the reply first.", "text")
    if len(text) > LONGEST:
        raise Invalid(f"A standard reply holds at most {LONGEST} characters. Shorten it.", "text")
    if category in NEVER:
        raise Invalid(
            "Messages of this kind get a person's own words, never a standard reply.",
            "category",
        )
    gaps = DISAVOWAL_GAPS if category.startswith(DISAVOW) else GAPS
    if unknown := [gap for gap in _GAP.findall(text) if gap not in gaps]:
        known = ", ".join(f"{{{gap}}}" for gap in gaps)
        raise Invalid(f"{{{unknown[0]}}} is no gap that can be filled. Use {known}.", "text")
    if "{" in _GAP.sub("", text) or "}" in _GAP.sub("", text):
        raise Invalid("A bracket stands alone. Write a gap as {force}.", "text")
    return _start(session, category, language, text, by=by)


def approve(session: Session, reply_id: int, sha256: str, *, by: Person) -> StandardReply:
    """Say yes to exactly these words; the second person's yes lets them be sent.

    Raises: NotAllowed without the role, or for whoever wrote it; Conflict when the words are
    others, or this person said yes before.
    """
    # Locked: two yeses at the same moment must see each other.
    session.execute(select(StandardReply.id).where(StandardReply.id == reply_id).with_for_update())
    reply = found(session, reply_id)
    _must_decide(by, "approve", reply_id)
    if by.id == reply.written_by_id:
        raise NotAllowed(
            "You wrote this reply, so two other people must approve it.",
            attempted="approve",
            subject_kind="standard_reply",
            subject_id=reply_id,
        )
    if reply.sha256 != sha256:
        raise Conflict("These aren't the words that you read. Load the page again.")
    if reply.state is not StandardReplyState.PROPOSED:
        raise Conflict(f"This reply is {reply.state.value} already.")
    if any(yes.approved_by_id == by.id for yes in reply.approvals):
        raise Conflict("You have approved this. Another person must, too.")
    reply.approvals.append(
        StandardReplyApproval(sha256=sha256, approved_by_id=by.id, approved_at=clock.now())
    )
    session.flush()
    if len(reply.approvals) < NEEDED:
        record(session, by, "approve", "standard_reply", reply.id, sha256=sha256, of=NEEDED)
        return reply
    for earlier in in_force(session, reply.category, reply.language):
        STANDARD_REPLY.apply(session, earlier, "retire", by=by, replaced_by=reply.id)
    STANDARD_REPLY.apply(session, reply, "approve", by=by, sha256=sha256)
    return reply


def retire(session: Session, reply_id: int, *, by: Person) -> StandardReply:
    """Take a standard reply out of use.

    Raises: NotAllowed; Conflict when it is out of use already.
    """
    reply = found(session, reply_id)
    _must_decide(by, "retire", reply_id)
    STANDARD_REPLY.apply(session, reply, "retire", by=by)
    return reply


def found(session: Session, reply_id: int) -> StandardReply:
    """Return the standard reply.

    Raises: NotFound.
    """
    reply = session.get(StandardReply, reply_id)
    if reply is None:
        raise NotFound("There is no such standard reply. Choose one from the list.")
    return reply


def every(session: Session) -> list[StandardReply]:
    """Return all that are in use or proposed, by category and language."""
    rows = select(StandardReply).where(StandardReply.state != StandardReplyState.RETIRED)
    return list(
        session.scalars(
            rows.order_by(StandardReply.category, StandardReply.language, StandardReply.id)
        )
    )


def needs_own_words(contact: Contact) -> bool:
    """Say whether nothing standard may be sent in this conversation.

    What a message was at the worst is not all that it says: an emergency may hold a plea.
    """
    verdicts = [message.verdict for message in contact.messages]
    verdicts += [change.verdict for change in _changes(contact) if change.verdict]
    signs = {str(sign["category"]) for verdict in verdicts for sign in verdict["findings"]}
    return contact.category in NEVER or PLEA in signs | _categories(contact)


def may_be_a_threat(contact: Contact) -> bool:
    """Say whether it must be said first that the writer isn't the one who threatens.

    By what each message was at the worst: who tells of an emergency often tells of a threat.
    """
    return bool(_categories(contact) & ONLY_TO_A_THIRD_PARTY)


def _categories(contact: Contact) -> set[str]:
    of_messages = {message.category for message in contact.messages}
    return {contact.category} | of_messages | {change.category for change in _changes(contact)}


def _changes(contact: Contact) -> list[MessageChange]:
    return [change for message in contact.messages for change in message.changes]


def offered(session: Session, message: Message) -> StandardReply | None:
    """Return the reply that may be sent to this message, in its language where there is one."""
    if needs_own_words(message.contact):
        return None
    language = language_of(message) or OTHER_LANGUAGE
    replies = in_force(session, message.contact.category, language)
    if not replies and language != OTHER_LANGUAGE:
        replies = in_force(session, message.contact.category, OTHER_LANGUAGE)
    return replies[0] if replies else None


def was_sent(session: Session, contact_id: int, reply: StandardReply) -> bool:
    """Say whether this contact was answered with it already."""
    sent = (
        select(Post.id)
        .join(Message, Message.id == Post.answers_id)
        .where(
            Message.contact_id == contact_id,
            Post.standard_reply_id == reply.id,
            Post.state != PostState.CANCELLED,
        )
    )
    return session.scalar(sent.limit(1)) is not None


def filled(reply: StandardReply, message: Message, settings: Settings) -> str:
    """Return the words with every gap filled.

    Raises: Invalid when a setting that they need is empty.
    """
    values = {
        "force": settings.force_name,
        "url": settings.report_url,
        "press_url": settings.press_url,
        "register_url": f"{settings.base_url}/register/",
        "hours": message.channel.hours,
    }
    return fill(reply, values)


def fill(reply: StandardReply, values: Mapping[str, str]) -> str:
    """Return the words with their gaps filled from these values.

    Raises: Invalid when one that they need is empty.
    """
    for gap in _GAP.findall(reply.text):
        if not values[gap]:
            raise Invalid(
                f"This reply can't be sent: nothing is set for {{{gap}}}. Tell an administrator.",
                "standard_reply",
            )
    return _GAP.sub(lambda match: values[match.group(1)], reply.text)


def in_force(session: Session, category: str, language: str) -> list[StandardReply]:
    """Return what may be sent in this category and language, the newest first."""
    rows = select(StandardReply).where(
        StandardReply.category == category,
        StandardReply.language == language,
        StandardReply.state == StandardReplyState.APPROVED,
    )
    return list(session.scalars(rows.order_by(StandardReply.id.desc())))


def _start(
    session: Session, category: str, language: str, text: str, *, by: Person | None = None
) -> StandardReply:
    reply = StandardReply(
        category=category,
        language=language,
        text=text,
        sha256=sha256_of(category, language, text),
        written_by_id=by.id if by else None,
        written_at=clock.now(),
    )
    STANDARD_REPLY.started(
        session, reply, by=by or PRODUCT, category=category, language=language, sha256=reply.sha256
    )
    return reply


def _must_decide(by: Person, verb: str, reply_id: int | str = "") -> None:
    # It is said for the whole force; who approves anywhere in it may decide.
    if not allowed_paths(by, Permission.APPROVE_STANDARD_REPLIES):
        raise NotAllowed(
            "Your roles don't let you decide about standard replies. A supervisor does.",
            attempted=verb,
            subject_kind="standard_reply",
            subject_id=reply_id,
        )
