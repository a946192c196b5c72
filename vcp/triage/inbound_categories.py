"""The inbound categories as data: what each is, how grave it may be, and who must act.

Source: the inbound table of the force's triage policy; `docs/glossary.md` has the words.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from vcp.triage.findings import Priority

#: What a message is when no rule finds anything in it.
CHATTER = "praise_chatter"
#: The machine could not judge the message, so a person must read it.
NOT_SCREENED = "not_screened"
#: Something worth knowing beside the category; it decides nothing.
NOTE = "note"

#: Code of each desk that a message is handed to, and the name people see.
DESKS: dict[str, str] = {
    "control_room": "Control room",
    "crime": "Crime desk",
    "safeguarding": "Safeguarding desk",
    "intelligence": "Intelligence desk",
    "standards": "Professional standards",
    "press": "Press office",
    "information_rights": "Freedom of information and data protection team",
    "fraud": "Fraud desk",
    "neighbourhood": "Neighbourhood team",
    "moderator": "Moderator",
    "none": "Nobody",
}


class StandardReply(StrEnum):
    """Whether the standard reply of a category may be sent with one key."""

    ALWAYS = "always"
    #: Only to somebody who tells us of it, never to the person who does it.
    THIRD_PARTY = "third_party"
    NEVER = "never"


@dataclass(frozen=True)
class InboundCategory:
    """One kind of message; its priority may lie anywhere from `highest` to `lowest`."""

    code: str
    name: str
    desk: str
    priority: Priority
    highest: Priority
    lowest: Priority
    standard_reply: StandardReply = StandardReply.NEVER
    #: False where no rule may be silenced by other words in the sentence.
    excusable: bool = True

    @property
    def desk_name(self) -> str:
        """Return the desk in words."""
        return DESKS[self.desk]

    def may_be(self, priority: Priority) -> bool:
        """Say whether the priority lies in the range of this category."""
        return self.highest.value <= priority.value <= self.lowest.value


_ALL = (
    InboundCategory(
        "emergency_in_progress",
        "Emergency in progress",
        "control_room",
        Priority.P1,
        Priority.P1,
        Priority.P1,
        StandardReply.ALWAYS,
    ),
    InboundCategory(
        "threat_to_person",
        "Threat to a person",
        "control_room",
        Priority.P1,
        Priority.P1,
        Priority.P2,
        StandardReply.THIRD_PARTY,
        excusable=False,
    ),
    # A single weak hint is P3; two from one handle within a day are read together as P2.
    InboundCategory(
        "safeguarding",
        "Safeguarding",
        "safeguarding",
        Priority.P2,
        Priority.P1,
        Priority.P3,
        excusable=False,
    ),
    InboundCategory(
        "hate_incident",
        "Hate incident",
        "crime",
        Priority.P2,
        Priority.P2,
        Priority.P3,
        StandardReply.ALWAYS,
    ),
    InboundCategory(
        "identity_check",
        "Identity check",
        "fraud",
        Priority.P2,
        Priority.P1,
        Priority.P4,
        StandardReply.ALWAYS,
    ),
    InboundCategory(
        "crime_report",
        "Crime report",
        "crime",
        Priority.P3,
        Priority.P2,
        Priority.P3,
        StandardReply.ALWAYS,
    ),
    InboundCategory(
        "police_complaint",
        "Complaint about police",
        "standards",
        Priority.P3,
        Priority.P2,
        Priority.P3,
        StandardReply.ALWAYS,
    ),
    InboundCategory(
        "intelligence",
        "Intelligence",
        "intelligence",
        Priority.P3,
        Priority.P2,
        Priority.P3,
        StandardReply.ALWAYS,
    ),
    InboundCategory(
        "media_enquiry",
        "Media enquiry",
        "press",
        Priority.P3,
        Priority.P2,
        Priority.P3,
        StandardReply.ALWAYS,
    ),
    InboundCategory(
        "information_rights",
        "Information rights",
        "information_rights",
        Priority.P3,
        Priority.P2,
        Priority.P4,
        StandardReply.ALWAYS,
    ),
    InboundCategory(
        "asb_service_request",
        "Anti-social behaviour or service request",
        "neighbourhood",
        Priority.P4,
        Priority.P2,
        Priority.P4,
    ),
    InboundCategory(
        "spam_abuse", "Spam or abuse", "moderator", Priority.P4, Priority.P4, Priority.P4
    ),
    InboundCategory(CHATTER, "Praise or chatter", "none", Priority.P4, Priority.P4, Priority.P4),
    InboundCategory(
        NOT_SCREENED, "A person must read it", "moderator", Priority.P2, Priority.P2, Priority.P3
    ),
    InboundCategory(NOTE, "Note", "none", Priority.P4, Priority.P4, Priority.P4),
)

#: Every inbound category by its code. When two findings have one priority, the verdict takes the
#: category that comes first here.
INBOUND: dict[str, InboundCategory] = {category.code: category for category in _ALL}

INBOUND_ORDER: dict[str, int] = {code: place for place, code in enumerate(INBOUND)}
