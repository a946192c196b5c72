"""Submitting: what must be there, what the screen does, who is told."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from officer_profiles.states import PersonaState
from tests.factories.channels import make_channel
from tests.factories.posts import (
    IMAGE,
    PLATE,
    Team,
    make_colleague,
    make_post,
    make_team,
    words,
)
from tests.factories.users import make_user
from vcp.channels.states import ChannelState
from vcp.kernel.audit import AuditEvent
from vcp.kernel.errors import Conflict, Invalid, NotAllowed
from vcp.kernel.mail import Mail
from vcp.kernel.permissions import Role
from vcp.posts import notices, screening, service
from vcp.posts.states import POST, PostState
from vcp.posts.tombstones import WithdrawalReason
from vcp.posts.words import Words
from vcp.triage.findings import Priority
from vcp.users.states import USER

#: A claim with a number and no source: a warning, no hold.
P3 = "Burglary is down 12 per cent in our area."


def prose(length: int) -> str:
    """English of exactly this length, in which there is nothing to find."""
    return ("We found a lost dog by the library. " * 20)[: length - 1] + "."


def told(session: Session) -> set[str]:
    return set(session.scalars(select(Mail.to_address)))


def test_clean_draft_waits_for_approval_and_the_supervisor_is_told(session: Session) -> None:
    team = make_team(session)
    post = make_post(session, team, state=PostState.SUBMITTED)
    assert told(session) == {team.supervisor.email}
    assert post.revision is not None
    verdict = screening.from_json(post.revision.verdict)
    assert verdict is not None
    assert verdict.screened
    assert (post.revision.submitted_by_id, post.revision.submitted_at is None) == (
        team.officer.id,
        False,
    )


def test_mail_holds_none_of_the_words(session: Session) -> None:
    make_post(session, make_team(session), state=PostState.SUBMITTED)
    body = session.scalars(select(Mail.body)).one()
    assert "bikes" not in body
    assert "/staff/posts/" in body


def test_next_area_up_is_told_when_nobody_nearer_can(session: Session) -> None:
    team = make_team(session)
    USER.apply(session, team.supervisor, "suspend", by=team.administrator)
    post = make_post(session, team, state=PostState.SUBMITTED)
    assert told(session) == {team.district_supervisor.email}
    found = notices.approvers(session, post)
    assert not found.is_own_area
    assert "Northside" in found.sentence


def test_supervisor_who_wrote_it_isnt_asked(session: Session) -> None:
    team = make_team(session)
    colleague = make_colleague(session, team, role=Role.SUPERVISOR)
    post = make_post(session, team)
    service.save(session, post.id, words(team, text="Edited."), by=colleague)
    service.submit(session, post.id, by=team.officer)
    assert told(session) == {team.supervisor.email}


def test_author_reads_when_nobody_can_approve(session: Session) -> None:
    team = make_team(session)
    for person in (team.supervisor, team.district_supervisor):
        USER.apply(session, person, "suspend", by=team.administrator)
    post = make_post(session, team, state=PostState.SUBMITTED)
    assert told(session) == set()
    assert "Nobody can approve this" in notices.approvers(session, post).sentence


def test_plate_holds_the_draft(session: Session) -> None:
    team = make_team(session)
    post = make_post(session, team, state=PostState.HELD, text=PLATE)
    assert post.revision is not None
    verdict = screening.from_json(post.revision.verdict)
    assert verdict is not None
    marked = screening.marked(words(team, text=PLATE), verdict)
    assert [piece.text for piece in marked[0].pieces if piece.finding] == ["AB12 CDE"]
    assert "".join(piece.text for piece in marked[0].pieces) == PLATE
    assert marked[0].findings[0].why
    assert marked[0].findings[0].advice


@pytest.mark.parametrize(
    "where, changed",
    [
        ("Content warning", {"content_warning": "Plate AB12 CDE"}),
        ("Alt text of image 1", {"images": (replace(IMAGE, alt_text="A van, AB12 CDE"),)}),
    ],
)
def test_every_field_is_screened(session: Session, where: str, changed: dict[str, Any]) -> None:
    team = make_team(session)
    post = make_post(session, team, state=PostState.HELD, **changed)
    assert post.revision is not None
    verdict = screening.from_json(post.revision.verdict)
    assert verdict is not None
    assert [field.name for field in screening.marked(words(team, **changed), verdict)] == [where]


def test_language_without_rules_is_held_not_screened(session: Session) -> None:
    team = make_team(session)
    post = make_post(session, team, state=PostState.HELD, language="cy", text="Diolch i bawb.")
    assert post.revision is not None
    verdict = screening.from_json(post.revision.verdict)
    assert verdict is not None
    assert (verdict.category, verdict.priority) == ("not_screened", Priority.P2)


def test_screen_that_fails_holds(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    team = make_team(session)
    monkeypatch.setattr("vcp.triage.outbound._read", lambda *_: 1 / 0)
    post = make_post(session, team, state=PostState.HELD)
    assert post.revision is not None
    verdict = screening.from_json(post.revision.verdict)
    assert verdict is not None
    assert verdict.degraded


def test_warning_must_be_answered_by_the_approver(session: Session) -> None:
    team = make_team(session)
    post = make_post(session, team, text=P3)
    service.submit(session, post.id, by=team.officer, warning_reason="Published figures.")
    assert post.state is PostState.SUBMITTED
    revision = post.revision
    assert revision is not None
    verdict = screening.from_json(revision.verdict)
    assert verdict is not None
    assert verdict.priority is Priority.P3
    assert revision.warning_reason == "Published figures."
    with pytest.raises(Invalid, match="Say why") as refused:
        service.approve(session, post.id, revision.sha256, by=team.supervisor, warning_answer=" ")
    assert refused.value.field == "warning_answer"
    approval = service.approve(
        session, post.id, revision.sha256, by=team.supervisor, warning_answer="Table 6 says so."
    )
    assert approval.warning_answer == "Table 6 says so."


NOT_READY: dict[str, tuple[Callable[[Team], Words], str, str]] = {
    "nothing written": (lambda team: words(team, text="  \n "), "text", "Write something"),
    "no channel": (lambda team: words(team, channel_ids=()), "channel_ids", "at least one channel"),
    "no alt text": (
        lambda team: words(team, images=(replace(IMAGE, alt_text=" "),)),
        "alt1",
        "what image 1 shows",
    ),
    "too long": (
        lambda team: words(team, text="x" * 501),
        "text",
        r"Harbour M takes 500 characters: take out 1\.",
    ),
    "too long with its warning": (
        lambda team: words(team, text="x" * 499, content_warning="Bikes"),
        "text",
        "take out 4",
    ),
    "image type": (
        lambda team: words(team, images=(replace(IMAGE, media_type="image/gif"),)),
        "images",
        "doesn't take image 1",
    ),
}


@pytest.mark.parametrize("case", NOT_READY)
def test_what_could_not_go_out_is_refused_and_stays_a_draft(session: Session, case: str) -> None:
    team = make_team(session)
    make, field, message = NOT_READY[case]
    post = service.create_draft(session, team.persona.id, make(team), by=team.officer)
    with pytest.raises(Invalid, match=message) as refused:
        service.submit(session, post.id, by=team.officer)
    assert (refused.value.field, post.state) == (field, PostState.DRAFT)


def test_link_counts_as_the_server_counts_it(session: Session) -> None:
    team = make_team(session)
    link = "https://www.example.org/" + "page/" * 60
    make_post(session, team, state=PostState.SUBMITTED, text=prose(476) + " " + link)
    with pytest.raises(Invalid, match="take out 1"):
        make_post(session, team, state=PostState.SUBMITTED, text=prose(477) + " " + link)


def test_signature_of_a_shared_channel_counts(session: Session) -> None:
    team = make_team(session)
    team.mastodon.is_shared = True
    signature = len(f"\n– {team.persona.signature}")
    make_post(session, team, state=PostState.SUBMITTED, text=prose(500 - signature))
    with pytest.raises(Invalid, match="take out 1"):
        make_post(session, team, state=PostState.SUBMITTED, text=prose(501 - signature))


def test_channel_without_leave_is_refused(session: Session) -> None:
    team = make_team(session)
    other = make_channel(session, area=team.area, name="Second M")
    post = make_post(session, team, channel_ids=(team.own_feed.id, other.id))
    with pytest.raises(Invalid, match="no leave to post on Second M") as refused:
        service.submit(session, post.id, by=team.officer)
    assert refused.value.field == "channel_ids"


def test_channel_of_another_area_is_not_even_named(session: Session) -> None:
    team = make_team(session)
    foreign = make_channel(session, area=team.other_area, name="Hilltop M")
    with pytest.raises(Invalid, match="doesn't exist") as refused:
        make_post(session, team, channel_ids=(foreign.id,))
    assert "Hilltop" not in refused.value.message


def test_blocked_channel_is_refused(session: Session) -> None:
    team = make_team(session)
    blocked = make_channel(session, area=team.area, name="Old M", state=ChannelState.BLOCKED)
    post = make_post(session, team, channel_ids=(blocked.id,))
    with pytest.raises(Invalid, match="Old M is blocked"):
        service.submit(session, post.id, by=team.officer)


def test_unknown_channel_is_refused_even_in_a_draft(session: Session) -> None:
    team = make_team(session)
    with pytest.raises(Invalid, match="doesn't exist"):
        make_post(session, team, channel_ids=(999_999,))


def test_persona_outside_the_register_says_nothing(session: Session) -> None:
    team = make_team(session)
    post, waiting = make_post(session, team), make_post(session, team, state=PostState.SUBMITTED)
    team.persona.state = PersonaState.SUSPENDED
    session.flush()
    with pytest.raises(Invalid, match="suspended"):
        service.submit(session, post.id, by=team.officer)
    assert waiting.revision is not None
    with pytest.raises(Conflict, match="suspended"):
        service.approve(session, waiting.id, waiting.revision.sha256, by=team.supervisor)


@pytest.mark.parametrize(
    "changed, field",
    [
        ({"text": "x" * 10_001}, "text"),
        ({"content_warning": "x" * 301}, "content_warning"),
        ({"language": "English"}, "language"),
        ({"language": ""}, "language"),
        ({"images": (IMAGE,) * 5}, "images"),
        ({"images": (replace(IMAGE, alt_text="x" * 1501),)}, "images"),
    ],
)
def test_what_no_draft_holds_names_its_field(
    session: Session, changed: dict[str, Any], field: str
) -> None:
    team = make_team(session)
    with pytest.raises(Invalid) as refused:
        make_post(session, team, **changed)
    assert refused.value.field == field


def test_unprintable_characters_are_not_stored(session: Session) -> None:
    team = make_team(session)
    post = make_post(session, team, text=" One\x00\r\ntwo\ud800 \x1b[31mred\u2028three ")
    assert post.revision is not None
    assert post.revision.text == "One\ntwo? [31mred\nthree"


def test_other_words_saved_meanwhile_are_not_overwritten(session: Session) -> None:
    team = make_team(session)
    colleague = make_colleague(session, team)
    post = make_post(session, team)
    assert post.revision is not None
    began_with = post.revision.sha256
    service.save(session, post.id, words(team, text="Kit's"), by=colleague, based_on=began_with)
    with pytest.raises(Conflict, match="Kit Marlow saved other words"):
        service.save(
            session, post.id, words(team, text="Mine"), by=team.officer, based_on=began_with
        )


def test_each_submission_keeps_its_own_revision(session: Session) -> None:
    team = make_team(session)
    post = make_post(session, team, state=PostState.HELD, text=PLATE)
    first = post.revision_id
    service.take_back(session, post.id, by=team.officer)
    service.submit(session, post.id, by=team.officer)
    assert post.revision_id != first
    assert post.state is PostState.HELD


def test_sent_back_with_a_reason_the_author_is_told(session: Session) -> None:
    team = make_team(session)
    post = make_post(session, team, state=PostState.SUBMITTED)
    with pytest.raises(Invalid, match="Say what should change"):
        service.send_back(session, post.id, "  ", by=team.supervisor)
    service.send_back(session, post.id, "Name the street.", by=team.supervisor)
    assert (post.state, post.returned_reason) == (PostState.DRAFT, "Name the street.")
    assert team.officer.email in told(session)


@pytest.mark.parametrize("who", ["officer", "other_supervisor", "administrator"])
def test_only_an_approver_sends_back(session: Session, who: str) -> None:
    team = make_team(session)
    post = make_post(session, team, state=PostState.SUBMITTED)
    with pytest.raises(NotAllowed):
        service.send_back(session, post.id, "No.", by=getattr(team, who))


@pytest.mark.parametrize("who", ["officer", "supervisor", "district_supervisor"])
@pytest.mark.parametrize("state", [PostState.DRAFT, PostState.SUBMITTED, PostState.SCHEDULED])
def test_author_or_supervisor_cancels_what_isnt_out(
    session: Session, who: str, state: PostState
) -> None:
    team = make_team(session)
    post = make_post(session, team, state=state)
    service.cancel(session, post.id, by=getattr(team, who))
    session.refresh(post)
    assert post.state is PostState.CANCELLED
    assert {d.state.value for d in post.deliveries} <= {"cancelled"}


def test_withdrawn_post_says_when_and_why(session: Session) -> None:
    team = make_team(session)
    post = make_post(session, team, state=PostState.SCHEDULED)
    with pytest.raises(Conflict):
        service.withdraw(session, post.id, WithdrawalReason.MISTAKE, by=team.supervisor)
    POST.apply(session, post, "start", by=team.officer)
    with pytest.raises(NotAllowed):
        service.withdraw(session, post.id, WithdrawalReason.MISTAKE, by=team.officer)
    with pytest.raises(NotAllowed):
        service.withdraw(session, post.id, WithdrawalReason.MISTAKE, by=team.other_supervisor)
    service.withdraw(session, post.id, WithdrawalReason.MISTAKE, by=team.supervisor, note="Wrong!")
    assert post.state is PostState.WITHDRAWN
    assert post.withdrawal_reason == "It said something that was wrong."
    assert post.withdrawn_at is not None


def test_trail_has_a_line_for_each_step(session: Session) -> None:
    team = make_team(session)
    post = make_post(session, team, state=PostState.SCHEDULED)
    lines = session.scalars(
        select(AuditEvent)
        .where(AuditEvent.subject_kind == "post", AuditEvent.subject_id == str(post.id))
        .order_by(AuditEvent.at)
    )
    found = [(line.verb, line.actor_id, line.new_state) for line in lines]
    officer, supervisor = team.officer.actor_id, team.supervisor.actor_id
    assert found == [
        ("create", officer, "draft"),
        ("submit", officer, "submitted"),
        ("approve", supervisor, "approved"),
        ("schedule", supervisor, "scheduled"),
    ]


def test_stranger_reads_no_draft(session: Session) -> None:
    team = make_team(session)
    post = make_post(session, team)
    stranger = make_user(session, area=team.other_area)
    with pytest.raises(NotAllowed):
        service.cancel(session, post.id, by=stranger)
