"""A conversation as staff read it: what came, what we said, what was noted, in order of time."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from vcp.contacts.models import ChangeKind, Contact, ContactKind, Message, Note
from vcp.triage.inbound_categories import INBOUND

KINDS = {
    ContactKind.NETWORK: "On a network",
    ContactKind.QUESTION: "Question on our site",
    ContactKind.FEEDBACK: "Feedback on our site",
    ContactKind.SURGERY: "Surgery",
    ContactKind.VISIT: "Visit",
    ContactKind.BRIEFING: "Street briefing",
    ContactKind.EVENT: "Event",
}
#: What came with a message, in words: nothing of it is fetched.
MEDIA_WORDS = {"image": "Picture", "gifv": "Moving picture", "video": "Video", "audio": "Sound"}
PRIVATE = ("private", "direct")


class Answered(Protocol):
    """An answer of ours, as a higher feature shows it."""

    post_id: Any
    persona: Any
    text: Any
    state: Any
    at: Any
    url: Any


@dataclass(frozen=True)
class Entry:
    """One thing in a conversation: a message, a change of it, an answer of ours, a note."""

    kind: str
    at: datetime
    who: str
    text: str
    message: Message | None = None
    answer: Answered | None = None
    #: What the author wrote instead, or that it was taken away.
    changes: Sequence[str] = field(default=())
    is_deleted: bool = False
    is_private: bool = False


def entries(contact: Contact, answers: Iterable[Answered]) -> list[Entry]:
    """Return everything in the conversation, oldest first."""
    found = [
        *(_of_message(message) for message in contact.messages),
        *(_of_answer(answer) for answer in answers),
        *(_of_note(note) for note in contact.notes),
    ]
    return sorted(found, key=lambda entry: entry.at)


def _of_message(message: Message) -> Entry:
    edits = [change.text for change in message.changes if change.kind is ChangeKind.EDITED]
    return Entry(
        "message",
        message.posted_at,
        message.display_name or message.handle,
        message.text,
        message=message,
        changes=edits,
        is_deleted=any(change.kind is ChangeKind.DELETED for change in message.changes),
        is_private=message.visibility in PRIVATE,
    )


def _of_answer(answer: Answered) -> Entry:
    return Entry("answer", answer.at, answer.persona, answer.text, answer=answer)


def _of_note(note: Note) -> Entry:
    return Entry("note", note.written_at, note.written_by.display_name, note.text)


def category_name(code: str) -> str:
    """Return a category as people read it."""
    known = INBOUND.get(code)
    return known.name if known else code.replace("_", " ").capitalize()


def media_words(item: dict[str, Any]) -> str:
    """Return what came with a message, in words."""
    return MEDIA_WORDS.get(str(item.get("kind", "")), "Attachment")
