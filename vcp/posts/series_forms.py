"""What is asked about a series."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from govuk_frontend_wtf.wtforms_widgets import (
    GovCheckboxesInput,
    GovRadioInput,
    GovSelect,
    GovTextArea,
    GovTextInput,
)
from wtforms import RadioField, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import DataRequired, ValidationError

from vcp.kernel.errors import Invalid
from vcp.kernel.forms import BaseForm, MaxBytes, options
from vcp.posts.days import DAY_NAMES, DAYS, day_typed
from vcp.posts.schedule_models import Series
from vcp.posts.series import Plan
from vcp.posts.series_rules import LAST_DAY_OF_ALL_MONTHS, NTH, Every, Rule

UNTIL, TIMES = "until", "times"
NEED_DAYS = {Every.WEEK.value, Every.TWO_WEEKS.value, Every.MONTH_BY_WEEKDAY.value}


class SeriesForm(BaseForm):
    """When a series goes out, in plain words."""

    name = StringField(
        "Name",
        [DataRequired("Give the series a name."), MaxBytes(480, "The name")],
        description="For staff, such as Weekly surgery.",
        widget=GovTextInput(),
    )
    every = RadioField(
        "How often",
        choices=options(
            [
                (Every.WEEK.value, "Every week"),
                (Every.TWO_WEEKS.value, "Every two weeks"),
                (Every.DAY.value, "Every day"),
                (Every.MONTH_BY_WEEKDAY.value, "Every month, on a day of the week"),
                (Every.MONTH_BY_DATE.value, "Every month, on a date"),
            ]
        ),
        default=Every.WEEK.value,
        widget=GovRadioInput(),
    )
    days = SelectMultipleField(
        "On which days of the week",
        choices=options(zip(DAYS, DAY_NAMES, strict=True)),
        widget=GovCheckboxesInput(),
    )
    nth = SelectField(
        "Which of them in the month (only for “every month, on a day of the week”)",
        choices=options((str(number), f"The {word}") for number, word in NTH.items()),
        default="1",
        widget=GovSelect(),
    )
    month_day = SelectField(
        "Which date (only for “every month, on a date”)",
        choices=options((str(n), str(n)) for n in range(1, LAST_DAY_OF_ALL_MONTHS + 1)),
        default="1",
        widget=GovSelect(),
    )
    starts_on = StringField("From which day on", widget=GovTextInput())
    at = StringField("Time of day", widget=GovTextInput())
    ends = RadioField(
        "When it ends",
        choices=options([(UNTIL, "After a day"), (TIMES, "After so many times")]),
        default=UNTIL,
        widget=GovRadioInput(),
    )
    until = StringField("Last day", widget=GovTextInput())
    times = StringField("How many times", widget=GovTextInput())
    except_days = TextAreaField(
        "Except on these days (optional)",
        [MaxBytes(4_000, "The list")],
        description="One a line, such as 29/12/2026.",
        widget=GovTextArea(),
    )
    late_minutes = SelectField(
        "How late it may go out if something is down",
        choices=options(
            [
                ("15", "15 minutes"),
                ("60", "1 hour"),
                ("120", "2 hours"),
                ("480", "8 hours"),
                ("1440", "24 hours"),
            ]
        ),
        default="60",
        widget=GovSelect(),
    )

    def validate_days(self, field: Any) -> None:
        """Ask for a day of the week where the rule goes by them."""
        if self.every.data in NEED_DAYS and not field.data:
            message = "Choose at least one day of the week."
            raise ValidationError(message)

    def validate_starts_on(self, field: Any) -> None:
        """Ask for the first day."""
        _must_be_day(field, "Give the day from which it goes out.")

    def validate_at(self, field: Any) -> None:
        """Ask for a time of day."""
        try:
            datetime.strptime(field.data or "", "%H:%M")  # noqa: DTZ007 - a time of day
        except ValueError as error:
            message = "Give the time of day, such as 09:30."
            raise ValidationError(message) from error

    def validate_until(self, field: Any) -> None:
        """Ask for the last day, if it ends after one."""
        if self.ends.data == UNTIL:
            _must_be_day(field, "Give the last day.")

    def validate_times(self, field: Any) -> None:
        """Ask how many times, if it ends after so many."""
        if self.ends.data == TIMES:
            _read(_number, field.data)

    def validate_except_days(self, field: Any) -> None:
        """Say which of the exceptions is no day."""
        for typed in _listed(field.data):
            _read(day_typed, typed, "except_days")

    def plan(self) -> Plan:
        """Return what was chosen.

        Raises: Invalid, naming the field, for what can't be read.
        """
        every = Every(self.every.data)
        ends_after_day = self.ends.data == UNTIL
        rule = Rule(
            every=every,
            days=tuple(self.days.data or ()),
            nth=int(self.nth.data),
            month_day=int(self.month_day.data),
            until=day_typed(self.until.data or "", "until") if ends_after_day else None,
            times=None if ends_after_day else _number(self.times.data),
        )
        return Plan(
            name=self.name.data or "",
            rule=rule,
            starts_on=day_typed(self.starts_on.data or "", "starts_on"),
            at=self.at.data or "",
            late_minutes=int(self.late_minutes.data),
            except_days=tuple(
                day_typed(day, "except_days") for day in _listed(self.except_days.data)
            ),
        )

    def show(self, series: Series) -> None:
        """Fill in the rule of a series."""
        parts = dict(part.split("=", 1) for part in series.rule.split(";"))
        days = [day for day in parts.get("BYDAY", "").split(",") if day]
        self.name.data, self.at.data = series.name, series.at
        self.every.data = _every(parts).value
        self.days.data = [day[-2:] for day in days]
        if days and days[0][:-2]:
            self.nth.data = days[0][:-2]
        self.month_day.data = parts.get("BYMONTHDAY", "1")
        self.starts_on.data = series.starts_on.isoformat()
        self.late_minutes.data = str(series.late_minutes)
        self.ends.data = UNTIL if "UNTIL" in parts else TIMES
        self.times.data = parts.get("COUNT", "")
        if "UNTIL" in parts:
            last = parts["UNTIL"]
            self.until.data = f"{last[:4]}-{last[4:6]}-{last[6:8]}"


class SeriesStepForm(BaseForm):
    """A button about one day of a series, or all of it."""


def _every(parts: dict[str, str]) -> Every:
    if parts["FREQ"] == "DAILY":
        return Every.DAY
    if parts["FREQ"] == "WEEKLY":
        return Every.TWO_WEEKS if parts.get("INTERVAL") == "2" else Every.WEEK
    return Every.MONTH_BY_DATE if "BYMONTHDAY" in parts else Every.MONTH_BY_WEEKDAY


def _listed(typed: str | None) -> list[str]:
    return [one for one in re.split(r"[\s,;]+", typed or "") if one]


def _must_be_day(field: Any, missing: str) -> None:
    if not field.data:
        raise ValidationError(missing)
    _read(day_typed, field.data, field.name)


def _read(read: Callable[..., object], *typed: str | None) -> None:
    """Refuse at its field, beside the other faults of the form, what can't be read."""
    try:
        read(*typed)
    except Invalid as error:
        raise ValidationError(error.message) from error


def _number(typed: str | None) -> int:
    if not (typed or "").isdecimal() or len(typed or "") > 4:  # noqa: PLR2004 - digits
        raise Invalid("Type a whole number in digits, such as 10.", "times")
    return int(typed or "")
