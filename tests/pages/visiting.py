"""One visit of a page in one state, and who may go."""

from dataclasses import dataclass, field

from vcp.kernel.permissions import Role

OFFICER, SUPERVISOR, MODERATOR = Role.OFFICER, Role.SUPERVISOR, Role.MODERATOR
DECIDER, AUDITOR, ADMIN = Role.DECISION_MAKER, Role.AUDITOR, Role.ADMINISTRATOR


@dataclass(frozen=True)
class Visit:
    """One page in one state."""

    endpoint: str
    who: str
    state: str = ""
    gaps: dict[str, str] = field(default_factory=dict)
    query: dict[str, str] = field(default_factory=dict)
    #: Sent as a form when given; `{name}` is filled from the things of the scene.
    fields: dict[str, str] | None = None
    status: int = 200
    scene: str = "full"

    @property
    def name(self) -> str:
        """What the test is called."""
        return "-".join(filter(None, (self.endpoint, self.state, self.scene * (not self.state))))


def refused(endpoint: str, who: str, fields: dict[str, str], **more: dict[str, str]) -> Visit:
    """The form of this page, shown again with what is wrong."""
    return Visit(endpoint, who, "refused", fields=fields, status=422, **more)  # type: ignore[arg-type]  # gaps, query
