"""A small app that shows every frame and macro with invented words."""

import json
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from zoneinfo import ZoneInfo

from flask import Flask, flash, render_template, request
from flask_wtf import CSRFProtect
from govuk_frontend_wtf.wtforms_widgets import (
    GovFileInput,
    GovSelect,
    GovSubmitInput,
    GovTextArea,
    GovTextInput,
)
from jinja2 import BaseLoader, ChoiceLoader, FileSystemLoader
from wtforms import FileField, SelectField, StringField, SubmitField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import DataRequired

from tests.templates import sample
from vcp.kernel.forms import BaseForm
from vcp.kernel.headers import protect
from vcp.kernel.pages import Page
from vcp.kernel.places import static_folder
from vcp.kernel.settings import Mode, Settings
from vcp.kernel.templating import configure_templates


class ComposeForm(BaseForm):
    """Every kind of field that the product's forms use."""

    persona = SelectField(
        "Post as", choices=[SelectChoice("1", "PC Rowan Ashby")], widget=GovSelect()
    )
    text = TextAreaField(
        "What do you want to say?", [DataRequired("Write the post.")], widget=GovTextArea()
    )
    warning = StringField("Content warning (optional)", widget=GovTextInput())
    images = FileField("Images (optional)", widget=GovFileInput())
    on = StringField(
        "Date", [DataRequired("Choose the day on which it goes out.")], widget=GovTextInput()
    )
    at = StringField("Time", description="Local time, for example 14:30", widget=GovTextInput())
    send = SubmitField("Send for approval", widget=GovSubmitInput())


def local_time(at: datetime, zone: ZoneInfo | None = None) -> str:
    """Return a time as people say it, with its zone."""
    return f"{at.astimezone(zone or ZoneInfo('Europe/London')):%d %b %Y, %H:%M %Z}"


def make_app(mode: str = "demo") -> Flask:
    """Return the app; it has the product's templates and nothing else of the product."""
    app = Flask(__name__, static_folder=str(static_folder()), static_url_path="/static")
    app.config.update(SECRET_KEY="only for these tests", TESTING=True)
    CSRFProtect(app)
    configure_templates(app)
    settings = Settings(mode=Mode.TEST, force_name=sample.FORCE)
    protect(app, settings)
    loaders: list[BaseLoader] = [FileSystemLoader(Path(__file__).parent / "pages")]
    if app.jinja_loader:
        loaders.append(app.jinja_loader)
    app.jinja_loader = ChoiceLoader(loaders)
    app.add_template_filter(local_time, "localtime")
    app.add_template_filter(datetime.isoformat, "isoformat")
    app.jinja_env.globals.update(force_name=sample.FORCE, mode=mode, settings=settings)
    _staff_pages(app)
    _public_pages(app)
    return app


def _staff_pages(app: Flask) -> None:
    me = SimpleNamespace(display_name="PC Rowan Ashby")

    @app.route("/compose", methods=["GET", "POST"])
    def compose() -> tuple[str, int]:
        form = ComposeForm()
        valid = form.validate_on_submit() or not form.is_submitted()
        page = render_template(
            "compose.html",
            me=me,
            nav=sample.NAV,
            form=form,
            found=[sample.PLATE, sample.CHILD],
            pieces=sample.PIECES,
            previews=[sample.PREVIEW],
            limits=json.dumps(sample.LIMITS),
        )
        return page, 200 if valid else 422

    @app.get("/list")
    def listed() -> str:
        flash("Approved. It goes out at 14:30.", "success")
        flash("That did not work: the channel is blocked.", "error")
        return render_template(
            "list.html",
            me=me,
            nav=sample.NAV,
            at=sample.AT,
            page=Page([], number=4, per_page=20, total=171),
            post_states=sample.POST_STATES,
            other_states=sample.OTHER_STATES,
        )

    @app.post("/check")
    def check() -> tuple[str, int]:
        words = request.form["text"]
        if words == "away":
            return "", 503
        return render_template("check.html", found=[sample.PLATE] if "AB12" in words else []), 200


def _public_pages(app: Flask) -> None:
    @app.get("/public")
    def public() -> str:
        return render_template(
            "public.html",
            posts=sample.POSTS,
            officers=sample.OFFICERS,
            section="officers",
        )

    @app.get("/error/<int:status>")
    def error(status: int) -> str:
        return render_template("errors/error.html", status=status, reference="5f0c2a")
