"""Posts from a CSV file: good rows go in, bad ones are told, and none twice."""

import csv
import io
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests.client import Client
from tests.factories.posts import PLATE, Team, make_team
from tests.factories.users import sign_in
from vcp.cli import main
from vcp.kernel.audit import AuditEvent
from vcp.kernel.errors import Invalid
from vcp.kernel.mail import Mail
from vcp.kernel.settings import Settings
from vcp.kernel.sheets import text_of
from vcp.posts import importing, service
from vcp.posts.import_batches import run
from vcp.posts.importing import ReportRow
from vcp.posts.models import Post
from vcp.posts.states import PostState

HEADINGS = ["persona", "text", "channels", "when", "which_hour", "not_after", "language"]
pytestmark = pytest.mark.usefixtures("clock")


def sheet(*rows: dict[str, str], delimiter: str = ",") -> str:
    kept = io.StringIO(newline="")
    table = csv.DictWriter(kept, HEADINGS, delimiter=delimiter)
    table.writeheader()
    table.writerows(rows)
    return kept.getvalue()


def row(team: Team, number: int = 0, **changed: str) -> dict[str, str]:
    return {
        "persona": team.persona.slug,
        "text": f"We are at the library on Friday, table {number}.",
        "when": f"2026-07-{number % 28 + 1:02d} 09:30",
        **changed,
    }


#: One fault a row, and where the report must point.
FAULTS = {
    "persona": {"persona": "nobody"},
    "when": {"when": "next week"},
    "which_hour": {"when": "2026-10-25 01:30"},
    "channels": {"channels": "Harbour M | Telegraph"},
    "text": {"text": ""},
}


def fifty(team: Team) -> str:
    """Fifty rows, of which five, spread over the file, are wrong."""
    rows = [row(team, number) for number in range(50)]
    for place, fault in zip((3, 11, 24, 38, 49), FAULTS.values(), strict=True):
        rows[place] |= fault
    return sheet(*rows)


def posts(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(Post)) or 0


def imported(
    session: Session, text: str, team: Team, *, dry_run: bool = False, submit: bool = False
) -> list[ReportRow]:
    session.commit()
    return run(text, team.officer, dry_run=dry_run, submit=submit)


def only(report: list[ReportRow]) -> ReportRow:
    assert len(report) == 1, report
    return report[0]


def test_dry_run_tells_line_column_and_what_to_do_and_stores_nothing(session: Session) -> None:
    team = make_team(session)
    report = imported(session, fifty(team), team, dry_run=True)
    bad = [told for told in report if told.outcome == "refused"]
    assert [(told.line, told.column) for told in bad] == [
        (5, "persona"),
        (13, "when"),
        (26, "which_hour"),
        (40, "channels"),
        (51, "text"),
    ]
    assert all(told.message.endswith(".") for told in bad)
    assert "first or second" in bad[2].message
    assert "There are:" in bad[3].message
    assert sum(told.outcome == "ready" for told in report) == 45
    assert posts(session) == 0
    written = select(func.count()).select_from(AuditEvent).where(AuditEvent.verb == "import_posts")
    assert session.scalar(written) == 0


def test_good_rows_go_in_and_the_corrected_file_adds_only_the_others(session: Session) -> None:
    team = make_team(session)
    first = imported(session, fifty(team), team)
    assert sum(told.outcome == "added" for told in first) == 45
    assert posts(session) == 45
    again = imported(session, fifty(team), team)
    assert {told.outcome for told in again} == {"known", "refused"}
    right = sheet(*(row(team, number) for number in range(50)))
    last = imported(session, right, team)
    assert sum(told.outcome == "added" for told in last) == 5
    assert sum(told.outcome == "known" for told in last) == 45
    assert posts(session) == 50
    drafts = session.scalars(select(Post)).unique().all()
    assert {post.state for post in drafts} == {PostState.DRAFT}
    assert {post.wanted_local for post in drafts} >= {"2026-07-01T09:30"}


