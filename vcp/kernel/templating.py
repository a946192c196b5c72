"""How pages find their templates, the GOV.UK macros and their static files."""

import hashlib
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from flask import Flask, request
from jinja2 import ChoiceLoader, FileSystemLoader, PackageLoader, PrefixLoader
from jinja2.bccache import Bucket, BytecodeCache
from wtforms import Field, FieldList, FormField
from wtforms.form import BaseForm
from wtforms.widgets import HiddenInput

from vcp.kernel.places import folder, static_folder
from vcp.kernel.visible import resident_text, web_link

GOVUK_PACKAGES = ("govuk_frontend_jinja", "govuk_frontend_wtf")


class _Compiled(BytecodeCache):
    """Compiled templates of this process: a second app, as in tests, needn't compile them again."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Use what was compiled from the same words."""
        if code := self.kept.get((bucket.key, bucket.checksum)):
            bucket.bytecode_from_string(code)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep what was compiled."""
        self.kept[bucket.key, bucket.checksum] = bucket.bytecode_to_string()


_compiled = _Compiled()


def configure_templates(app: Flask) -> None:
    """Let the app's templates use ours, the GOV.UK macros, and the functions below."""
    # The macros write much white space; trimming it halves the size of a page.
    app.jinja_options = {
        **app.jinja_options,
        "trim_blocks": True,
        "lstrip_blocks": True,
        "bytecode_cache": _compiled,
    }
    app.jinja_loader = ChoiceLoader(
        [
            FileSystemLoader(folder("templates")),
            PrefixLoader({name: PackageLoader(name) for name in GOVUK_PACKAGES}),
        ]
    )
    app.add_template_filter(resident_text, "resident_text")
    app.add_template_filter(web_link, "web_link")
    app.add_template_global(static_url, "static_url")
    app.add_template_global(error_links, "error_links")
    app.add_template_global(page_url, "page_url")


def error_page(app: Flask, status: int, **shown: object) -> str:
    """Return the error page for `status`, rendered with no request, database or sign-in."""
    # Not `render_template`: its context processors may need what has just failed.
    return app.jinja_env.get_template("errors/error.html").render(status=status, **shown)


def static_url(name: str) -> str:
    """Return the address of a file in `vcp/static`, changing when its contents change.

    Raises: FileNotFoundError when there is no such file.
    """
    path = static_folder() / name
    return f"/static/{name}?v={_fingerprint(path, path.stat().st_mtime_ns)}"


def page_url(number: int) -> str:
    """Return the address of another page of the list being shown, its search kept."""
    kept = [pair for pair in request.args.items(multi=True) if pair[0] != "page"]
    return f"{request.path}?{urlencode([*kept, ('page', str(number))])}"


@lru_cache(maxsize=256)
def _fingerprint(path: Path, _changed_at_ns: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:10]


def error_links(form: BaseForm) -> list[dict[str, str]]:
    """Return what an error summary lists: the first fault of each field, linked to that field."""
    # Not govuk-frontend-wtf's own: it links faults of the whole form to "#None", and hidden
    # fields to something that nobody can see.
    links = [{"text": str(fault)} for fault in form.form_errors]
    for field in form:
        links.extend(_links_of(field))
    return links


def _links_of(field: Field) -> Iterator[dict[str, str]]:
    if isinstance(field, FormField):
        yield from error_links(field.form)
    elif isinstance(field, FieldList) and any(entry.errors for entry in field):
        for entry in field:
            yield from _links_of(entry)
    elif field.errors:
        link: dict[str, Any] = {"text": str(next(iter(field.errors)))}
        if not isinstance(field.widget, HiddenInput):
            link["href"] = f"#{field.id}"
        yield link


def localtime(own_zone: ZoneInfo) -> Callable[..., str]:
    """Return the filter that shows a moment in a zone, staff's own unless one is given."""

    def local(moment: datetime | None, zone: str | None = None) -> str:
        """Return the moment as people here read it: 26 Nov 2026, 14:05 GMT."""
        if moment is None:
            return ""
        there = moment.astimezone(ZoneInfo(zone) if zone else own_zone)
        return f"{there.day} {there:%b %Y, %H:%M %Z}"

    return local
