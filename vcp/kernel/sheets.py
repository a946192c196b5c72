"""Tables that people bring from, and take to, a spreadsheet: CSV in and out."""

import csv
import io
import itertools
from collections.abc import Iterable, Mapping, Sequence

from vcp.kernel.errors import Invalid

#: A cell that begins so is a formula to a spreadsheet.
FORMULA = ("=", "+", "-", "@", "\t", "\r")
#: Tells a spreadsheet that the file is UTF-8.
BYTE_ORDER_MARK = "\ufeff"
#: The column that says that a line holds more cells than there are headings.
TOO_MANY = "too many"

Row = tuple[int, dict[str, str]]


def text_of(raw: bytes, field: str = "upload") -> str:
    """Return the words of an uploaded file.

    Raises: Invalid when it isn't text in UTF-8.
    """
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Invalid(
            "The file isn't text in UTF-8. In your spreadsheet, save it as “CSV UTF-8”.", field
        ) from error
    if "\0" in text:
        raise Invalid("The file isn't a CSV file. Save the table as “CSV UTF-8”.", field)
    return text


def read(
    text: str,
    *,
    needed: Sequence[str],
    most_rows: int,
    most_characters: int,
    optional: Sequence[str] | None = None,
    field: str = "upload",
) -> list[Row]:
    """Return the lines with something in them, each by its number and its cells by heading.

    Commas or semicolons part the cells. With `optional`, other headings are refused. Raises:
    Invalid when the file as a whole can't be read.
    """
    text = text.removeprefix(BYTE_ORDER_MARK)
    if len(text) > most_characters:
        raise Invalid("The file is too long. Import it in parts.", field)
    head = text.partition("\n")[0]
    delimiter = ";" if head.count(";") > head.count(",") else ","
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        _check_headings(reader.fieldnames or (), needed, optional, field)
        rows = [(reader.line_num, _cells(row)) for row in itertools.islice(reader, most_rows + 1)]
    except csv.Error as error:
        raise Invalid(
            f"Line {reader.line_num + 1} can't be read as CSV ({error}). Look for a quotation "
            "mark without its partner.",
            field,
        ) from error
    rows = [(line, cells) for line, cells in rows if any(cells.values())]
    if not rows:
        raise Invalid("The file has no rows below its first line.", field)
    if len(rows) > most_rows:
        raise Invalid(f"Import up to {most_rows:,} rows at once.", field)
    return rows


def harmless(text: str) -> str:
    """Return the text of a cell that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(FORMULA) else text


def plain(text: str) -> str:
    """Return the text of a cell without the mark that `harmless` set before it."""
    return text[1:] if text.startswith("'") and text[1:].startswith(FORMULA) else text


def written(headings: Sequence[str], rows: Iterable[Mapping[str, object]]) -> str:
    """Return a table as CSV that spreadsheets open rightly, and whose cells stay words.

    Source: RFC 4180, and a byte order mark, without which spreadsheets guess the letters.
    """
    kept = io.StringIO(newline="")
    sheet = csv.writer(kept)
    sheet.writerow(headings)
    for row in rows:
        values = (row.get(name) for name in headings)
        sheet.writerow([harmless("" if value is None else str(value)) for value in values])
    return BYTE_ORDER_MARK + kept.getvalue()


def _check_headings(
    found: Sequence[str], needed: Sequence[str], optional: Sequence[str] | None, field: str
) -> None:
    names = [(name or "").strip().lower() for name in found]
    if missing := [name for name in needed if name not in names]:
        raise Invalid(
            f"The first line must name the columns {', '.join(needed)}. "
            f"Missing: {', '.join(missing)}.",
            field,
        )
    if optional is None:
        return
    known = {*needed, *optional, ""}
    if unknown := [name for name in names if name not in known]:
        raise Invalid(
            f"The column {unknown[0]!r} isn't known, so nothing was read. Those that may be there "
            f"are {', '.join((*needed, *optional))}.",
            field,
        )
    if twice := [name for name in names if name and names.count(name) > 1]:
        raise Invalid(f"The column {twice[0]!r} is there twice. Leave one out.", field)


def _cells(row: Mapping[str | None, object]) -> dict[str, str]:
    """Return the cells by column; a cell too many or too few is an empty or a marked one."""
    cells = {(name or "").strip().lower(): str(value or "").strip() for name, value in row.items()}
    cells[TOO_MANY] = "yes" if None in row else ""
    return cells
