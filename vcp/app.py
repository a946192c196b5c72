"""create_app(): the one module that knows every feature."""

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from inspect import iscoroutinefunction
from typing import Any
from wsgiref.headers import Headers

from flask import Flask, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_wtf.csrf import CSRFProtect
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.middleware.proxy_fix import ProxyFix
from whitenoise import WhiteNoise

import moderation.acknowledging_routes
import moderation.case_routes
import moderation.checks
import moderation.desk_routes
import moderation.figures_routes
import moderation.hold_routes
import moderation.holds
import moderation.intake
import moderation.letters
import moderation.models
import moderation.queries
import moderation.routes
import officer_profiles.models
import officer_profiles.routes
import officer_profiles.service
import vcp.areas.models
import vcp.areas.routes
import vcp.audit.routes
import vcp.channels.budget_routes
import vcp.channels.checks
import vcp.channels.models
import vcp.channels.routes
import vcp.channels.service
import vcp.contacts.checks
import vcp.contacts.listing
import vcp.contacts.routes
import vcp.posts.alarm_queries
import vcp.posts.alarm_routes
import vcp.posts.answer_routes
import vcp.posts.answering
import vcp.posts.checks
import vcp.posts.compose_routes
import vcp.posts.control_routes
import vcp.posts.correction_routes
import vcp.posts.decision_routes
import vcp.posts.delivery_queries
import vcp.posts.delivery_routes
import vcp.posts.leaving
import vcp.posts.models
import vcp.posts.queries
import vcp.posts.routes
import vcp.posts.schedule_routes
import vcp.posts.series_making
import vcp.posts.standard_routes
import vcp.posts.template_routes
import vcp.residents.ask_routes
import vcp.residents.check_routes
import vcp.residents.checks
import vcp.residents.listeners
import vcp.residents.models
import vcp.residents.routes
import vcp.users.account_routes
import vcp.users.demo
import vcp.users.queries
import vcp.users.routes
import vcp.users.sign_in
import vcp.users.staff_routes
from officer_profiles.events import PersonaChanged
from vcp.areas.events import AreaChanged
from vcp.channels.events import ChannelChanged
from vcp.contacts.events import (
    AnswerMissed,
    ContactClosing,
    ContactRaised,
    MessageArrived,
    MessageChanged,
)
from vcp.kernel import clock, error_pages, headers, health, jobs, mail, vault
from vcp.kernel.context import work
from vcp.kernel.db import db, engine_options, prepare_engine, session
from vcp.kernel.events import listen
from vcp.kernel.pages import RowIdConverter
from vcp.kernel.permissions import Permission, allowed_paths, me, requires
from vcp.kernel.places import static_folder
from vcp.kernel.settings import Mode, Settings
from vcp.kernel.templating import configure_templates, localtime_in
from vcp.posts.events import (
    Answered,
    ApprovalEnded,
    DisavowalChanged,
    DraftHeld,
    HoldEnded,
    PostChanged,
)
from vcp.residents.serving import PublicFiles, security_headers
from vcp.triage.categories import CLEAN, OUTBOUND
from vcp.users.events import PersonOut

logger = logging.getLogger(__name__)

#: The features' pages.
FEATURES = (
    health.bp,
    vcp.audit.routes.bp,
    vcp.posts.routes.bp,
    *vcp.posts.schedule_routes.BLUEPRINTS,
    vcp.posts.standard_routes.bp,
    vcp.posts.template_routes.bp,
    moderation.routes.bp,
    moderation.acknowledging_routes.bp,
    moderation.desk_routes.bp,
    moderation.figures_routes.bp,
    vcp.contacts.routes.bp,
    vcp.posts.delivery_routes.bp,
    vcp.posts.control_routes.bp,
    vcp.posts.alarm_routes.bp,
    vcp.residents.routes.bp,
    vcp.residents.ask_routes.bp,
    vcp.residents.check_routes.bp,
    officer_profiles.routes.bp,
    vcp.channels.routes.bp,
    vcp.areas.routes.bp,
    vcp.users.routes.bp,
    vcp.users.account_routes.bp,
    vcp.users.staff_routes.bp,
)

