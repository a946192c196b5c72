"""What a check of a name, address or link says, and of whom."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from vcp.residents.views import OfficerView


class Outcome(StrEnum):
    """What the check says."""

    GENUINE = "genuine"
    ENDED = "ended"
    #: Of an account or name that is ours, but without what would tell it from a copy.
    NAME = "name"
    LOOKALIKE = "lookalike"
    UNKNOWN = "unknown"
    POST = "post"
    WITHDRAWN = "withdrawn"
    UNKNOWN_POST = "unknown_post"
    #: On an account of ours, and we have said that it doesn't come from us, or was changed.
    DISAVOWED = "disavowed"
    OUR_SITE = "our_site"
    OUR_MAIL = "our_mail"


@dataclass(frozen=True)
class Verdict:
    """The outcome, and whose it is; names are ours, never what was typed."""

    outcome: Outcome
    #: The account or officer as the register has it; of a look-alike, the genuine one.
    name: str = ""
    network: str = ""
    url: str | None = None
    officers: tuple[OfficerView, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    #: What we say in public about it at present.
    statement: str = ""
