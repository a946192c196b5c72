"""The lists of posts, and the page of one post."""

from typing import Any

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from officer_profiles.forms import LANGUAGES
from vcp.kernel.consulting import consults
from vcp.kernel.db import session
from vcp.kernel.permissions import Permission, allowed_paths, may, me, requires
from vcp.posts import (
    answering,
    bank_holidays,
    guards,
    notices,
    pause_queries,
    queries,
    screening,
    series,
    series_queries,
    series_rules,
    service,
    time_warnings,
)
from vcp.posts.calendar import MOVABLE
from vcp.posts.forms import ApproveForm, SendBackForm, SubmitPostForm
from vcp.posts.models import Post
from vcp.posts.previews import previews
from vcp.posts.states import POST, PostState
from vcp.posts.words import words_of

bp = Blueprint("posts", __name__, url_prefix="/staff/posts")


def page_number() -> int:
    """Return the page of a list that the address asks for."""
    return request.args.get("page", 1, type=int)


def _state() -> PostState | None:
    asked = request.args.get("state", "")
    return PostState(asked) if asked in PostState.__members__.values() else None


@bp.get("")
@requires(Permission.SEE_POSTS)
def mine() -> ResponseReturnValue:
    """Show the posts that the person writes, newest first."""
    page = queries.mine(session(), me(), page_number(), _state())
    return _list("posts/list.html", page=page, scope="mine")


@bp.get("/all")
@requires(Permission.SEE_POSTS)
def in_areas() -> ResponseReturnValue:
    """Show all posts of the person's areas, newest first."""
    page = queries.in_areas(session(), me(), page_number(), _state())
    return _list("posts/list.html", page=page, scope="in_areas")


@bp.get("/awaiting")
@requires(Permission.APPROVE_POSTS)
def awaiting() -> ResponseReturnValue:
    """Show what waits for this person's yes, the longest waiting first."""
    return _list(
        "posts/awaiting.html",
        page=queries.awaiting_approval(session(), me(), page_number()),
        corrections=queries.corrections_awaiting(session(), me()),
        others=queries.awaiting_others(session(), me()),
        stopped=len(queries.stopped_for(session(), me())),
    )


@bp.get("/coming")
@requires(Permission.SEE_POSTS)
def coming() -> ResponseReturnValue:
    """Show what will go out, the next first."""
    return _list("posts/coming.html", page=queries.coming(session(), me(), page_number()))


@bp.get("/stopped")
@requires(Permission.APPROVE_POSTS)
def stopped() -> ResponseReturnValue:
    """Show what doesn't go out since its author or persona was stopped."""
    return _list(
        "posts/stopped.html",
        posts=queries.stopped_for(session(), me()),
        stopped_because=queries.stopped_because,
    )


def answered_by(post_id: int) -> int | None:
    """Return the message that a page of this post quotes to this person, if it does."""
    quoted = answering.quoted(session(), service.found(session(), post_id), me())
    return None if quoted is None else quoted.id


@bp.get("/<int:post_id>")
@requires(Permission.SEE_POSTS)
@consults("message", "post_id", of=answered_by)
def show(post_id: int) -> ResponseReturnValue:
    """Show one post: its words as each channel shows them, and what can be done."""
    return show_page(queries.for_page(session(), post_id))


