"""What is asked for slots, quiet hours and pre-election windows."""

from collections.abc import Sequence

from govuk_frontend_wtf.wtforms_widgets import (
    GovCheckboxesInput,
    GovSelect,
    GovSubmitInput,
    GovTextArea,
    GovTextInput,
)
from wtforms import SelectField, SelectMultipleField, StringField, SubmitField, TextAreaField

from vcp.kernel.forms import BaseForm, MaxBytes, options
from vcp.kernel.pages import row_id
from vcp.posts.days import DAY_NAMES, DAYS


class OfAreaForm(BaseForm):
    """Something that holds in an area."""

    area_id = SelectField("Area", coerce=row_id, choices=[], widget=GovSelect())

    def offer(self, areas: Sequence[tuple[int, str]]) -> None:
        """Let the person choose from these areas."""
        self.area_id.choices = options(areas)


class SlotForm(OfAreaForm):
    """A named time that posts can take."""

    name = StringField("Name, such as Morning", [MaxBytes(240, "The name")], widget=GovTextInput())
    persona = StringField(
        "Only for this persona (optional)",
        description="Its short name, as in its address.",
        widget=GovTextInput(),
    )
    days = SelectMultipleField(
        "Days", choices=options(zip(DAYS, DAY_NAMES, strict=True)), widget=GovCheckboxesInput()
    )
    at = StringField("Time of day", widget=GovTextInput())
    submit = SubmitField("Add the slot", widget=GovSubmitInput())


class QuietHoursForm(OfAreaForm):
    """Hours in which scheduling warns."""

    days = SelectMultipleField(
        "Days on which they begin",
        choices=options(zip(DAYS, DAY_NAMES, strict=True)),
        widget=GovCheckboxesInput(),
    )
    begins = StringField("From", widget=GovTextInput())
    ends = StringField("To", widget=GovTextInput())
    submit = SubmitField("Add quiet hours", widget=GovSubmitInput())


class WindowForm(OfAreaForm):
    """The days before an election."""

    first_day = StringField("First day", widget=GovTextInput())
    last_day = StringField("Last day", widget=GovTextInput())
    note = TextAreaField(
        "Note (optional)",
        [MaxBytes(2_000, "The note")],
        description="Whoever posts then reads it.",
        widget=GovTextArea(),
    )
    submit = SubmitField("Add the window", widget=GovSubmitInput())