def test_row_that_stands_twice_in_a_file_is_added_once(session: Session) -> None:
    team = make_team(session)
    report = imported(session, sheet(row(team), row(team)), team)
    assert [told.outcome for told in report] == ["added", "known"]
    assert "line 2" in report[1].message
    assert posts(session) == 1


def test_row_of_a_cancelled_post_can_be_imported_again(session: Session) -> None:
    team = make_team(session)
    told = only(imported(session, sheet(row(team)), team))
    assert told.post_id is not None
    service.cancel(session, told.post_id, by=team.officer)
    assert only(imported(session, sheet(row(team)), team)).outcome == "added"
    assert only(imported(session, sheet(row(team)), team)).outcome == "known"


def test_rows_are_submitted_when_asked_and_held_as_if_they_were_typed(session: Session) -> None:
    team = make_team(session)
    text = sheet(row(team), row(team, 1, text=PLATE))
    dry = imported(session, text, team, dry_run=True)
    assert "holds it" in dry[1].message
    report = imported(session, text, team, submit=True)
    states = [session.get_one(Post, told.post_id).state for told in report]
    assert states == [PostState.SUBMITTED, PostState.HELD]


def mails_to(session: Session, address: str) -> list[Mail]:
    asked = select(Mail).where(Mail.to_address == address).order_by(Mail.id)
    return list(session.scalars(asked))


def test_each_approver_is_written_to_once_an_import_and_told_how_many_wait(
    session: Session,
) -> None:
    """A file of a hundred posts isn't a hundred e-mails, and what is held doesn't wait for them."""
    team = make_team(session)
    rows = [row(team, number) for number in range(2 * importing.BATCH + 3)]
    imported(session, sheet(*rows, row(team, 50, text=PLATE)), team, submit=True)
    told = mails_to(session, team.supervisor.email)
    assert [mail.subject for mail in told] == ["Waiting for approval: 43 imported posts"]
    assert "43 posts of a file that Sam Okoro imported wait" in told[0].body
    assert "/staff/posts/awaiting" in told[0].body
    assert mails_to(session, team.officer.email) == []


def test_import_that_went_on_counts_what_waited_before_and_the_same_again_writes_nothing(
    session: Session,
) -> None:
    """What stopped half way has told nobody: the e-mail comes with the last rows."""
    team = make_team(session)
    imported(session, sheet(row(team)), team, submit=True)
    assert len(mails_to(session, team.supervisor.email)) == 1
    both = sheet(row(team), row(team, 1), row(team, 2))
    imported(session, both, team, submit=True)
    subjects = [mail.subject for mail in mails_to(session, team.supervisor.email)]
    assert subjects[0].startswith("Waiting for approval: a post by")
    assert subjects[1:] == ["Waiting for approval: 3 imported posts"]
    imported(session, both, team, submit=True)
    imported(session, sheet(row(team, 5)), team)
    assert len(mails_to(session, team.supervisor.email)) == 2


def test_nobody_imports_in_a_name_that_isnt_theirs(session: Session) -> None:
    team = make_team(session)
    session.commit()
    told = only(run(sheet(row(team)), team.other_supervisor, dry_run=False, submit=False))
    assert (told.outcome, told.column) == ("refused", "persona")
    assert team.persona.display_name not in told.message
    assert posts(session) == 0


@pytest.mark.parametrize(
    "written, local",
    [("2026-07-01T09:30", "2026-07-01T09:30"), ("01/07/2026 09:30", "2026-07-01T09:30")],
)
def test_times_may_be_written_as_spreadsheets_do(
    session: Session, written: str, local: str
) -> None:
    team = make_team(session)
    told = only(imported(session, sheet(row(team, when=written)), team))
    assert session.get_one(Post, told.post_id).wanted_local == local


def test_hour_that_comes_twice_is_the_one_that_was_said(session: Session) -> None:
    team = make_team(session)
    rows = [
        row(team, when="2026-10-25 01:30", which_hour=hour, text=hour)
        for hour in ("first", "second")
    ]
    report = imported(session, sheet(*rows), team)
    moments = [session.get_one(Post, told.post_id).wanted_at for told in report]
    assert moments[1] is not None
    assert moments[0] is not None
    assert (moments[1] - moments[0]).total_seconds() == 3600


