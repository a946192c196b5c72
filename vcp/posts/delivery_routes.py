"""The pages of deliveries: what is in trouble, and the two buttons when a person must say."""

import uuid
from collections.abc import Callable

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from vcp.kernel.db import session, transaction
from vcp.kernel.errors import Invalid
from vcp.kernel.forms import BaseForm
from vcp.kernel.permissions import Permission, me, requires
from vcp.kernel.settings import settings
from vcp.posts import delivery_queries as queries
from vcp.posts import pause_queries, settling_by_person, stopping
from vcp.posts.delivery_forms import GiveUpForm, SayPublishedForm, SendAgainForm

bp = Blueprint("deliveries", __name__, url_prefix="/staff/deliveries")


@bp.get("")
@requires(Permission.SEE_DELIVERIES)
def listed() -> ResponseReturnValue:
    """Show the deliveries in trouble, or those of one state."""
    state = request.args.get("state", "")
    number = request.args.get("page", 1, type=int)
    page = queries.listed(session(), me(), state=state, number=number)
    return render_template(
        "deliveries/list.html",
        page=page,
        state=state,
        counts=queries.counts(session(), me()),
        stopping=pause_queries.stopping(session(), page.items),
    )


@bp.get("/<uuid:delivery_id>")
@requires(Permission.SEE_DELIVERIES)
def show(delivery_id: uuid.UUID) -> ResponseReturnValue:
    """Show what we know of one delivery."""
    return _page(delivery_id)


@bp.post("/<uuid:delivery_id>/say-published")
@requires(Permission.SETTLE_DELIVERIES)
def say_published(delivery_id: uuid.UUID) -> ResponseReturnValue:
    """Take a person's word that it is there."""
    form = SayPublishedForm()
    return _decide(
        form,
        delivery_id,
        "Recorded as published.",
        lambda current: settling_by_person.say_published(
            current, delivery_id, form.url.data or "", by=me()
        ),
    )


@bp.post("/<uuid:delivery_id>/send-again")
@requires(Permission.SETTLE_DELIVERIES)
def send_again(delivery_id: uuid.UUID) -> ResponseReturnValue:
    """Send it again on a person's word that it isn't there."""
    return _decide(
        SendAgainForm(),
        delivery_id,
        "It will be sent again now.",
        lambda current: settling_by_person.send_again(current, delivery_id, by=me()),
    )


@bp.post("/<uuid:delivery_id>/give-up")
@requires(Permission.SETTLE_DELIVERIES)
def give_up(delivery_id: uuid.UUID) -> ResponseReturnValue:
    """End it unsent on a person's word."""
    form = GiveUpForm()
    return _decide(
        form,
        delivery_id,
        "Recorded: it was not sent.",
        lambda current: settling_by_person.give_up(
            current, delivery_id, form.reason.data or "", by=me()
        ),
    )


@bp.post("/<uuid:delivery_id>/gone")
@requires(Permission.SETTLE_DELIVERIES)
def say_gone(delivery_id: uuid.UUID) -> ResponseReturnValue:
    """Take a person's word that they removed it at the network."""
    return _decide(
        SendAgainForm(),
        delivery_id,
        "Recorded as taken down. It is looked at once more.",
        lambda current: stopping.say_gone(current, delivery_id, by=me()),
    )


def _decide(
    form: BaseForm, delivery_id: uuid.UUID, done: str, decide: Callable[[Session], object]
) -> ResponseReturnValue:
    if form.validate_on_submit():
        try:
            with transaction() as current:
                decide(current)
        except Invalid as error:
            form.refuse(error)
        else:
            flash(done, "success")
            return redirect(url_for("deliveries.show", delivery_id=delivery_id))
    return _page(delivery_id, form), 422


def _page(delivery_id: uuid.UUID, form: BaseForm | None = None) -> str:
    forms = {kind.__name__: kind(formdata=None) for kind in (SayPublishedForm, GiveUpForm)}
    if form is not None:
        forms[type(form).__name__] = form
    delivery = queries.one(session(), me(), delivery_id)
    pauses = pause_queries.stopping(session(), [delivery])
    return render_template(
        "deliveries/show.html",
        delivery=delivery,
        stopped=pauses.delivery(delivery, delivery.post),
        waits=queries.waits(session(), delivery, settings()),
        form=form,
        say_form=forms["SayPublishedForm"],
        give_up_form=forms["GiveUpForm"],
    )
