"""What rendering needs: the settings, the templates and the folder of public files."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Flask
from jinja2 import Environment
from sqlalchemy.orm import Session

from vcp.kernel.media import media_url
from vcp.kernel.settings import Settings
from vcp.residents.addresses import file_of
from vcp.residents.files import PublicFolder

#: Where the images that residents may see are, below the folder of public files.
MEDIA = "media"


@dataclass(frozen=True)
class Site:
    """The public site of one installation."""

    settings: Settings
    templates: Environment
    files: PublicFolder

    def put_page(self, path: str, template: str, *, durable: bool = False, **shown: Any) -> bool:
        """Render a template to where the path says; false when it is there already."""
        page = self.templates.get_template(f"site/{template}").render(
            base_url=self.settings.base_url,
            emergency_number=self.settings.emergency_number,
            non_emergency_number=self.settings.non_emergency_number,
            report_url=self.settings.report_url,
            path=path,
            **shown,
        )
        return self.files.put(file_of(path), page.encode(), durable=durable)

    @contextmanager
    def turn(self, session: Session, name: str) -> Iterator[None]:
        """Take the lock of this name, and let the session see what is stored by then."""
        with self.files.locked(name):
            session.rollback()
            yield

    def absolute(self, path: str) -> str:
        """Return the full address of a path."""
        return self.settings.base_url + path

    def photo_url(self, digest: str | None, media_type: str | None) -> str | None:
        """Return where a persona's photo is served; None while there is none."""
        if not digest or not media_type:
            return None
        url = media_url(digest, media_type)
        return url if (self.settings.media / Path(url).name).is_file() else None


def site_of(app: Flask) -> Site:
    """Return the app's public site."""
    settings: Settings = app.extensions["vcp_settings"]
    return Site(settings, app.jinja_env, PublicFolder(settings.site))
