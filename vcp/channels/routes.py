"""Pages of the channels: the list, one channel, connecting an account, confirming it."""

from typing import NoReturn

from flask import (
    Blueprint,
    current_app,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask import session as cookie
from flask.typing import ResponseReturnValue

from vcp.areas import queries as areas
from vcp.channels import connecting, queries, service, standing
from vcp.channels.adapters import limits_of
from vcp.channels.forms import (
    KEYS_FORMS,
    ConfirmForm,
    ConnectForm,
    DisconnectForm,
    EditChannelForm,
    FinishForm,
    OwnFeedForm,
)
from vcp.channels.models import Channel
from vcp.channels.states import CHANNEL, ChannelState, ConnectionState
from vcp.kernel.db import session, transaction
from vcp.kernel.errors import Conflict, Invalid, NotAllowed
from vcp.kernel.forms import BaseForm, options
from vcp.kernel.heartbeat import alive
from vcp.kernel.pages import paginate
from vcp.kernel.permissions import Permission, may, me, requires
from vcp.kernel.settings import Settings
from vcp.networks.registry import ADDRESSES, READ_AT_S

bp = Blueprint("channels", __name__, url_prefix="/staff/channels")

#: The publisher normally needs a second or two.
LOOK_AGAIN_S = 2


@bp.get("")
@requires(Permission.SEE_CHANNELS)
def index() -> ResponseReturnValue:
    """List the channels of the person's areas."""
    page = paginate(session(), queries.visible_rows(me()), request.args.get("page", 1, type=int))
    return render_template(
        "channels/list.html",
        page=page,
        waiting=queries.to_confirm(session(), me()),
        may_connect=bool(areas.choices(session(), me(), Permission.CONNECT_CHANNELS)),
    )


@bp.get("/<int:channel_id>")
@requires(Permission.SEE_CHANNELS)
def show(channel_id: int) -> ResponseReturnValue:
    """Show one channel: how it stands, what it takes, and what may be done."""
    channel = queries.visible_to(session(), channel_id, me())
    return render_template(
        "channels/show.html",
        channel=channel,
        limits=limits_of(channel),
        standing=standing.of(session(), channel, own_settings()),
        attempt=queries.latest_connection(session(), channel),
        form=ConfirmForm(formdata=None, account_id=channel.account_id),
        may_confirm=_may_confirm(channel),
        may_connect=may_connect(channel),
        may_disconnect=_may_disconnect(channel),
        pastes_keys=channel.network in KEYS_FORMS,
        reads_at=[seconds // 60 for seconds in READ_AT_S.get(channel.network, ())],
        is_own_doing=me().id in queries.connected_by(session(), channel),
    )


@bp.route("/connect", methods=["GET", "POST"])
@requires(Permission.CONNECT_CHANNELS, decides=True)
def connect() -> ResponseReturnValue:
    """Propose a channel, and go on to its server or to its keys."""
    form = ConnectForm()
    form.area_id.choices = options(areas.choices(session(), me(), Permission.CONNECT_CHANNELS))
    if form.validate_on_submit():
        try:
            return _propose(form)
        except Invalid as error:
            form.refuse(error)
    return _page("channels/connect.html", form)


@bp.post("/<int:channel_id>/connect")
@requires(Permission.CONNECT_CHANNELS, decides=True)
def reconnect(channel_id: int) -> ResponseReturnValue:
    """Connect a channel's account again, or for the first time after a try that failed."""
    channel = queries.visible_to(session(), channel_id, me())
    if not may_connect(channel):
        # Before the server is asked anything.
        refuse("connect", channel)
    if channel.network in KEYS_FORMS:
        return redirect(url_for(".keys", channel_id=channel_id), 303)
    try:
        registration = connecting.register(channel.base_url, _return_address())
    except Invalid as error:
        flash(error.message, "error")
        return redirect(url_for(".show", channel_id=channel_id), 303)
    with transaction() as current:
        started = connecting.start_oauth(
            current, channel_id, registration, by=me(), settings=own_settings()
        )
        return _sent_on(started)


@bp.route("/<int:channel_id>/keys", methods=["GET", "POST"])
@requires(Permission.CONNECT_CHANNELS, decides=True)
def keys(channel_id: int) -> ResponseReturnValue:
    """Take the keys of a channel whose network has nobody sign in."""
    channel = queries.visible_to(session(), channel_id, me())
    if not may_connect(channel):
        refuse("connect", channel)
    if channel.network not in KEYS_FORMS:
        raise Conflict("This account is connected by signing in at its server.")
    form = KEYS_FORMS[channel.network]()
    if form.validate_on_submit():
        with transaction() as current:
            attempt = connecting.receive_keys(
                current, channel_id, form.data, by=me(), settings=own_settings()
            )
            connection_id = attempt.id
        return redirect(url_for(".connection", connection_id=connection_id), 303)
    return _page("channels/keys.html", form, channel=channel)


@bp.get("/connections/<int:connection_id>")
@requires(Permission.CONNECT_CHANNELS)
def connection(connection_id: int) -> ResponseReturnValue:
    """Show how far a try at connecting is: where to go, wait, or what was found."""
    attempt = queries.connection(session(), connection_id)
    if attempt.started_by_id != me().id:
        queries.visible_to(session(), attempt.channel_id, me())
    kept = cookie.get("connecting") or {}
    is_working = attempt.state == ConnectionState.WAITING and attempt.is_ready
    has_publisher = alive(session(), "publisher") > 0
    response = make_response(
        render_template(
            "channels/connection.html",
            attempt=attempt,
            channel=attempt.channel,
            url=kept.get("url") if kept.get("id") == connection_id else None,
            is_working=is_working,
            has_publisher=has_publisher,
        )
    )
    if is_working and has_publisher:
        # The browser looks again by itself; it needs no script for that.
        response.headers["Refresh"] = str(LOOK_AGAIN_S)
    return response


@bp.get("/connections/return")
@requires(Permission.CONNECT_CHANNELS)
def came_back() -> ResponseReturnValue:
    """Take the person back from the network; a GET stores nothing, so one button goes on."""
    form = FinishForm(
        formdata=None, **{k: request.args.get(k, "") for k in ("state", "code", "iss")}
    )
    denied = request.args.get("error_description") or request.args.get("error")
    return render_template("channels/came_back.html", form=form, denied=denied)


@bp.post("/connections/finish")
@requires(Permission.CONNECT_CHANNELS)
def finish() -> ResponseReturnValue:
    """Hand the code over to the publisher."""
    form = FinishForm()
    with transaction() as current:
        attempt = connecting.receive_code(
            current,
            state=form.state.data or "",
            code=form.code.data or "",
            issuer=form.iss.data or "",
            by=me(),
            settings=own_settings(),
        )
        connection_id = attempt.id
    cookie.pop("connecting", None)
    return redirect(url_for(".connection", connection_id=connection_id), 303)


@bp.post("/<int:channel_id>/confirm")
@requires(Permission.CONFIRM_CHANNELS, decides=True)
def confirm(channel_id: int) -> ResponseReturnValue:
    """Say, as a second person, that the account is the force's own."""
    form = ConfirmForm()
    with transaction() as current:
        service.confirm(current, channel_id, by=me(), account_id=form.account_id.data or "")
    flash("The channel is connected. Personas can be given leave to use it.", "success")
    return redirect(url_for(".show", channel_id=channel_id), 303)


@bp.route("/<int:channel_id>/edit", methods=["GET", "POST"])
@requires(Permission.CONNECT_CHANNELS)
def edit(channel_id: int) -> ResponseReturnValue:
    """Change what is said about a channel."""
    channel = queries.visible_to(session(), channel_id, me())
    if not may_connect(channel):
        refuse("edit", channel)
    form = (OwnFeedForm if channel.network == queries.OWN else EditChannelForm)(obj=channel)
    if form.validate_on_submit():
        try:
            with transaction() as current:
                service.edit(current, channel_id, form.name.data or "", form.about(), by=me())
        except Invalid as error:
            form.refuse(error)
        else:
            flash("Saved.", "success")
            return redirect(url_for(".show", channel_id=channel_id), 303)
    return _page("channels/edit.html", form, channel=channel)


@bp.route("/<int:channel_id>/disconnect", methods=["GET", "POST"])
@requires(Permission.SEE_CHANNELS, decides=True)
def disconnect(channel_id: int) -> ResponseReturnValue:
    """Give a channel up, with a reason."""
    channel = queries.visible_to(session(), channel_id, me())
    if not _may_disconnect(channel):
        refuse("disconnect", channel)
    form = DisconnectForm()
    if form.validate_on_submit():
        with transaction() as current:
            service.disconnect(current, channel_id, form.reason.data or "", by=me())
        flash("The channel is disconnected and its sign-in is forgotten here.", "success")
        return redirect(url_for(".show", channel_id=channel_id), 303)
    return _page("channels/disconnect.html", form, channel=channel)


def _propose(form: ConnectForm) -> ResponseReturnValue:
    if form.network.data in KEYS_FORMS:
        return _propose_with_keys(form)
    # The network is asked first and outside any unit: a server that answers rubbish leaves nothing.
    registration = connecting.register(form.base_url.data or "", _return_address())
    with transaction() as current:
        channel = service.propose(
            current,
            "mastodon",
            form.name.data or "",
            form.area_id.data,
            registration.base_url,
            by=me(),
            about=form.about(),
        )
        started = connecting.start_oauth(
            current, channel.id, registration, by=me(), settings=own_settings()
        )
        return _sent_on(started)


def _propose_with_keys(form: ConnectForm) -> ResponseReturnValue:
    address = form.base_url.data or ADDRESSES[form.network.data]
    with transaction() as current:
        channel = service.propose(
            current,
            form.network.data,
            form.name.data or "",
            form.area_id.data,
            address,
            by=me(),
            about=form.about(),
        )
        channel_id = channel.id
    return redirect(url_for(".keys", channel_id=channel_id), 303)


def _sent_on(started: connecting.Started) -> ResponseReturnValue:
    """Go to the page with the link to the network; only this browser can follow it."""
    cookie["connecting"] = {"id": started.connection.id, "url": started.url}
    return redirect(url_for(".connection", connection_id=started.connection.id), 303)


def _return_address() -> str:
    # From the settings, not from the request: a forged Host header must not lead elsewhere.
    return own_settings().base_url + url_for(".came_back")


def _may_confirm(channel: Channel) -> bool:
    return (
        channel.state == ChannelState.PROPOSED
        and channel.account_id is not None
        and may(me(), Permission.CONFIRM_CHANNELS, channel.area_path)
        and me().id not in queries.connected_by(session(), channel)
    )


def may_connect(channel: Channel) -> bool:
    """Say whether the person may connect, edit and pay for this channel."""
    is_there = channel.state != ChannelState.DISCONNECTED
    return is_there and may(me(), Permission.CONNECT_CHANNELS, channel.area_path)


def _may_disconnect(channel: Channel) -> bool:
    return (
        channel.network != queries.OWN
        and CHANNEL.allows(channel.state, "disconnect")
        and (
            may(me(), Permission.CONNECT_CHANNELS, channel.area_path)
            or may(me(), Permission.CONFIRM_CHANNELS, channel.area_path)
        )
    )


def refuse(verb: str, channel: Channel) -> NoReturn:
    """Refuse what the page doesn't offer this person.

    Raises: NotAllowed.
    """
    raise NotAllowed(
        f"Your roles don't let you {verb} this channel. An administrator of its area can.",
        attempted=verb,
        subject_kind="channel",
        subject_id=channel.id,
    )


def _page(template: str, form: BaseForm, **shown: object) -> ResponseReturnValue:
    page = render_template(template, form=form, **shown)
    return page, 422 if form.is_submitted() else 200


def own_settings() -> Settings:
    """Return the settings of this installation."""
    settings: Settings = current_app.extensions["vcp_settings"]
    return settings
