"""What is behind the folder of public files: its first minute, and images only staff may see."""

from flask import Blueprint, current_app, send_from_directory
from flask.typing import ResponseReturnValue

from vcp.kernel.errors import Unavailable
from vcp.kernel.permissions import Permission, public, requires

bp = Blueprint("residents", __name__)


@bp.get("/")
@public
def home() -> ResponseReturnValue:
    """Say that the pages are being made; once they are, the folder answers before this does."""
    raise Unavailable("The public pages are being made for the first time. Try again in a minute.")


@bp.get("/media/<name>")
@requires(Permission.USE_OWN_ACCOUNT)
def media(name: str) -> ResponseReturnValue:
    """Show staff an image of a draft; one that is public the folder has answered already."""
    folder = current_app.extensions["vcp_settings"].media.resolve()
    answer = send_from_directory(folder, name)
    answer.headers["Cache-Control"] = "no-store"
    return answer
