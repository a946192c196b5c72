"""How every form of a case's page is worked: done and led on, or shown again as it was typed."""

from collections.abc import Callable

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from moderation import pages, service
from vcp.kernel.consulting import looked
from vcp.kernel.db import session, transaction
from vcp.kernel.errors import Conflict, Invalid
from vcp.kernel.forms import BaseForm


def decide(
    case_id: int,
    form: BaseForm,
    act: Callable[[Session], str],
    *,
    onwards: str | None = None,
) -> ResponseReturnValue:
    """Do it in a unit of work, say so and lead on: to the case, or to `onwards`.

    What can't be done is shown on the page of the case as it is now, with what was typed.
    """
    status = 422
    if form.validate():
        try:
            with transaction() as current:
                done = act(current)
        except Invalid as error:
            form.refuse(error)
        except Conflict as error:
            form.form_errors.append(error.message)
            status = error.status
        else:
            flash(done, "success")
            return redirect(onwards or url_for("cases.show", case_id=case_id))
    page = pages.case_page(service.found(session(), case_id), form)
    looked("case", case_id, also=service.saw)
    return page, status


def press(case_id: int, act: Callable[[Session], str]) -> ResponseReturnValue:
    """Do what one button says and lead back to the case; who came first is told there."""
    try:
        with transaction() as current:
            flash(act(current), "success")
    except Conflict as error:
        flash(error.message, "error")
    return redirect(url_for("cases.show", case_id=case_id))
