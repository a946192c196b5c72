"""One line of the report: what was measured, beside its yardstick and its budget."""

import operator
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """A figure; the names are those of the JSON lines."""

    name: str
    value: float
    unit: str
    #: The same thing done the plain way, measured in the same run; none where there is no such way.
    yardstick: float | None
    #: The value over the yardstick.
    ratio: float | None
    budget: str
    ok: bool
    conditions: str


def at_most(
    name: str,
    value: float,
    unit: str,
    limit: float,
    *,
    of: float | None = None,
    conditions: str = "",
) -> Row:
    """Return a row whose value, or its ratio to the yardstick `of`, must not pass the limit."""
    return _row(name, value, unit, "<=", limit, of, conditions)


def at_least(
    name: str,
    value: float,
    unit: str,
    limit: float,
    *,
    of: float | None = None,
    conditions: str = "",
) -> Row:
    """Return a row whose value, or its ratio to the yardstick `of`, must reach the limit."""
    return _row(name, value, unit, ">=", limit, of, conditions)


def _row(
    name: str, value: float, unit: str, sign: str, limit: float, of: float | None, conditions: str
) -> Row:
    ratio = None if of is None else value / of
    budget = f"{sign} {limit:g} {unit}" if ratio is None else f"{sign} {limit:g} x yardstick"
    compare = operator.le if sign == "<=" else operator.ge
    judged = value if ratio is None else ratio
    return Row(name, value, unit, of, ratio, budget, bool(compare(judged, limit)), conditions)
