"""Making the posts of series ahead of their time, each once, from words that were approved.

Run by the clock. A post made here is like any other from then on: frozen, with its deliveries,
its own last moment, and stopped by whatever stops the persona, its author or the channel.
"""

import secrets
from dataclasses import replace
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from vcp.kernel import clock, mail
from vcp.kernel.audit import record
from vcp.kernel.context import Machine
from vcp.kernel.db import session as current_session
from vcp.kernel.db import transaction
from vcp.kernel.errors import Conflict, Invalid
from vcp.posts import (
    approvals,
    in_force,
    revisions,
    series,
    series_queries,
    series_rules,
    service,
    stopping,
    time_warnings,
)
from vcp.posts.days import spoken
from vcp.posts.events import ApprovalEnded
from vcp.posts.models import Approval, Post
from vcp.posts.schedule_models import Occurrence, Series
from vcp.posts.states import POST, PostState
from vcp.posts.words import words_of

#: So long before its time a post is made; a clock that is down for less delays nothing.
AHEAD = timedelta(days=7)
#: An approval covers occurrences due within this time of it.
LASTS = timedelta(days=183)
#: What was missed longer ago than this isn't listed any more.
LOOK_BACK = timedelta(days=31)
CLOCK = Machine("clock")
LATE = "Nothing was running at its time, so it was not sent."
NOT_APPROVED = "Its words were not approved in time."
RUN_OUT = (
    "The approval of its words has run out. Take the words of the series back and submit them "
    "again."
)
ELECTION = (
    "It falls before an election that its approval doesn't speak of. Take the words of the series "
    "back, submit them with a reason, and have them approved anew."
)


def make_all() -> None:
    """Make what is due to be made of every series, each in a unit of work of its own."""
    running = select(Series.id).join(Post, Post.id == Series.template_id)
    ids = current_session().scalars(running.where(Post.state != PostState.CANCELLED)).all()
    for series_id in ids:
        with transaction() as unit:
            make(unit, series_id)


def make(session: Session, series_id: int) -> list[Occurrence]:
    """Make the posts of one series for the days ahead; note what was missed; return both."""
    # Locked: two clocks at once make one post.
    session.execute(select(Series.id).where(Series.id == series_id).with_for_update())
    row = series.found(session, series_id)
    done = set(session.scalars(select(Occurrence.day).where(Occurrence.series_id == row.id)))
    made = [_dealt_with(session, row, day) for day in _days(row) if day not in done]
    return [occurrence for occurrence in made if occurrence is not None]


def _days(row: Series) -> list[date]:
    begun = row.created_at.astimezone(in_force.zone()).date()
    first = max(row.starts_on, begun, series.today() - LOOK_BACK)
    return series_rules.days_between(row.rule, row.starts_on, first, series.today() + AHEAD)


def _dealt_with(session: Session, row: Series, day: date) -> Occurrence | None:
    now, template = clock.now(), row.template
    try:
        due = series.moment_of(row, day)
    except Invalid as error:
        return _missed(session, row, day, error.message)
    # What began after its time was never meant for it.
    if due < row.created_at:
        return None
    approval = _approval(session, template)
    if approval is None or approval.approved_at > due:
        return _missed(session, row, day, NOT_APPROVED) if due <= now else None
    if due + timedelta(minutes=row.late_minutes) <= now:
        return _missed(session, row, day, LATE)
    if problem := why_not(session, row, approval, due):
        return _missed(session, row, day, problem) if due <= now else None
    return _made(session, row, day, due, approval)


def _approval(session: Session, template: Post) -> Approval | None:
    if template.state is not PostState.APPROVED:
        return None
    return approvals.in_force(session, template, template.revision_id)