def show_page(post: Post, **forms: Any) -> str:
    """Return the page of a post, with a form shown again where one was refused."""
    guards.must_see(session(), me(), post)
    revision = service.newest(post)
    words = words_of(revision)
    verdict = screening.from_json(revision.verdict)
    approve_form = ApproveForm(formdata=None)
    approve_form.revision_sha256.data = revision.sha256
    shown = {
        "approve_form": approve_form,
        "send_back_form": SendBackForm(formdata=None),
        "submit_form": SubmitPostForm(formdata=None),
    }
    revisions = queries.revisions_of(session(), post)
    involved = {post.author_id, *(r.written_by_id for r in revisions)}
    involved |= {r.submitted_by_id for r in revisions if r.submitted_by_id is not None}
    stopping = pause_queries.stopping(session(), post.deliveries)
    is_draft = post.state is PostState.DRAFT
    draft_verdict = time_warnings.screened(session(), post, words) if is_draft else verdict
    of_series = series_queries.of_template(session(), post)
    approve_form.rule_sha256.data = series.sha256_of(of_series) if of_series else ""
    return render_template(
        "posts/show.html",
        post=post,
        revision=revision,
        answered_message=answering.quoted(session(), post, me()),
        languages=dict(LANGUAGES),
        outward=queries.outward_state(post),
        previews=previews(
            post.persona,
            [target.channel for target in revision.targets],
            words,
            post.released_at or post.wanted_at,
            post.answers,
        ),
        verdict=draft_verdict,
        marked=screening.marked(words, draft_verdict) if draft_verdict else [],
        warns=screening.has_warning(draft_verdict),
        stopped=queries.stopped_because(post) or stopping.post(post),
        stopping=stopping,
        revisions=revisions,
        approvals=queries.approvals_of(session(), post),
        corrections=queries.corrections_of(session(), post) if post.released_at else [],
        approvers=_approvers(post, involved),
        **_about_its_time(post),
        **_what_can_be_done(post, is_involved=me().id in involved, has_rule=of_series is not None),
        **{**shown, **forms},
    )


def _about_its_time(post: Post) -> dict[str, Any]:
    of_series = series_queries.of_template(session(), post)
    return {
        "series": of_series,
        "left_out": series_queries.dropped(session(), of_series) if of_series else [],
        "spoken_rule": series_rules.spoken_rule,
        "occurrence": series_queries.occurrence_of(session(), post),
        "holiday": bank_holidays.note(post.wanted_at),
    }


def _approvers(post: Post, involved: set[int]) -> notices.Approvers | None:
    waits = post.state is PostState.SUBMITTED
    return notices.approvers(session(), post, involved) if waits else None


def _what_can_be_done(post: Post, *, is_involved: bool, has_rule: bool) -> dict[str, Any]:
    """Return what this person may do with the post as it stands."""
    writes = guards.may_write_as(session(), me(), post.persona)
    approves = may(me(), Permission.APPROVE_POSTS, post.area_path)
    held_back = POST.allows(post.state, "send_back")
    return {
        "may_edit": writes and (held_back or post.state is PostState.DRAFT),
        "may_submit": writes and post.state is PostState.DRAFT,
        "may_take_back": writes and held_back,
        "may_schedule": (writes or approves) and post.state is PostState.APPROVED and not has_rule,
        "may_move": writes
        and not has_rule
        and post.answers_id is None
        and post.state in MOVABLE - {PostState.APPROVED},
        "may_cancel": (writes or approves) and POST.allows(post.state, "cancel"),
        "may_correct": writes and post.state is PostState.RELEASED,
        "may_approve": approves and not is_involved and post.state is PostState.SUBMITTED,
        "is_involved": approves and is_involved and post.state is PostState.SUBMITTED,
        "may_send_back": approves and held_back and post.state is not PostState.HELD,
        "may_withdraw": may(me(), Permission.WITHDRAW_POSTS, post.area_path)
        and post.state is PostState.RELEASED,
    }


def _list(template: str, **shown: Any) -> str:
    posts = shown["page"].items if "page" in shown else shown["posts"]
    return render_template(
        template,
        stopping=pause_queries.stopping(session(), [d for post in posts for d in post.deliveries]),
        outward_state=queries.outward_state,
        states=list(PostState),
        state=_state(),
        may_write=bool(allowed_paths(me(), Permission.WRITE_POSTS)),
        may_approve=bool(allowed_paths(me(), Permission.APPROVE_POSTS)),
        **shown,
    )
