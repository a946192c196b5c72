"""Control: stopping everything or a part of it, lifting that, and what became due meanwhile."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from vcp.kernel.db import session, transaction
from vcp.kernel.errors import Conflict, Invalid
from vcp.kernel.forms import options
from vcp.kernel.permissions import Permission, allowed_paths, me, requires
from vcp.kernel.settings import settings
from vcp.posts import budgets, control_choices, holding_back, pause_queries, pausing
from vcp.posts.control_forms import BudgetForm, HeldForm, LiftForm, PauseForm, StopForm
from vcp.posts.pause_models import Decision
from vcp.posts.states import PauseState

bp = Blueprint("control", __name__, url_prefix="/staff/control")


def to_control() -> ResponseReturnValue:
    """Lead on to the page of control."""
    return redirect(url_for("control.show"))


@bp.get("")
@requires(Permission.SEE_PAUSES)
def show() -> ResponseReturnValue:
    """Show what is stopped, with the button that stops everything."""
    return _page()


@bp.post("/stop")
@requires(Permission.PAUSE_PUBLISHING)
def stop() -> ResponseReturnValue:
    """Stop everything, at once."""
    form = StopForm()
    if not form.validate():
        return _page(stop_form=form, form=form), 422
    with transaction() as current:
        pausing.stop_everything(current, form.reason.data or "", by=me())
    flash("Everything is stopped. Nothing more goes out until two people lift this.", "success")
    return to_control()


@bp.post("/pause")
@requires(Permission.PAUSE_PUBLISHING)
def pause() -> ResponseReturnValue:
    """Pause an area, a persona, a network or a channel."""
    form = _pause_form(PauseForm())
    if form.validate():
        scope, _, target = (form.what.data or "").partition(":")
        try:
            with transaction() as current:
                pausing.pause(current, scope, target, form.why.data or "", by=me())
        except (Invalid, Conflict) as error:
            form.refuse(Invalid(error.message, "what"))
        else:
            flash("Paused. Nothing of it goes out until that is lifted.", "success")
            return to_control()
    return _page(pause_form=form, form=form), 422


@bp.get("/<int:pause_id>/lift")
@requires(Permission.LIFT_PAUSES)
def ask_lift(pause_id: int) -> ResponseReturnValue:
    """Ask why a pause can be lifted, or whether the second person agrees."""
    return _lift_page(pause_id, LiftForm(formdata=None))


@bp.post("/<int:pause_id>/lift")
@requires(Permission.LIFT_PAUSES, decides=True)
def lift(pause_id: int) -> ResponseReturnValue:
    """Lift a pause, or propose to where it takes two people."""
    form = LiftForm()
    if not form.validate():
        return _lift_page(pause_id, form), 422
    with transaction() as current:
        found = pausing.lift(current, pause_id, form.reason.data or "", by=me())
        told = _lifted() if found.state is PauseState.LIFTED else _PROPOSED
    flash(told, "success")
    return to_control()


@bp.post("/<int:pause_id>/confirm")
@requires(Permission.LIFT_PAUSES, decides=True)
def confirm(pause_id: int) -> ResponseReturnValue:
    """Lift it, as the second person."""
    with transaction() as current:
        pausing.confirm_lift(current, pause_id, by=me())
        told = _lifted()
    flash(told, "success")
    return to_control()


@bp.post("/<int:pause_id>/keep")
@requires(Permission.PAUSE_PUBLISHING)
def keep(pause_id: int) -> ResponseReturnValue:
    """Refuse to lift it."""
    with transaction() as current:
        pausing.keep(current, pause_id, by=me())
    flash("It stays paused. Whoever wants it lifted has to propose that again.", "success")
    return to_control()


@bp.get("/held")
@requires(Permission.SETTLE_DELIVERIES)
def held() -> ResponseReturnValue:
    """Show what became due while stopped, and waits for a person."""
    return _held_page(HeldForm(formdata=None))


@bp.post("/held")
@requires(Permission.SETTLE_DELIVERIES)
def decide_held() -> ResponseReturnValue:
    """Let chosen ones go, give them a new time, or cancel them."""
    form = HeldForm()
    form.offer([row.delivery_id for row in holding_back.listed(session(), me())])
    if form.validate():
        try:
            told = _decide(form)
        except Invalid as error:
            form.refuse(error)
        else:
            flash(told, "success")
            return redirect(url_for("control.held"))
    return _held_page(form), 422


@bp.get("/budgets")
@requires(Permission.VERIFY_PERSONAS)
def show_budgets() -> ResponseReturnValue:
    """Show how much each persona may post, and those with a number of their own."""
    return _budgets_page(_budget_form(BudgetForm(formdata=None)))


@bp.post("/budgets")
@requires(Permission.VERIFY_PERSONAS)
def set_budget() -> ResponseReturnValue:
    """Give a persona numbers of its own."""
    form = _budget_form(BudgetForm())
    if form.validate():
        hour, day = form.posts_per_hour.data, form.posts_per_day.data
        with transaction() as current:
            budgets.set_own(current, int(form.persona_id.data), hour, day, by=me())
        flash("The budget is set.", "success")
        return redirect(url_for("control.show_budgets"))
    return _budgets_page(form), 422


_PROPOSED = "Proposed. It stays paused until another person confirms; they have been told."


def _lifted() -> str:
    waiting = holding_back.waiting_count(session())
    if not waiting:
        return "Lifted. Nothing had become due meanwhile."
    some = "One delivery" if waiting == 1 else f"{waiting} deliveries"
    return f"Lifted. {some} became due meanwhile and did not go: a supervisor decides about each."


def _decide(form: HeldForm) -> str:
    ids = form.chosen
    with transaction() as current:
        if form.decision.data == Decision.LET_GO:
            holding_back.let_go(current, ids, by=me())
            return "They go out now."
        if form.decision.data == Decision.CANCELLED:
            holding_back.cancel(current, ids, by=me())
            return "Cancelled. They do not go out."
        holding_back.give_time(current, ids, form.wanted_local, by=me(), fold=form.fold)
        return "The new time is set."


def _pause_form(form: PauseForm) -> PauseForm:
    form.what.choices = options(control_choices.to_pause(session(), me()))
    return form


def _budget_form(form: BudgetForm) -> BudgetForm:
    form.persona_id.choices = options(control_choices.to_budget(session(), me()))
    return form


def _page(
    *,
    stop_form: StopForm | None = None,
    pause_form: PauseForm | None = None,
    form: StopForm | PauseForm | None = None,
) -> str:
    person, current = me(), session()
    pauses = pause_queries.seen_by(current, person)
    may_pause = bool(allowed_paths(person, Permission.PAUSE_PUBLISHING))
    if may_pause and pause_form is None:
        pause_form = _pause_form(PauseForm(formdata=None))
    return render_template(
        "control/show.html",
        form=form,
        stop_form=stop_form or StopForm(formdata=None),
        pause_form=pause_form,
        pauses=[(row, pausing.may_lift(row, person)) for row in pauses],
        named=pause_queries.named,
        past=pause_queries.past(current, person, request.args.get("page", 1, type=int)),
        stopped=next((row for row in pauses if pausing.is_stop(row)), None),
        may_pause=may_pause,
        held=len(holding_back.listed(current, person)),
        may_settle=bool(allowed_paths(person, Permission.SETTLE_DELIVERIES)),
        may_budget=bool(allowed_paths(person, Permission.VERIFY_PERSONAS)),
    )


def _lift_page(pause_id: int, form: LiftForm) -> str:
    row = pause_queries.one(session(), me(), pause_id)
    pausing.must_be_able_to_lift(row, me())
    return render_template(
        "control/lift.html",
        form=form,
        pause=row,
        named=pause_queries.named,
        able=pausing.able_to_lift(session(), row.area_path),
    )


def _held_page(form: HeldForm) -> str:
    rows = holding_back.listed(session(), me())
    return render_template(
        "control/held.html",
        form=form,
        rows=rows,
        most=holding_back.MOST_SHOWN,
        named=pause_queries.named,
        stopping=pause_queries.Stopping(pause_queries.everywhere(session()), ()),
    )


def _budgets_page(form: BudgetForm) -> str:
    return render_template(
        "control/budgets.html",
        form=form,
        own=budgets.own_numbers(session(), me()),
        usual={name: settings().budget(name) for name in budgets.NAMES},
    )