def test_semicolons_and_a_byte_order_mark_are_understood(session: Session) -> None:
    team = make_team(session)
    raw = b"\xef\xbb\xbf" + sheet(row(team, text="Caffè; dewch"), delimiter=";").encode()
    told = only(imported(session, text_of(raw), team))
    assert service.newest(session.get_one(Post, told.post_id)).text == "Caffè; dewch"


@pytest.mark.parametrize(
    "raw, message",
    [
        ("persona,text\nx,caffè\n".encode("cp1252"), "CSV UTF-8"),
        ("persona,text\nx,hello\n".encode("utf-16"), "UTF-8"),
    ],
)
def test_other_encodings_are_refused_with_what_to_do(raw: bytes, message: str) -> None:
    with pytest.raises(Invalid, match=message):
        text_of(raw)


@pytest.mark.parametrize(
    "text, message",
    [
        ("persona\nx\n", "Missing: text"),
        ("persona,text,image\nx,y,z\n", "'image' isn't known"),
        ("persona,text,text\nx,y,z\n", "there twice"),
        ("persona,text\n", "no rows"),
        ('persona,text\nx,"y\n', "quotation mark"),
        ("persona,text\n" + "x,y\n" * (importing.MOST_ROWS + 1), "up to 10,000 rows"),
    ],
)
def test_file_that_cant_be_read_as_a_whole_says_why(text: str, message: str) -> None:
    with pytest.raises(Invalid, match=message):
        importing.read(text)


def test_formula_stays_words(session: Session) -> None:
    team = make_team(session)
    report = imported(session, sheet(row(team, text="=1+1"), row(team, 1, text="'=2+2")), team)
    texts = [service.newest(session.get_one(Post, told.post_id)).text for told in report]
    assert texts == ["=1+1", "=2+2"], "the mark that an export sets before a formula is taken off"


def test_page_checks_then_imports_and_keeps_what_was_pasted(
    client: Client, session: Session
) -> None:
    team = make_team(session)
    sign_in(client, team.officer)
    checked = client.post("/staff/posts/import", data={"text": fifty(team), "step": "check"})
    assert checked.status_code == 422
    assert "5 of 50 rows" in checked.text
    assert "Import 45 rows" in checked.text
    # What is wrong comes first: on a phone fifty rows are a long way.
    others = checked.text.index("The other 45 rows")
    assert checked.text.rindex("imported</strong>") < others < checked.text.index(">Good</td>")
    assert posts(session) == 0
    done = client.post("/staff/posts/import", data={"text": fifty(team), "step": "import"})
    assert done.status_code == 422
    assert "45 of 50 rows were imported" in done.text
    assert posts(session) == 45
    again = client.post("/staff/posts/import", data={"text": fifty(team), "step": "check"})
    assert "Nothing new is stored yet. 45 are there already." in again.text
    good = sheet(row(team, 60))
    ended = client.post("/staff/posts/import", data={"text": good, "step": "import"})
    assert ended.status_code == 302
    assert posts(session) == 46


def test_command_reports_each_row_and_ends_with_a_fault(
    session: Session, settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    team = make_team(session)
    session.commit()
    monkeypatch.setenv("VCP_MODE", "test")
    monkeypatch.setenv("VCP_INSTANCE", str(settings.instance))
    monkeypatch.setenv("VCP_DATABASE_URL", settings.database)
    file = tmp_path / "posts.csv"
    file.write_text(fifty(team), "utf-8")
    asked = ["posts", "import", str(file), "--as", team.officer.email, "--json"]
    dry = CliRunner().invoke(main, [*asked, "--dry-run"])
    assert dry.exit_code == 1
    assert dry.output.count('"outcome": "refused"') == 5
    assert posts(session) == 0
    real = CliRunner().invoke(main, asked)
    assert real.exit_code == 1
    session.rollback()
    assert posts(session) == 45
