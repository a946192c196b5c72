"""What to do about each category of message, as the desk reads it. Source: the triage policy."""

from dataclasses import dataclass

from vcp.triage.findings import Priority
from vcp.triage.inbound_categories import INBOUND, NOT_SCREENED


@dataclass(frozen=True)
class Advice:
    """What is done about one category, in order, and what is never done."""

    steps: tuple[str, ...]
    never: str = ""


_FURTHER = "Never ask in public for a name, an address, a number or details of an offence."
ADVICE: dict[str, Advice] = {
    "emergency_in_progress": Advice(
        (
            "Ring the control room now, and hand the case over to it.",
            "Send the standard reply: it tells the person to call 999.",
        ),
        "No officer goes alone.",
    ),
    "threat_to_person": Advice(
        (
            "Hand over to the control room. Tell the supervisor of whoever is threatened.",
            "If somebody else told us of the threat, thank them with the standard reply.",
        ),
        "Never answer the person who threatens.",
    ),
    "safeguarding": Advice(
        (
            "If a life is at risk now, hand over to the control room; otherwise to safeguarding.",
            "A person answers, in their own words, in the way that the writer chose.",
        ),
        "No standard reply. At home with a violent partner: nothing in public.",
    ),
    "hate_incident": Advice(
        (
            "Hand over to the desk that leads on hate crime.",
            "Send the standard reply: it says how to report, also for somebody else.",
        ),
        _FURTHER,
    ),
    "identity_check": Advice(
        (
            "Look up the account or the officer in the register.",
            "If money or access is being asked for now, hand over to the fraud desk.",
            "Send the standard reply: it says how to check.",
        )
    ),
    "crime_report": Advice(
        (
            "Hand over to the crime desk inside 24 hours, even if they never ring back.",
            "Send the standard reply: it says how to report.",
        ),
        _FURTHER,
    ),
    "police_complaint": Advice(
        (
            "Hand over to professional standards.",
            "Send the standard reply: people who aren't involved will look at it.",
        ),
        "The officer who is named never works it.",
    ),
    "intelligence": Advice(
        (
            "Hand over to the intelligence desk, unassessed.",
            "If what is public endangers whoever told us, have it hidden.",
            "Send the standard reply: it moves them to a private way.",
        ),
        _FURTHER,
    ),
    "media_enquiry": Advice(
        ("Hand over to the press office.", "Send the standard reply: it names the press office.")
    ),
    "information_rights": Advice(
        (
            "Hand over to the information team: the legal clock runs from today.",
            "Send the standard reply: it asks for the address in private.",
        )
    ),
    "asb_service_request": Advice(
        ("The neighbourhood team gives a real answer inside 72 hours, or refers it to a partner.",)
    ),
    "praise_chatter": Advice(("Nobody owes an answer. Thank them if you like.",)),
    "spam_abuse": Advice(("Hide or remove it with a reason; the copy is kept.",)),
    NOT_SCREENED: Advice(
        (
            "The screen could not judge this. Read all of it, and the pictures at the network.",
            "Then do what its kind needs.",
        )
    ),
}


def advice_for(categories: str) -> list[tuple[str, Advice]]:
    """Return name and advice of each category of a case, in its order."""
    return [
        (INBOUND[code].name, ADVICE[code])
        for code in categories.split(",")
        if code in INBOUND and code in ADVICE
    ]


def asks_thrive(priority: str) -> bool:
    """Say whether a hand-over of this priority is offered the six questions of an assessment."""
    return priority in (Priority.P1, Priority.P2)