#: The staff menu: text, endpoint, the permission that shows it, and what counts its badge.
NAVIGATION: tuple[tuple[str, str, Permission, Any], ...] = (
    ("Posts", "posts.in_areas", Permission.SEE_POSTS, None),
    ("My posts", "posts.mine", Permission.WRITE_POSTS, None),
    ("Write", "posts.new", Permission.WRITE_POSTS, None),
    ("Contacts", "contacts.listed", Permission.SEE_CONTACTS, vcp.contacts.listing.waiting_count),
    ("Approvals", "posts.awaiting", Permission.APPROVE_POSTS, vcp.posts.queries.waiting_count),
    ("Desk", "cases.listed", Permission.SEE_CASES, None),
    ("Calendar", "calendar.show", Permission.SEE_POSTS, None),
    ("Deliveries", "deliveries.listed", Permission.SEE_DELIVERIES, None),
    ("Control", "control.show", Permission.SEE_PAUSES, None),
    ("Alarms", "alarms.listed", Permission.SEE_ALARMS, None),
    ("Replies", "replies.listed", Permission.SEE_STANDARD_REPLIES, None),
    ("Personas", "personas.index", Permission.SEE_PERSONAS, None),
    ("Channels", "channels.index", Permission.SEE_CHANNELS, None),
    ("Figures", "figures.show", Permission.SEE_FIGURES, None),
    ("Desks", "desks.listed", Permission.MANAGE_DESKS, None),
    ("Staff", "staff.listed", Permission.SEE_STAFF, None),
    ("Areas", "areas.tree", Permission.SEE_AREAS, None),
    ("Trail", "audit.search", Permission.SEE_TRAIL, None),
    ("Health", "health.page", Permission.SEE_HEALTH, None),
    ("Mails", "health.mails", Permission.SEE_MAILS, None),
)

#: Counted together, in one question: every staff page asks it.
COUNTED = {
    "Desk": moderation.queries.open_count,
    "Deliveries": vcp.posts.delivery_queries.asking,
    "Alarms": vcp.posts.alarm_queries.open_count,
    "Stopped": vcp.posts.pause_queries.full_stops,
}

#: Where work begins, for the first of these permissions that a person has.
HOMES = (
    (Permission.APPROVE_POSTS, "posts.awaiting"),
    (Permission.WRITE_POSTS, "posts.mine"),
    (Permission.RETURN_HOLDS, "cases.listed"),
    (Permission.SEE_TRAIL, "audit.search"),
    (Permission.MANAGE_STAFF, "staff.listed"),
    (Permission.USE_OWN_ACCOUNT, "account.show"),
)

STATIC_MAX_AGE_S = 365 * 24 * 3600


def create_app(settings: Settings) -> Flask:
    """Return the whole application for these settings; nothing is read from the database yet."""
    app = Flask("vcp", static_folder=None, template_folder=None)
    app.extensions["vcp_settings"] = settings
    app.extensions["vcp_actor_names"] = _actor_names
    app.extensions["vcp_answers_of"] = vcp.posts.answering.answers_of
    app.extensions["vcp_case_of"] = moderation.queries.open_of_contact
    app.extensions["vcp_outbound_categories"] = {
        category.code: category.name
        for category in OUTBOUND.values()
        if category.releasable and category.code != CLEAN
    }
    # Drafts and keys lie here: nobody else on the machine needs to look.
    settings.instance.mkdir(mode=0o700, parents=True, exist_ok=True)
    clock.shift(timedelta(seconds=settings.clock_offset_s))
    keys = settings.signing_keys()
    app.config.update(
        SECRET_KEY=keys[0],
        SECRET_KEY_FALLBACKS=keys[1:],
        MAX_CONTENT_LENGTH=max(4 * settings.upload_bytes, settings.video_bytes) + 1024 * 1024,
        MAX_FORM_MEMORY_SIZE=2 * 1024 * 1024,
        WTF_CSRF_TIME_LIMIT=None,
        SQLALCHEMY_ENGINES={"default": engine_options(settings.database)},
    )
    _set_up_stores(app, settings)
    _set_up_pages(app, settings)
    error_pages.set_up(app)
    _wire_events()
    app.url_map.converters["int"] = RowIdConverter
    app.add_url_rule("/desk", "desk", desk)
    for blueprint in FEATURES:
        app.register_blueprint(blueprint)
    _serve_files(app, settings)
    return app


def _set_up_stores(app: Flask, settings: Settings) -> None:
    db.init_app(app)
    # Its clean-up of asynchronous sessions, which nothing here uses, starts an event loop at the
    # end of every context: measured at 0.95 ms against 0.012 ms without.
    app.teardown_appcontext_funcs[:] = [
        end for end in app.teardown_appcontext_funcs if not iscoroutinefunction(end)
    ]
    with app.app_context():
        prepare_engine(db.engine)
    if settings.mode is not Mode.PRODUCTION:  # there `vcp db upgrade` makes them
        vault.make_keys(settings.instance)
    mail.configure(settings)

    @contextmanager
    def surroundings() -> Iterator[None]:
        with app.app_context(), work("job"):
            yield

    jobs.configure(settings.redis, surroundings)


