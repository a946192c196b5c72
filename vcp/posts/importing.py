"""Posts from a CSV file: each row is checked by the same rules as a draft that is typed.

Good rows become drafts, or are submitted; bad ones are told, each with its column and what to do.
The same row again adds nothing, so a corrected file can be given whole.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import rfc8785
from sqlalchemy import select
from sqlalchemy.orm import Session

from officer_profiles import queries as personas
from officer_profiles.models import Persona
from vcp.kernel import clock, sheets
from vcp.kernel.audit import record
from vcp.kernel.errors import Invalid
from vcp.kernel.permissions import Person
from vcp.posts import guards, notices, revisions, screening, service, time_warnings, timing, wanted
from vcp.posts.models import Post
from vcp.posts.schedule_models import ImportedRow
from vcp.posts.states import PostState
from vcp.posts.words import Words

NEEDED = ("persona", "text")
OPTIONAL = ("channels", "language", "warning", "when", "which_hour", "not_after", "reason")
MOST_ROWS = 10_000
MOST_CHARACTERS = 20_000_000
#: Rows of one unit of work: a long file must not keep others from writing.
BATCH = 20
READY, ADDED, KNOWN, REFUSED = "ready", "added", "known", "refused"
SHORT = 60
_HOURS = {"": None, "first": timing.FIRST, "second": timing.SECOND}
_TIMES = ("%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%d/%m/%Y %H:%M")
#: Which column holds what a rule calls otherwise.
_COLUMN_OF = {
    "wanted_local": "when",
    "not_after_local": "not_after",
    "channel_ids": "channels",
    "content_warning": "warning",
    "warning_reason": "reason",
}


@dataclass(frozen=True)
class ReportRow:
    """What becomes of one row: `ready` (a dry run), `added`, `known` (there already), `refused`."""

    line: int
    outcome: str
    #: The column that is wrong, of a refused row.
    column: str
    message: str
    persona: str
    text: str
    post_id: int | None = None


@dataclass
class Book:
    """What the rows read so far have shown, so that it isn't asked for again."""

    personas: dict[str, Persona] = field(default_factory=dict)
    #: The line on which a row stood first, by its hash.
    lines: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class _Plan:
    persona: Persona
    words: Words
    reason: str
    note: str


def read(text: str, *, most_rows: int = MOST_ROWS) -> list[sheets.Row]:
    """Return the rows of a file.

    Raises: Invalid when the file as a whole can't be read.
    """
    return sheets.read(
        text,
        needed=NEEDED,
        optional=OPTIONAL,
        most_rows=most_rows,
        most_characters=MOST_CHARACTERS,
    )


def check(
    session: Session, rows: Sequence[sheets.Row], by: Person, *, book: Book
) -> list[ReportRow]:
    """Say what would become of each row; nothing is stored."""
    known = _known(session, rows)
    return [_checked(session, line, cells, by, book, known)[0] for line, cells in rows]


def add(
    session: Session, rows: Sequence[sheets.Row], by: Person, *, submit: bool, book: Book
) -> list[ReportRow]:
    """Make a draft of each good row, or submit it; say what became of every one.

    Those who approve aren't written to: `tell` does that once, for the whole file.
    """
    known, report = _known(session, rows), []
    for line, cells in rows:
        told, plan = _checked(session, line, cells, by, book, known)
        report.append(_added(session, told, plan, cells, by, submit=submit) if plan else told)
    if added := [row.post_id for row in report if row.outcome == ADDED]:
        record(session, by, "import_posts", "post", "csv", count=len(added), posts=added)
    return report


def tell(session: Session, report: Sequence[ReportRow], by: Person) -> None:
    """Write once to each who can approve: how many posts of the file wait for them.

    What an import that stopped half way had submitted counts too: nobody was told of it.
    """
    if any(row.outcome == ADDED for row in report):
        notices.import_wanted(session, [row.post_id for row in report if row.post_id], by=by)


def _checked(
    session: Session,
    line: int,
    cells: Mapping[str, str],
    by: Person,
    book: Book,
    known: Mapping[str, int],
) -> tuple[ReportRow, _Plan | None]:
    persona, text = cells["persona"], " ".join(sheets.plain(cells["text"]).split())[:SHORT]
    digest = sha256_of(cells)
    if (post_id := known.get(digest)) is not None:
        message = f"Imported before, as post {post_id}. Nothing is added."
        return ReportRow(line, KNOWN, "", message, persona, text, post_id), None
    if (first := book.lines.setdefault(digest, line)) != line:
        message = f"The same as line {first}. Nothing is added."
        return ReportRow(line, KNOWN, "", message, persona, text), None
    try:
        plan = _planned(session, cells, by, book)
    except timing.AskWhichHour as error:
        message = f"{error.message} Write first or second into which_hour."
        return ReportRow(line, REFUSED, "which_hour", message, persona, text), None
    except Invalid as error:
        column = _COLUMN_OF.get(error.field or "", error.field or "")
        return ReportRow(line, REFUSED, column, error.message, persona, text), None
    return ReportRow(line, READY, "", plan.note, persona, text), plan


