"""Paging of long lists, and where a person may be sent next."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from urllib.parse import urlsplit

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session
from werkzeug.routing import IntegerConverter, Map

T = TypeVar("T")
PER_PAGE = 25
#: What the databases hold in the column of an id.
LARGEST_ID = 2**31 - 1


def row_id(typed: object) -> int:
    """Return an id that a form or address names.

    Raises: ValueError for what is no number, or one that no row can have.
    """
    number = int(str(typed))
    if not 0 <= number <= LARGEST_ID:
        raise ValueError(f"{number} can be the id of no row")
    return number


class RowIdConverter(IntegerConverter):
    """The id of a row in an address; a number that no row can have leads nowhere: 404."""

    def __init__(self, url_map: Map) -> None:
        """Keep numbers to what a column holds; a larger one would fail in the database."""
        super().__init__(url_map, max=LARGEST_ID)


@dataclass(frozen=True)
class Page(Generic[T]):
    """One page of a list, and how many there are."""

    items: Sequence[T]
    number: int
    per_page: int
    total: int

    @property
    def pages(self) -> int:
        """How many pages there are; one for an empty list."""
        return max(1, -(-self.total // self.per_page))

    @property
    def has_prev(self) -> bool:
        """Whether there is a page before this one."""
        return self.number > 1

    @property
    def has_next(self) -> bool:
        """Whether there is a page after this one."""
        return self.number < self.pages


def paginate(
    session: Session, rows: Select[Any], number: int = 1, per_page: int = PER_PAGE
) -> Page[Any]:
    """Return that page of the rows; a number past the end gives the last page. Two queries."""
    total = session.scalar(select(func.count()).select_from(rows.order_by(None).subquery())) or 0
    last = max(1, -(-total // per_page))
    number = min(max(1, number), last)
    found = session.scalars(rows.limit(per_page).offset((number - 1) * per_page)).unique().all()
    return Page(found, number, per_page, total)


def safe_next(url: str | None, otherwise: str) -> str:
    """Return the address when it is one of our own paths, else the other one."""
    if not url or not url.startswith("/") or url.startswith(("//", "/\\")):
        return otherwise
    parts = urlsplit(url)
    return otherwise if parts.scheme or parts.netloc or "\\" in url else url
