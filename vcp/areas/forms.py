"""What staff may type about areas."""

from datetime import date
from typing import Any

from govuk_frontend_wtf.wtforms_widgets import (
    GovFileInput,
    GovSelect,
    GovTextArea,
    GovTextInput,
)
from wtforms import DateField, FileField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length

from vcp.areas.service import LONGEST_NAME
from vcp.kernel.forms import BaseForm

LONGEST_DESCRIPTION = 2000


class DayField(DateField):
    """One day, typed or picked, as 2026-04-01."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Read what was typed; say how to write it when it can't be read."""
        if not valuelist or not str(valuelist[0]).strip():
            self.data = None
            return
        try:
            self.data = date.fromisoformat(str(valuelist[0]).strip())
        except ValueError as error:
            self.data = None
            message = "Write the day as 2026-04-01."
            raise ValueError(message) from error


def description_field() -> TextAreaField:
    """Return the field for what residents read about an area."""
    return TextAreaField(
        "Description (optional)",
        [
            Length(
                max=LONGEST_DESCRIPTION,
                message=f"Keep it to {LONGEST_DESCRIPTION} characters.",
            )
        ],
        description="Residents read it on the area’s page: where it begins and ends",
        widget=GovTextArea(),
    )


class AddAreaForm(BaseForm):
    """A new area, one level below the one that it lies in."""

    parent_id = SelectField("Inside which area?", coerce=int, widget=GovSelect())
    name = StringField(
        "Name",
        [
            InputRequired("Give the area a name."),
            Length(max=LONGEST_NAME, message=f"Shorten the name to {LONGEST_NAME} characters."),
        ],
        widget=GovTextInput(),
    )
    valid_from = DayField(
        "First day",
        [InputRequired("Give the first day on which it holds.")],
        description="For example 2026-04-01",
        widget=GovTextInput(),
    )
    description = description_field()


class DescribeForm(BaseForm):
    """What residents read about an area."""

    description = description_field()


class EndForm(BaseForm):
    """The last day of an area."""

    last_day = DayField(
        "Last day",
        [InputRequired("Give the last day on which it holds.")],
        description="It still holds on this day, for example 2026-03-31",
        widget=GovTextInput(),
    )


class ImportForm(BaseForm):
    """Areas from a CSV file, chosen or pasted."""

    upload = FileField(
        "CSV file",
        description="With the columns kind, name, parent, valid_from; and if you like valid_to, "
        "slug, description",
        widget=GovFileInput(),
    )
    text = TextAreaField("Or paste its lines here", widget=GovTextArea())
