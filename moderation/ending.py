"""Ending a case together with its conversation, in one unit of work."""

from sqlalchemy.orm import Session

from moderation import service
from moderation.models import Case
from vcp.contacts import working
from vcp.contacts.models import Contact
from vcp.contacts.states import ContactState, Disposition
from vcp.kernel.permissions import Person


def end_case(
    session: Session,
    case_id: int,
    disposition: Disposition,
    reason: str,
    *,
    by: Person,
    version: int | None = None,
    duplicate_of: int | None = None,
    close_contact: bool = False,
) -> Case:
    """Dispose of a case as `service.dispose` does, and close its conversation if asked.

    Raises: as `service.dispose`.
    """
    case = service.dispose(
        session, case_id, disposition, reason, by=by, version=version, duplicate_of=duplicate_of
    )
    contact = session.get_one(Contact, case.contact_id)
    if close_contact and contact.state is not ContactState.CLOSED:
        working.close(session, contact.id, disposition.value, case.reason, by=by)
    return case
