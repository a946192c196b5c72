"""What stands in for the public pages before they are rendered for the first time."""

from flask import Blueprint
from flask.typing import ResponseReturnValue

from vcp.kernel.errors import Unavailable
from vcp.kernel.permissions import public

bp = Blueprint("residents", __name__)


@bp.get("/")
@public
def home() -> ResponseReturnValue:
    """Say that the pages are being made; once they are, the folder answers before this does."""
    raise Unavailable("The public pages are being made for the first time. Try again in a minute.")
