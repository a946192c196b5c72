"""Running an import: in units of work that are short, so that nobody waits for a long file."""

from vcp.kernel.db import session, transaction
from vcp.kernel.permissions import Person
from vcp.posts import importing
from vcp.posts.importing import BATCH, Book, ReportRow


def run(
    text: str, by: Person, *, dry_run: bool, submit: bool, most_rows: int = importing.MOST_ROWS
) -> list[ReportRow]:
    """Check every row of the file and, unless this is a dry run, add the good ones.

    What stops it half way leaves whole rows behind; the same file again goes on from there.
    Raises: Invalid when the file as a whole can't be read.
    """
    rows = importing.read(text, most_rows=most_rows)
    book, report = Book(), []
    for start in range(0, len(rows), BATCH):
        batch = rows[start : start + BATCH]
        if dry_run:
            report += importing.check(session(), batch, by, book=book)
            continue
        # What was read in another unit of work is read again in this one.
        book.personas.clear()
        with transaction() as unit:
            report += importing.add(unit, batch, by, submit=submit, book=book)
            if submit and start + BATCH >= len(rows):
                importing.tell(unit, report, by)
    return report