def why_not(session: Session, row: Series, approval: Approval, due: datetime) -> str | None:
    """Return why the occurrence due then can't be made from these words now, as a sentence."""
    if approval.approved_at + LASTS < due:
        return RUN_OUT
    revision = service.newest(row.template)
    told = {finding["rule"] for finding in (revision.verdict or {}).get("findings", [])}
    found = time_warnings.findings(session, row.area_path, due)
    if time_warnings.before_election(found) and time_warnings.ELECTION not in told:
        return ELECTION
    try:
        revisions.must_be_whole(revision)
        series.ready(session, row)
    except (Conflict, Invalid) as error:
        return error.message
    return None


def _made(
    session: Session, row: Series, day: date, due: datetime, approval: Approval
) -> Occurrence:
    template, source = row.template, service.newest(row.template)
    post = Post(
        public_id=secrets.token_hex(8),
        persona=template.persona,
        author_id=template.author_id,
        area_id=template.area_id,
        area_path=template.area_path,
        created_at=clock.now(),
        wanted_at=due,
        wanted_local=f"{day.isoformat()}T{row.at}",
        zone=row.zone,
        in_series=True,
        not_after=due + timedelta(minutes=row.late_minutes),
    )
    POST.started(session, post, by=CLOCK, series=row.id, sha256=source.sha256)
    words = replace(words_of(source), wanted_local=post.wanted_local)
    revision = revisions.write(session, post, words, by=source.written_by)
    revision.verdict, revision.warning_reason = source.verdict, source.warning_reason
    revision.submitted_by_id, revision.submitted_at = source.submitted_by_id, source.submitted_at
    post.revision = revision
    session.flush()
    noted = {"series": row.id, "sha256": revision.sha256}
    POST.apply(session, post, "submit", by=CLOCK, **noted)
    session.add(
        Approval(
            post_id=post.id,
            revision_id=revision.id,
            revision_sha256=approval.revision_sha256,
            approved_by_id=approval.approved_by_id,
            approved_at=approval.approved_at,
            warning_answer=approval.warning_answer,
        )
    )
    approved_by = approval.approved_by.actor_id
    POST.apply(session, post, "approve", by=CLOCK, approved_by=approved_by, **noted)
    service.let_go(session, post, by=CLOCK)
    occurrence = Occurrence(series_id=row.id, day=day, post_id=post.id)
    session.add(occurrence)
    session.flush()
    return occurrence


def _missed(session: Session, row: Series, day: date, why: str) -> Occurrence:
    occurrence = Occurrence(series_id=row.id, day=day, missed_because=why)
    session.add(occurrence)
    record(session, CLOCK, "miss", "series", row.id, day=day.isoformat(), reason=why)
    mail.write(
        session,
        row.template.author.email,
        f"Not sent: a post of the series {row.name}",
        f"The post of {spoken(day)} doesn't go out. {why}\n\n"
        f"Look at the series: {in_force.page(f'/staff/series/{row.id}')}\n",
    )
    session.flush()
    return occurrence


def approval_ended(session: Session, event: ApprovalEnded) -> None:
    """Undo what was made ahead when the words of a series lose their yes.

    A day whose own post lost it goes its own way from then on.
    """
    post = service.found(session, event.post_id)
    row = series_queries.of_template(session, post)
    if row is None:
        own = series_queries.occurrence_of(session, post)
        if own is not None and own.own_since is None:
            own.own_since = clock.now()
        return
    waiting = session.scalars(
        select(Occurrence)
        .join(Post, Post.id == Occurrence.post_id)
        .where(
            Occurrence.series_id == row.id,
            Occurrence.own_since.is_(None),
            Post.state == PostState.SCHEDULED,
        )
    ).all()
    for occurrence in waiting:
        made = service.found(session, occurrence.post_id or 0)
        stopping.hold(session, made)
        stopping.cancel_waiting(session, made, by=event.by)
        approvals.void(session, made.id)
        POST.apply(session, made, "cancel", by=event.by, series=row.id, reason=event.reason)
        # Made again from other words, if a second person says yes to them in time.
        session.delete(occurrence)
    session.flush()
