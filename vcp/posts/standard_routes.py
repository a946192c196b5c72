"""Standard replies: the list, a proposal, the two people's yes, and the end of one."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from officer_profiles.forms import LANGUAGES
from vcp.kernel.db import session, transaction
from vcp.kernel.errors import Invalid
from vcp.kernel.permissions import Permission, allowed_paths, me, requires
from vcp.posts import standard
from vcp.posts.standard_forms import ApproveReplyForm, ProposeReplyForm
from vcp.posts.standard_texts import ABOUT_ACCOUNTS
from vcp.triage.inbound_categories import INBOUND

bp = Blueprint("replies", __name__, url_prefix="/staff/replies")


@bp.get("")
@requires(Permission.SEE_STANDARD_REPLIES)
def listed() -> ResponseReturnValue:
    """Show the standard replies in use, and those that wait for a yes."""
    return _page(ProposeReplyForm(formdata=None))


@bp.post("")
@requires(Permission.APPROVE_STANDARD_REPLIES)
def propose() -> ResponseReturnValue:
    """Write a new one; two other people must approve it."""
    form = ProposeReplyForm()
    if form.validate():
        try:
            with transaction() as current:
                category, language = form.category.data or "", form.language.data or ""
                standard.propose(current, category, language, form.text.data or "", by=me())
        except Invalid as error:
            form.refuse(error)
        else:
            flash("Proposed. Two other people must approve it.", "success")
            return redirect(url_for("replies.listed"))
    return _page(form), 422


@bp.post("/<int:reply_id>/approve")
@requires(Permission.APPROVE_STANDARD_REPLIES, decides=True)
def approve(reply_id: int) -> ResponseReturnValue:
    """Say yes to exactly the words that were on the page."""
    form = ApproveReplyForm()
    with transaction() as current:
        reply = standard.approve(current, reply_id, form.sha256.data or "", by=me())
        in_use = len(reply.approvals) >= standard.NEEDED
    flash("Approved: it can be sent now." if in_use else "Recorded. One more must.", "success")
    return redirect(url_for("replies.listed"))


@bp.post("/<int:reply_id>/retire")
@requires(Permission.APPROVE_STANDARD_REPLIES, decides=True)
def retire(reply_id: int) -> ResponseReturnValue:
    """Take it out of use."""
    with transaction() as current:
        standard.retire(current, reply_id, by=me())
    flash("It is out of use.", "success")
    return redirect(url_for("replies.listed"))


def _page(form: ProposeReplyForm) -> str:
    replies = standard.every(session())
    return render_template(
        "posts/replies.html",
        form=form,
        replies=[(reply, _approve_form(reply.sha256)) for reply in replies],
        names=ABOUT_ACCOUNTS | {code: category.name for code, category in INBOUND.items()},
        languages=dict(LANGUAGES),
        needed=standard.NEEDED,
        may_decide=bool(allowed_paths(me(), Permission.APPROVE_STANDARD_REPLIES)),
    )


def _approve_form(sha256: str) -> ApproveReplyForm:
    form = ApproveReplyForm(formdata=None)
    form.sha256.data = sha256
    return form
