"""The page on which a channel's monthly budget is changed."""

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from vcp.channels import conditions, queries, spending, standing
from vcp.channels.forms import BudgetForm
from vcp.channels.routes import bp, may_connect, own_settings, refuse
from vcp.kernel.db import session, transaction
from vcp.kernel.errors import Conflict, Invalid
from vcp.kernel.permissions import Permission, me, requires
from vcp.networks.registry import METERED


@bp.route("/<int:channel_id>/budget", methods=["GET", "POST"])
@requires(Permission.CONNECT_CHANNELS)
def budget(channel_id: int) -> ResponseReturnValue:
    """Change what a channel may spend in a month."""
    channel = queries.visible_to(session(), channel_id, me())
    if not may_connect(channel):
        refuse("set_budget", channel)
    if channel.network not in METERED:
        raise Conflict("This network charges for nothing, so there is no budget to set.")
    own = conditions.known(session(), channel_id).budget
    form = BudgetForm(dollars="" if own is None else f"{own / spending.MILLION:g}")
    if form.validate_on_submit():
        try:
            with transaction() as current:
                spending.set_budget(
                    current, channel_id, form.amount(), by=me(), settings=own_settings()
                )
        except Invalid as error:
            form.refuse(error)
        else:
            flash("The budget is changed. What waited for it goes out now.", "success")
            return redirect(url_for(".show", channel_id=channel_id), 303)
    how = standing.of(session(), channel, own_settings())
    page = render_template("channels/budget.html", form=form, channel=channel, standing=how)
    return page, 422 if form.is_submitted() else 200
