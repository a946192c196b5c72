"""The standard reply on a case's page: exactly what would be sent, to which message."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from moderation import service
from moderation.conversation import answered_first
from moderation.models import Case
from vcp.contacts.models import Contact, Message
from vcp.kernel.errors import Conflict, Invalid, VcpError
from vcp.kernel.permissions import Permission, Person, may
from vcp.kernel.settings import settings
from vcp.posts import standard, standard_sending
from vcp.posts.models import Post, StandardReply


@dataclass(frozen=True)
class Offer:
    """A standard reply as it would go out now."""

    message: Message
    reply: StandardReply
    text: str
    #: Whether the person must say first that the writer isn't the one who threatens.
    asks_third_party: bool


def offer(session: Session, case: Case, contact: Contact, person: Person) -> Offer | None:
    """Return the standard reply that this person may send for this case; None: there is none."""
    message = answered_first(case, contact)
    if message is None or not may(person, Permission.SEND_STANDARD_REPLIES, contact.area_path):
        return None
    reply = standard.offered(session, message)
    if reply is None or standard.was_sent(session, contact.id, reply):
        return None
    try:
        text = standard.filled(reply, message, settings())
        standard_sending.speaker(session, message)
    except VcpError:
        return None  # a setting is missing, or nobody may speak there: only an answer is left
    return Offer(message, reply, text, standard.may_be_a_threat(contact))


def send(
    session: Session, case_id: int, message_id: int, sha256: str, *, by: Person, third_party: bool
) -> Post:
    """Send the standard reply that was shown, to the message that it was shown for.

    Raises: NotAllowed; Invalid; Conflict, also when the words are others meanwhile.
    """
    case = service.locked(session, case_id)
    service.must_work(session, by, case)
    service.must_be_free(case, by)
    message = session.get(Message, message_id)
    if message is None or message.contact_id != case.contact_id:
        raise Invalid("That message isn't part of this case. Load the page again.")
    reply = standard.offered(session, message)
    if reply is None or reply.sha256 != sha256:
        raise Conflict("The standard reply has changed meanwhile. Read it again, then send it.")
    return standard_sending.send(session, message_id, by=by, third_party=third_party)
