"""The error tree, and the HTTP status of each.

    VcpError
    ├── NotFound    404  it does not exist, or this person may not know that it does
    ├── NotAllowed  403  the person may not do this
    │   ├── FactorTooOld   the second factor must be given again first
    │   └── NotShown  404  nor may they know that it exists: told as NotFound, recorded as refused
    ├── Conflict    409  the thing is no longer in the state that this needs
    ├── Invalid     422  the words, file or time given can't be used
    └── Unavailable 503  a store is read-only, full or away: nothing was changed

The message is for the person: what happened and what to do. Details go to the log.
"""

from http import HTTPStatus


class VcpError(Exception):
    """Something that a person can be told about."""

    status = HTTPStatus.INTERNAL_SERVER_ERROR

    def __init__(self, message: str) -> None:
        """Keep the sentence that the person is shown."""
        super().__init__(message)
        self.message = message


class NotFound(VcpError):
    """No such thing for this person."""

    status = HTTPStatus.NOT_FOUND


class NotAllowed(VcpError):
    """This person may not do this; the refusal is recorded in the trail."""

    status = HTTPStatus.FORBIDDEN

    def __init__(
        self,
        message: str,
        *,
        attempted: str = "open",
        subject_kind: str = "page",
        subject_id: object = "",
    ) -> None:
        """Keep the sentence, and what the trail says was attempted on what."""
        super().__init__(message)
        self.attempted = attempted
        self.subject_kind = subject_kind
        self.subject_id = str(subject_id)


class FactorTooOld(NotAllowed):
    """The second factor was given too long ago for this step."""


class NotShown(NotAllowed):
    """There is such a thing, but this person may not know; they read what NotFound says."""

    status = HTTPStatus.NOT_FOUND


class Conflict(VcpError):
    """Someone else, or time, changed the thing first."""

    status = HTTPStatus.CONFLICT


class Invalid(VcpError):
    """What was given can't be used; `field` names the input it belongs to."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY

    def __init__(self, message: str, field: str | None = None) -> None:
        """Keep the sentence, and the form field that it belongs to."""
        super().__init__(message)
        self.field = field


class Unavailable(VcpError):
    """A store can't take this now; nothing was changed."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
