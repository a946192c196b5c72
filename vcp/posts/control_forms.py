"""What a person may type to stop publishing, and to let it go on."""

import uuid
from collections.abc import Sequence

from govuk_frontend_wtf.wtforms_widgets import (
    GovCheckboxesInput,
    GovRadioInput,
    GovSelect,
    GovSubmitInput,
    GovTextInput,
)
from wtforms import IntegerField, RadioField, SelectField, SelectMultipleField, StringField
from wtforms import SubmitField as Submit
from wtforms.validators import DataRequired, Length, NumberRange, Optional

from vcp.kernel.forms import BaseForm, options
from vcp.posts.budgets import MOST
from vcp.posts.forms import WhenForm
from vcp.posts.pause_models import Decision
from vcp.posts.pausing import LONGEST_REASON

_SHORT = Length(max=LONGEST_REASON, message=f"Use at most {LONGEST_REASON} characters.")


class StopForm(BaseForm):
    """Stop everything; in an emergency nobody has to type."""

    reason = StringField(
        "Why (optional)",
        [_SHORT],
        description="Everybody sees this where a post is stopped.",
        widget=GovTextInput(),
    )


class PauseForm(BaseForm):
    """Pause one part of it."""

    what = SelectField("What to pause", widget=GovSelect())
    why = StringField(
        "Why",
        [DataRequired("Say why, so that others know when it can be lifted."), _SHORT],
        description="Everybody sees this where a post is stopped.",
        widget=GovTextInput(),
    )
    submit = Submit("Pause", widget=GovSubmitInput())


class LiftForm(BaseForm):
    """Lift a pause, or propose to."""

    reason = StringField(
        "Why it can be lifted",
        [DataRequired("Say why it can be lifted."), _SHORT],
        widget=GovTextInput(),
    )


class HeldForm(WhenForm):
    """What becomes of deliveries that became due while stopped."""

    when = last_on = last_at = None  # type: ignore[assignment]  # WTForms' way of leaving out

    delivery_ids = SelectMultipleField("Which", widget=GovCheckboxesInput(), choices=[])
    decision = RadioField(
        "What becomes of them",
        [DataRequired("Choose what becomes of them.")],
        choices=options(
            (
                (Decision.LET_GO.value, "They go out now"),
                (Decision.NEW_TIME.value, "They go out at another time"),
                (Decision.CANCELLED.value, "They are cancelled"),
            )
        ),
        widget=GovRadioInput(),
    )
    submit = Submit("Do this", widget=GovSubmitInput())

    def offer(self, ids: Sequence[uuid.UUID]) -> None:
        """Let the person choose among these."""
        self.delivery_ids.choices = options((str(row_id), str(row_id)) for row_id in ids)

    @property
    def chosen(self) -> list[uuid.UUID]:
        """Those that were chosen."""
        return [uuid.UUID(row_id) for row_id in self.delivery_ids.data or []]

    @property
    def wanted_local(self) -> str:
        """The local time that was typed."""
        return f"{self.on.data or ''}T{self.at.data or ''}"


class BudgetForm(BaseForm):
    """A persona's own numbers; left empty, those of the settings."""

    persona_id = SelectField("Persona", coerce=int, widget=GovSelect())
    posts_per_hour = IntegerField(
        "Posts in an hour (optional)",
        [Optional(), NumberRange(0, MOST, f"Type a whole number from 0 to {MOST}.")],
        description="Empty: as everybody. 0: no limit.",
        widget=GovTextInput(),
    )
    posts_per_day = IntegerField(
        "Posts in a day (optional)",
        [Optional(), NumberRange(0, MOST, f"Type a whole number from 0 to {MOST}.")],
        description="Empty: as everybody. 0: no limit.",
        widget=GovTextInput(),
    )
    submit = Submit("Set the budget", widget=GovSubmitInput())
