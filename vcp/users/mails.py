"""The e-mails about accounts: invitation, reset, and what happened to somebody's factors."""

from functools import cache

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from sqlalchemy.orm import Session

from vcp.kernel import clock, mail
from vcp.kernel.places import folder
from vcp.kernel.settings import Settings
from vcp.users.models import User


def write(
    session: Session, settings: Settings, user: User, template: str, subject: str, **shown: object
) -> None:
    """Put one of `templates/users/mails/` into this unit of work, to this person."""
    body = (
        _texts()
        .get_template(f"users/mails/{template}.txt")
        .render(
            force_name=settings.force_name,
            name=user.display_name,
            reason=f"You get this because you have an account with {settings.force_name}.",
            base_url=settings.base_url,
            local=lambda at: f"{at.astimezone(settings.zone):%d %B %Y, %H:%M %Z}",
            **shown,
        )
    )
    mail.write(session, user.email, subject, body)


def changed(
    session: Session,
    settings: Settings,
    user: User,
    what: str,
    *,
    browser: str = "",
    left: int | None = None,
) -> None:
    """Tell somebody that a factor of theirs was changed or used, and what to do if it wasn't them.

    `what` is the start of a sentence: "Your password was changed".
    """
    shown = {"what": what, "at": clock.now(), "browser": browser, "left": left}
    write(session, settings, user, "changed", f"{what} - {settings.force_name}", **shown)


@cache
def _texts() -> Environment:
    return Environment(
        loader=FileSystemLoader(folder("templates")),
        autoescape=select_autoescape(("html", "xml")),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