def _set_up_pages(app: Flask, settings: Settings) -> None:
    configure_templates(app)
    headers.protect(app, settings)
    CSRFProtect(app)
    vcp.users.sign_in.set_up(app, settings)
    app.add_template_filter(localtime_in(settings.zone), "localtime")
    app.add_template_filter(datetime.isoformat, "isoformat")
    app.jinja_env.globals.update(
        force_name=settings.force_name,
        mode=settings.mode.value,
        settings=settings,
        demo_offers=lambda: vcp.users.demo.offers(session(), settings),
        # The page of a channel lies below the feature that knows what was sent there.
        read_first=lambda channel: vcp.posts.delivery_queries.read_first(session(), channel.id),
    )

    @app.before_request
    def _start_work() -> None:
        g.work = work("page")
        g.work.__enter__()

    @app.teardown_request
    def _end_work(error: BaseException | None) -> None:
        del error
        if "work" in g:
            g.pop("work").__exit__(None, None, None)

    @app.context_processor
    def _shown_on_every_page() -> dict[str, Any]:
        if not request or not current_user or not current_user.is_authenticated:
            return {"me": None, "nav": []}
        # Each widget of a form is a template of its own and would count everything again.
        if "navigation" not in g:
            g.counts = _counts()
            g.navigation = _navigation(g.counts)
        return {
            "me": me(),
            "nav": g.navigation,
            "alarms": _entry("Alarms"),
            "full_stop": g.counts["Stopped"] and {"control": _entry("Control")},
            "account_url": url_for("account.show"),
            "sign_out_url": url_for("users.sign_out"),
        }


def _counts() -> dict[str, int]:
    """Return what this person is told of on every page."""
    questions = [counted(me()).scalar_subquery() for counted in COUNTED.values()]
    return dict(zip(COUNTED, session().execute(select(*questions)).one(), strict=True))


def _entry(text: str) -> dict[str, Any] | None:
    return next((item for item in g.navigation if item["text"] == text), None)


def _navigation(counts: dict[str, int]) -> list[dict[str, Any]]:
    """Return the menu of this person, with how many wait."""
    person, shown = me(), []
    # A page that has no entry of its own belongs to the first of its blueprint.
    endpoints = [entry[1] for entry in NAVIGATION]
    own = (name for name in endpoints if name.split(".", maxsplit=1)[0] == request.blueprint)
    here = request.endpoint if request.endpoint in endpoints else next(own, None)
    for text, endpoint, permission, count in NAVIGATION:
        if allowed_paths(person, permission):
            shown.append(
                {
                    "text": text,
                    "href": url_for(endpoint),
                    "active": endpoint == here,
                    "count": count(session(), person) if count else counts.get(text),
                }
            )
    return shown


def _actor_names(current: Session, actor_ids: Iterable[str]) -> dict[str, str]:
    """Return the names behind the trail's names, for those who may read them."""
    found = vcp.users.queries.by_actor(current, actor_ids)
    return {actor_id: user.display_name for actor_id, user in found.items()}


@requires(Permission.USE_OWN_ACCOUNT)
def desk() -> ResponseReturnValue:
    """Lead a person who has signed in to where their work begins."""
    return redirect(next(url_for(page) for needed, page in HOMES if allowed_paths(me(), needed)))


def _wire_events() -> None:
    """Say who listens to what; `tests/architecture` lists it."""
    listen(DraftHeld, moderation.holds.open_for_hold)
    listen(HoldEnded, moderation.holds.close_returned)
    listen(ApprovalEnded, vcp.posts.series_making.approval_ended)
    # First whose contact it is, then who must act: the case belongs to the contact's area.
    listen(MessageArrived, vcp.posts.answering.place_contact)
    listen(MessageArrived, moderation.intake.open_for_message)
    listen(MessageChanged, moderation.intake.raise_for_change)
    listen(ContactRaised, moderation.intake.open_for_contact)
    listen(ContactClosing, moderation.intake.refuse_while_open)
    listen(AnswerMissed, moderation.letters.answer_missed)
    listen(Answered, moderation.intake.note_answer)
    listen(PersonOut, vcp.posts.leaving.tell_supervisors)
    listen(AreaChanged, vcp.channels.service.own_feed_of_a_new_force)
    listen(PersonOut, officer_profiles.service.person_out)
    listen(PostChanged, vcp.residents.listeners.stale_for_post)
    listen(PersonaChanged, vcp.residents.listeners.stale_for_persona)
    listen(ChannelChanged, vcp.residents.listeners.stale_for_channel)
    listen(AreaChanged, vcp.residents.listeners.stale_for_area)
    listen(DisavowalChanged, vcp.residents.listeners.stale_for_disavowal)
    health.register(vcp.residents.checks.checks)
    health.register(vcp.channels.checks.checks)
    health.register(vcp.posts.checks.checks)
    health.register(moderation.checks.checks)
    health.register(vcp.contacts.checks.checks)


def _serve_files(app: Flask, settings: Settings) -> None:
    behind: Any = app.wsgi_app
    if settings.proxies:
        behind = ProxyFix(behind, x_for=settings.proxies, x_proto=settings.proxies)

    def protect(told: Headers, path: str, url: str) -> None:
        del path, url
        for name, value in security_headers(settings):
            told[name] = value

    static = WhiteNoise(
        behind,
        root=static_folder(),
        prefix="static/",
        max_age=STATIC_MAX_AGE_S,
        add_headers_function=protect,
    )
    # Residents' pages come first: they must answer whatever is wrong behind them.
    app.wsgi_app = PublicFiles(static, settings)  # type: ignore[method-assign]  # Flask's own way
