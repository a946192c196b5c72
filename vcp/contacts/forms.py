"""What a person may type about a contact."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from govuk_frontend_wtf.wtforms_widgets import (
    GovCheckboxInput,
    GovRadioInput,
    GovSelect,
    GovTextArea,
    GovTextInput,
)
from wtforms import BooleanField, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import DataRequired, Length

from vcp.contacts.conversations import KINDS
from vcp.contacts.face_to_face import LONGEST_NAME, LONGEST_PLACE, Conversation
from vcp.contacts.models import FACE_TO_FACE
from vcp.contacts.working import CHOSEN, ENDINGS, LONGEST_NOTE, PRIORITIES
from vcp.kernel.errors import Invalid
from vcp.kernel.forms import BaseForm, options
from vcp.kernel.pages import row_id
from vcp.triage.inbound_categories import INBOUND

#: What most conversations on the street are about.
USUAL = "asb_service_request"
ENDING_WORDS = {
    "replied": "We answered",
    "signposted": "We told them the right place",
    "referred": "A partner has it now",
    "handed_over": "A police desk has it now",
    "no_action": "Nothing to do",
    "not_credible": "Not credible",
    "duplicate": "We have it already",
}
PRIORITY_WORDS = {"P1": "emergency", "P2": "priority", "P3": "standard", "P4": "routine"}


def category_options() -> list[Any]:
    """Return the categories that a person may choose."""
    return options((code, INBOUND[code].name) for code in CHOSEN)


class NoteForm(BaseForm):
    """Something to remember, for colleagues."""

    text = TextAreaField(
        "Note",
        [DataRequired("Write the note."), Length(max=LONGEST_NOTE)],
        description="Colleagues read this; the resident doesn't. It can't be changed later.",
        widget=GovTextArea(),
    )


class WaitForm(BaseForm):
    """Stop the clock while the resident is asked."""

    text = StringField(
        "What do you wait for?",
        [DataRequired("Say what you wait for."), Length(max=300)],
        description="The clock stands still until they write, or you let it run on.",
        widget=GovTextInput(),
    )


class ReopenForm(BaseForm):
    """Take a closed contact up again."""

    text = StringField(
        "Why is it taken up again?",
        [DataRequired("Say why it is taken up again."), Length(max=300)],
        widget=GovTextInput(),
    )


class CloseForm(BaseForm):
    """How it ended."""

    disposition = RadioField(
        "How did it end?",
        [DataRequired("Choose how it ended.")],
        choices=options((ending.value, ENDING_WORDS[ending.value]) for ending in ENDINGS),
        widget=GovRadioInput(),
    )
    reason = StringField(
        "Why can it be closed?",
        [DataRequired("Say in a sentence why it can be closed."), Length(max=1_000)],
        widget=GovTextInput(),
    )


class JudgeForm(BaseForm):
    """Another category or priority than the screen gave."""

    category = SelectField("Category", choices=category_options(), widget=GovSelect())
    priority = SelectField(
        "Priority",
        choices=options((p, f"{p}, {PRIORITY_WORDS[p]}") for p in PRIORITIES),
        widget=GovSelect(),
    )
    reason = StringField(
        "Why do you judge it so?",
        [DataRequired("Say why you judge it so."), Length(max=1_000)],
        description="P1 to P3 goes to the desk.",
        widget=GovTextInput(),
    )


class LogForm(BaseForm):
    """A conversation face to face."""

    kind = RadioField(
        "What was it?",
        [DataRequired("Choose what it was.")],
        choices=options((kind.value, KINDS[kind]) for kind in FACE_TO_FACE),
        widget=GovRadioInput(),
    )
    summary = TextAreaField(
        "What was it about?",
        [DataRequired("Write in a sentence or two what it was about."), Length(max=LONGEST_NOTE)],
        widget=GovTextArea(),
    )
    category = SelectField("Category", choices=category_options(), widget=GovSelect())
    is_answer_promised = BooleanField(
        "I promised an answer (due in 72 hours)", widget=GovCheckboxInput()
    )
    place = StringField("Where (optional)", [Length(max=LONGEST_PLACE)], widget=GovTextInput())
    who = StringField(
        "Who (optional)",
        [Length(max=LONGEST_NAME)],
        description="Only if they agreed that you write it down. A first name is enough.",
        widget=GovTextInput(),
    )
    area = SelectField("Area", coerce=row_id, validate_choice=False, widget=GovSelect())
    on = StringField("Date", widget=GovTextInput())
    at = StringField("Time", widget=GovTextInput())

    def show_now(self, moment: datetime, zone: ZoneInfo) -> None:
        """Fill in now, and what is usual."""
        local = moment.astimezone(zone)
        self.on.data, self.at.data = f"{local:%Y-%m-%d}", f"{local:%H:%M}"
        self.category.data = USUAL

    def moment(self, zone: ZoneInfo) -> datetime:
        """Return when it took place.

        Raises: Invalid.
        """
        try:
            typed = datetime.strptime(f"{self.on.data}T{self.at.data}", "%Y-%m-%dT%H:%M")  # noqa: DTZ007 - the zone comes next
        except ValueError as error:
            message = "Give the date and the time, such as 29 March 2026 at 09:30."
            raise Invalid(message, "at") from error
        # Of an hour that comes twice the first is as good: it is a record, not an appointment.
        return typed.replace(tzinfo=zone).astimezone(UTC)

    def told(self, zone: ZoneInfo, persona_id: int | None) -> Conversation:
        """Return what was typed.

        Raises: Invalid for a time that is none.
        """
        return Conversation(
            kind=self.kind.data,
            at=self.moment(zone),
            area_id=self.area.data,
            category=self.category.data,
            summary=self.summary.data or "",
            place=self.place.data or "",
            who=self.who.data or "",
            is_answer_promised=bool(self.is_answer_promised.data),
            persona_id=persona_id,
        )
