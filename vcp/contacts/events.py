"""What happens to contacts that other features act on in the same transaction."""

from dataclasses import dataclass

from vcp.kernel.events import Event


@dataclass(frozen=True)
class MessageArrived(Event):
    """A message was stored, screened and put into its contact; first of this contact or not."""

    message_id: int
    contact_id: int


@dataclass(frozen=True)
class MessageChanged(Event):
    """The author edited or deleted a message; an edit was screened again."""

    message_id: int
    change_id: int
    contact_id: int


@dataclass(frozen=True)
class ContactRaised(Event):
    """A person gave a contact its category and priority, or logged one."""

    contact_id: int


@dataclass(frozen=True)
class AnswerMissed(Event):
    """A resident told us that no answer came in time."""

    contact_id: int


@dataclass(frozen=True)
class ContactClosing(Event):
    """A contact is about to be closed; who must decide first raises Conflict."""

    contact_id: int
