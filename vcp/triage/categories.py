"""The outbound categories as data: what each is, who decides, what the author is told.

Source: the outbound table of the force's triage policy; `docs/glossary.md` has the words.
"""

from __future__ import annotations

from dataclasses import dataclass

from vcp.triage.findings import Priority

CLEAN = "clean"
NOT_SCREENED = "not_screened"

#: Code of each decision maker, and the name people see.
DECISION_MAKERS: dict[str, str] = {
    "supervisor": "Supervisor",
    "sio_gold": "Senior investigating officer or gold commander",
    "sio_communications": "Senior investigating officer with communications",
    "sio_safeguarding": "Senior investigating officer with safeguarding",
    "legal": "Legal services with communications",
    "duty_inspector": "Duty inspector",
    "information_management": "Supervisor with the information-management rule",
    "election_contact": "Election single point of contact",
    "tone_supervisor": "Supervisor, with professional standards if it discriminates",
    "communications": "Communications, or the commander in an operation",
    "ripa_gatekeeper": "Covert authorities gatekeeper",
    "professional_standards": "Professional standards",
}


@dataclass(frozen=True)
class OutboundCategory:
    """One kind of risk in a draft; `releasable` is false where nobody may release it here."""

    code: str
    name: str
    decision_maker: str
    say: str
    priority: Priority
    releasable: bool = True

    @property
    def decision_maker_name(self) -> str:
        """Return the decision maker in words."""
        return DECISION_MAKERS[self.decision_maker]


_ALL = (
    OutboundCategory(
        "operational_disclosure",
        "Operational disclosure",
        "sio_gold",
        "This may tell people what we are about to do or how. "
        "Publish after the event, with the outcome only.",
        Priority.P1,
    ),
    OutboundCategory(
        "identifies_suspect",
        "Identifies a suspect",
        "sio_communications",
        "Before charge: gender, age, town, offence, date and status only.",
        Priority.P1,
    ),
    OutboundCategory(
        "identifies_victim_witness",
        "Identifies a victim or witness",
        "sio_communications",
        "Could a neighbour work out who this is?",
        Priority.P1,
    ),
    OutboundCategory(
        "identifies_child",
        "Identifies a child",
        "sio_safeguarding",
        "No school, year, picture or family link.",
        Priority.P1,
    ),
    OutboundCategory(
        "sub_judice",
        "Active proceedings",
        "legal",
        "Proceedings are active. Charge, court and date only, with comments off.",
        Priority.P1,
    ),
    OutboundCategory(
        "live_location",
        "Live location of officers",
        "duty_inspector",
        "Is this a planned public event? Say so. Otherwise post after you have left.",
        Priority.P1,
    ),
    OutboundCategory(
        "personal_data",
        "Personal data",
        "information_management",
        "Take it out, or give the written reason for showing it.",
        Priority.P1,
    ),
    OutboundCategory(
        "political_content",
        "Political content",
        "election_contact",
        "Police must be seen to be impartial.",
        Priority.P3,
    ),
    OutboundCategory(
        "uncivil_tone",
        "Uncivil tone",
        "tone_supervisor",
        "Would you say this to their face, in uniform, with your inspector there?",
        Priority.P2,
    ),
    OutboundCategory(
        "unverified_claim",
        "Unverified claim",
        "communications",
        "Who says so, and may we say it?",
        Priority.P2,
    ),
    OutboundCategory(
        "covert_or_surveillance",
        "Covert work or surveillance",
        "ripa_gatekeeper",
        "This toolkit is for overt work. Stop, and speak to the covert authorities bureau.",
        Priority.P1,
        releasable=False,
    ),
    OutboundCategory(
        "professional_boundary",
        "Professional boundary",
        "professional_standards",
        "Not sent. Your supervisor will look at this.",
        Priority.P1,
        releasable=False,
    ),
    OutboundCategory(
        NOT_SCREENED,
        "Not screened",
        "supervisor",
        "The screen could not judge this draft. A decision maker must read it before it goes out.",
        Priority.P2,
    ),
    OutboundCategory(CLEAN, "Nothing found", "supervisor", "", Priority.P4),
)

#: Every outbound category by its code.
OUTBOUND: dict[str, OutboundCategory] = {category.code: category for category in _ALL}

#: When two findings have one priority, the verdict takes the category that comes first here.
ORDER: dict[str, int] = {
    code: place
    for place, code in enumerate(
        (
            "professional_boundary",
            "covert_or_surveillance",
            "operational_disclosure",
            "identifies_child",
            "identifies_victim_witness",
            "identifies_suspect",
            "sub_judice",
            "live_location",
            "personal_data",
            "uncivil_tone",
            "unverified_claim",
            "political_content",
            NOT_SCREENED,
            CLEAN,
        ),
    )
}