def _planned(session: Session, cells: Mapping[str, str], by: Person, book: Book) -> _Plan:
    """Return what one row asks for, after every rule that a submitted draft must keep.

    Raises: Invalid, naming the column or the field.
    """
    if cells[sheets.TOO_MANY]:
        raise Invalid(
            "There are more cells than columns. Put quotation marks round a cell with commas.",
            "text",
        )
    persona = _persona(session, cells["persona"], by, book)
    hour = cells.get("which_hour", "").lower()
    if hour not in _HOURS:
        raise Invalid("Write first or second, or leave it empty.", "which_hour")
    words = Words(
        text=sheets.plain(cells["text"]),
        language=cells.get("language", "") or persona.language,
        content_warning=sheets.plain(cells.get("warning", "")) or None,
        channel_ids=_channels(session, cells.get("channels", ""), persona),
        wanted_local=_local(cells.get("when", ""), "when"),
        wanted_fold=_HOURS[hour],
        not_after_local=_local(cells.get("not_after", ""), "not_after"),
    )
    words = revisions.storable(session, words, persona)
    times = Post()  # never stored: only its times are looked at
    wanted.set_times(times, words)
    channels = revisions.channels_of(session, words)
    revisions.must_be_ready(session, persona, words, channels)
    reason = sheets.plain(cells.get("reason", ""))
    verdict = time_warnings.screened_at(session, persona.area_path, times.wanted_at, words, reason)
    note = ""
    if verdict.holds:
        note = f"The screening holds it when it is submitted: {verdict.findings[0].why}"
    elif screening.has_warning(verdict):
        note = "The screening warns, so whoever approves it must answer."
    return _Plan(persona, words, reason, note)


def _added(
    session: Session,
    told: ReportRow,
    plan: _Plan,
    cells: Mapping[str, str],
    by: Person,
    *,
    submit: bool,
) -> ReportRow:
    post = service.create_draft(session, plan.persona.id, plan.words, by=by)
    message = "A draft."
    if submit:
        service.submit(session, post.id, by=by, warning_reason=plan.reason, is_told=False)
        message = "Held by the screening." if post.state is PostState.HELD else "Submitted."
    digest = sha256_of(cells)
    row = session.scalar(select(ImportedRow).where(ImportedRow.sha256 == digest))
    if row is None:
        row = ImportedRow(sha256=digest)
        session.add(row)
    # Imported before, and cancelled since: then the same words may be wanted after all.
    row.post_id, row.imported_at, row.imported_by_id = post.id, clock.now(), by.id
    session.flush()
    return ReportRow(told.line, ADDED, "", message, told.persona, told.text, post.id)


def sha256_of(cells: Mapping[str, str]) -> str:
    """Return the hash by which a row is known again: what it says, wherever it stands."""
    said = {name: cells[name] for name in (*NEEDED, *OPTIONAL) if cells.get(name)}
    return hashlib.sha256(rfc8785.dumps(said)).hexdigest()


def _known(session: Session, rows: Sequence[sheets.Row]) -> dict[str, int]:
    digests = [sha256_of(cells) for _, cells in rows]
    found: dict[str, int] = {}
    for start in range(0, len(digests), 500):
        asked = (
            select(ImportedRow.sha256, ImportedRow.post_id)
            .join(Post, Post.id == ImportedRow.post_id)
            .where(
                ImportedRow.sha256.in_(digests[start : start + 500]),
                Post.state != PostState.CANCELLED,
            )
        )
        found |= {row.sha256: row.post_id for row in session.execute(asked)}
    return found


def _persona(session: Session, slug: str, by: Person, book: Book) -> Persona:
    if not book.personas:
        book.personas |= {
            persona.slug: persona
            for persona in personas.personas_of(session, by)
            if guards.may_write_as(session, by, persona)
        }
    # Those of others aren't named: whether they exist is no matter of whoever brings the file.
    if slug.lower() not in book.personas:
        mine = ", ".join(sorted(book.personas)) or "none yet"
        raise Invalid(f"You don't write as {slug!r}. Yours are: {mine}.", "persona")
    return book.personas[slug.lower()]


def _channels(session: Session, cell: str, persona: Persona) -> tuple[int, ...]:
    usable = personas.channels_for(session, persona)
    if not cell:
        return tuple(channel.id for channel in usable)
    by_name = {channel.name.casefold(): channel.id for channel in usable}
    wanted_names = [name.strip() for name in cell.split("|") if name.strip()]
    for name in wanted_names:
        if name.casefold() not in by_name:
            known = " | ".join(channel.name for channel in usable) or "none"
            raise Invalid(
                f"{persona.display_name} has no channel {name!r}. There are: {known}.", "channels"
            )
    return tuple(by_name[name.casefold()] for name in wanted_names)


def _local(cell: str, column: str) -> str | None:
    """Return a time as the rest of the product writes it.

    Raises: Invalid when it can't be read.
    """
    if not cell:
        return None
    for form in _TIMES:
        try:
            return f"{datetime.strptime(cell, form):{timing.FORMAT}}"  # noqa: DTZ007 - local
        except ValueError:
            continue
    raise Invalid(
        f"{cell!r} is no date and time. Write 2026-03-29 09:30, or 29/03/2026 09:30.", column
    )
