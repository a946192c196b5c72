"""What a person sees when something is refused or goes wrong."""

import logging

from flask import Flask, Response
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DBAPIError
from werkzeug.exceptions import HTTPException

from vcp.kernel.audit import record_refusal
from vcp.kernel.context import Machine, current_work
from vcp.kernel.db import explained, transaction
from vcp.kernel.errors import NotAllowed, Unavailable, VcpError
from vcp.kernel.permissions import me
from vcp.kernel.templating import error_page

logger = logging.getLogger(__name__)


def set_up(app: Flask) -> None:
    """Have every error end in a page that says what to do, and every refusal in the trail."""

    @app.errorhandler(VcpError)
    def _ours(error: VcpError) -> ResponseReturnValue:
        if isinstance(error, NotAllowed):
            _record_refusal(error)
        return _error_page(app, error.status, error.message)

    @app.errorhandler(DBAPIError)
    def _store(error: DBAPIError) -> ResponseReturnValue:
        told = explained(error)
        if isinstance(told, Unavailable):
            logger.error("The database can't be used: %s", error.orig)
            return _error_page(app, 503, told.message)
        return _unexpected(error)

    @app.errorhandler(CSRFError)
    def _forged(error: CSRFError) -> ResponseReturnValue:
        del error
        return _error_page(
            app, 400, "The page was open for too long, or you have signed in again since."
        )

    @app.errorhandler(HTTPException)
    def _http(error: HTTPException) -> ResponseReturnValue:
        if error.response is not None or (error.code or 500) < 400:  # noqa: PLR2004 - redirects
            return error.get_response()
        return _error_page(app, error.code or 500)

    @app.errorhandler(Exception)
    def _unexpected(error: Exception) -> ResponseReturnValue:
        logger.error("Unexpected error", exc_info=error)
        return _error_page(app, 500)


def _error_page(app: Flask, status: int, message: str | None = None) -> Response:
    """Return the page of this status; without a message, with the template's own words."""
    page = error_page(app, int(status), message=message, reference=current_work().request_id)
    return Response(page, status=int(status), mimetype="text/html")


def _record_refusal(error: NotAllowed) -> None:
    """Write the refusal in a unit of its own, since the refused one was rolled back."""
    by = me() if current_user and current_user.is_authenticated else Machine("stranger")
    try:
        with transaction() as current:
            record_refusal(current, by, error)
    except VcpError:
        logger.exception("A refusal could not be recorded")
