"""How the force answers, in figures for everybody: no identities, nothing that is too small."""

from dataclasses import replace

from sqlalchemy.orm import Session

from moderation import figures
from vcp.residents.addresses import FIGURES, FIGURES_JSON, file_of
from vcp.residents.site import Site

#: Every area's path begins so.
WHOLE_FORCE = ("/",)


def put_figures(site: Site, session: Session) -> None:
    """Put the page of figures, and the same as JSON."""
    found = figures.of_areas(session, WHOLE_FORCE)
    # To the minute: what hasn't changed is then written, and sent, no more often than needed.
    found = replace(found, at=found.at.replace(second=0, microsecond=0))
    site.put_page(
        FIGURES,
        "figures.html",
        figures=found,
        fewest=figures.FEWEST_PUBLIC,
        tellable=figures.tellable,
    )
    site.files.put(file_of(FIGURES_JSON), figures.public_json(found).encode())
