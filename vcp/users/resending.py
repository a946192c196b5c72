"""What a person had sent when a password or code was asked for first: kept, so nothing is lost.

The fields travel as hidden inputs of the page that asks. A signed ticket, made only while
answering a form that was sent with its own CSRF token, says where they may be sent on to.
"""

from dataclasses import dataclass

from flask import current_app, request
from itsdangerous import BadData, URLSafeTimedSerializer
from werkzeug.exceptions import HTTPException

from vcp.kernel.pages import safe_next

#: Never written into a page again.
SECRET_PARTS = ("csrf_token", "password", "code", "secret", "factor_")
MOST_CHARACTERS = 64 * 1024
#: A ticket is good for as long as somebody may take over signing in again.
TICKET_S = 4 * 3600


@dataclass(frozen=True)
class Kept:
    """The fields of one form, where it was going, and whether pictures must be chosen again."""

    ticket: str
    fields: tuple[tuple[str, str], ...] = ()
    files_lost: bool = False


def keep_request() -> Kept:
    """Return what the form being answered holds; too much of it is not kept."""
    fields = tuple(_own_fields())
    if sum(len(name) + len(value) for name, value in fields) > MOST_CHARACTERS:
        return Kept("")
    files_lost = any(upload.filename for upload in request.files.values())
    return Kept(_signer().dumps(request.full_path.rstrip("?")), fields, files_lost)


def keep_again() -> Kept | None:
    """Return what the page that asks was itself given to keep; None when nothing."""
    ticket = request.form.get("factor_resend", "")
    if not ticket or destination(ticket) is None:
        return None
    return Kept(ticket, tuple(_own_fields()), bool(request.form.get("factor_files_lost")))


def destination(ticket: str) -> str | None:
    """Return the path that a ticket is for; None when it isn't ours, or too old."""
    try:
        path = str(_signer().loads(ticket, max_age=TICKET_S))
    except BadData:
        return None
    return safe_next(path, "") or None


def words_of(kept: Kept) -> list[str]:
    """Return what was written in words, to be read again before it is sent."""
    return [value for _, value in kept.fields if " " in value.strip()]


def page_before(path: str) -> str | None:
    """Return the page on which a form that goes to this path stands; None when there is none."""
    urls = current_app.create_url_adapter(request)
    bare = path.partition("?")[0]
    for page in (bare, bare.rpartition("/")[0]):
        try:
            if urls is not None and urls.match(page, method="GET"):
                return path if page == bare else page
        except HTTPException:
            continue
    return None


def _own_fields() -> list[tuple[str, str]]:
    return [
        (name, value)
        for name, value in request.form.items(multi=True)
        if not any(part in name for part in SECRET_PARTS)
    ]


def _signer() -> URLSafeTimedSerializer:
    # itsdangerous takes the oldest key first and signs with the last.
    keys = [*reversed(current_app.config["SECRET_KEY_FALLBACKS"]), current_app.secret_key]
    return URLSafeTimedSerializer(keys, salt="vcp resend")
