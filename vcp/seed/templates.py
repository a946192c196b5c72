"""What the invented force says again and again, as templates."""

from sqlalchemy.orm import Session

from vcp.areas import queries as areas
from vcp.kernel.permissions import Permission, allowed_paths
from vcp.posts import saved_templates
from vcp.posts.words import Words
from vcp.seed.cast import Cast

#: Name, text, and the content warning of those that have one.
TEXTS = (
    (
        "Surgery",
        "Our next surgery is at {place} on {date}, from {start} to {end}. No appointment needed.",
        None,
    ),
    (
        "Bike marking",
        "Bring your bike to {place} on {date}. We mark it free of charge, in about ten minutes.",
        None,
    ),
    (
        "Road closed",
        "{road} is closed {where}. Please go another way. We say here when it is open again.",
        "Road closed: {road}",
    ),
)


def add_templates(session: Session, cast: Cast) -> None:
    """Save them for the first district, in the name of its supervisor."""
    sergeant = cast.user(session, "sergeant:district:0")
    area = areas.by_path(session, allowed_paths(sergeant, Permission.WRITE_POSTS)[0])
    for name, text, warning in TEXTS:
        words = Words(text, content_warning=warning)
        saved_templates.add(session, area.id, name, words, by=sergeant)
