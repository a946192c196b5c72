"""What decision makers type about held drafts, and the desk about residents' contacts."""

from collections.abc import Iterable
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from govuk_frontend_wtf.wtforms_widgets import (
    GovCheckboxInput,
    GovSelect,
    GovSubmitInput,
    GovTextArea,
    GovTextInput,
)
from wtforms import (
    BooleanField,
    HiddenField,
    IntegerField,
    SelectField,
    StringField,
    SubmitField,
    TextAreaField,
)
from wtforms.validators import DataRequired, Email, InputRequired, NumberRange, Optional

from moderation.desks import LONGEST_WAIT_MINUTES
from moderation.models import Desk
from moderation.service import DISPOSITIONS
from vcp.contacts.states import Disposition
from vcp.kernel import clock
from vcp.kernel.errors import Invalid
from vcp.kernel.forms import BaseForm, MaxBytes, options

#: The questions of a THRIVE assessment, in its order; each may stay empty.
THRIVE = ("threat", "harm", "risk", "investigation", "vulnerability", "engagement")
_ENDINGS = {
    Disposition.HANDED_OVER: "Handed over: a desk has acknowledged it",
    Disposition.REPLIED: "Replied: our answer is out or on its way",
    Disposition.SIGNPOSTED: "Signposted: told the right way to go",
    Disposition.REFERRED: "Referred: passed to a partner",
    Disposition.NO_ACTION: "No action needed",
    Disposition.NOT_CREDIBLE: "Not credible: I judge it so, and say why",
    Disposition.DUPLICATE: "Duplicate: it repeats another case",
}


class ReleaseForm(BaseForm):
    """A yes as far as one category goes, with a reason."""

    category = HiddenField()
    reason = TextAreaField(
        "Why it may go out",
        [DataRequired("Say why it may go out."), MaxBytes(4_000, "The reason")],
        description="Kept in the audit trail with your name.",
        widget=GovTextArea(),
    )
    submit = SubmitField("Release", widget=GovSubmitInput())


class ReturnForm(BaseForm):
    """Back to the author, with what should change."""

    reason = TextAreaField(
        "What should change",
        [DataRequired("Say what should change."), MaxBytes(4_000, "The reason")],
        description="The author reads this.",
        widget=GovTextArea(),
    )
    submit = SubmitField("Return to the author", widget=GovSubmitInput())


class NoteForm(BaseForm):
    """Something to write down about the contact."""

    text = TextAreaField(
        "Note",
        [DataRequired("Write the note."), MaxBytes(4_000, "The note")],
        description="For colleagues. It can't be changed afterwards.",
        widget=GovTextArea(),
    )


class HandOverForm(BaseForm):
    """Which desk takes the case, and what it should know."""

    version = HiddenField()
    desk_id = SelectField("Desk", [InputRequired("Choose a desk.")], coerce=int, widget=GovSelect())
    taken_by = StringField(
        "Taken by phone by",
        [MaxBytes(120, "The name")],
        description="Leave empty to send the desk an e-mail with a link to acknowledge.",
        widget=GovTextInput(),
    )
    reference = StringField(
        "Their reference",
        [MaxBytes(120, "The reference")],
        description="The number that their own system gave it, if they told you.",
        widget=GovTextInput(),
    )
    note = TextAreaField(
        "What they should know",
        [MaxBytes(2_000, "The note")],
        description="The resident's own words go along.",
        widget=GovTextArea(),
    )
    threat = StringField("Threat", [MaxBytes(300, "This")], widget=GovTextInput())
    harm = StringField("Harm", [MaxBytes(300, "This")], widget=GovTextInput())
    risk = StringField("Risk", [MaxBytes(300, "This")], widget=GovTextInput())
    investigation = StringField("Investigation", [MaxBytes(300, "This")], widget=GovTextInput())
    vulnerability = StringField("Vulnerability", [MaxBytes(300, "This")], widget=GovTextInput())
    engagement = StringField("Engagement", [MaxBytes(300, "This")], widget=GovTextInput())

    def offer(self, desks: Iterable[Desk]) -> None:
        """Put the desks into the list."""
        self.desk_id.choices = options((desk.id, _reached(desk)) for desk in desks)

    def whole_note(self) -> str:
        """Return the assessment and the note as one text."""
        asked = ((self[name].label.text, self[name].data) for name in THRIVE)
        lines = [f"{label}: {text}" for label, text in asked if text]
        return "\n".join([*lines, *([self.note.data] if self.note.data else [])])


class AcknowledgementForm(BaseForm):
    """Who has taken a hand-over, and under which number."""

    name = StringField(
        "Taken by",
        [DataRequired("Give the name of who takes it."), MaxBytes(120, "The name")],
        widget=GovTextInput(),
    )
    reference = StringField(
        "Reference",
        [MaxBytes(120, "The reference")],
        description="The number that the desk's own system gave it, if there is one.",
        widget=GovTextInput(),
    )


class ByPhoneForm(AcknowledgementForm):
    """The same, as somebody at the desk said by phone, with when."""

    at = StringField(
        "When",
        [MaxBytes(20, "The time")],
        description="Leave empty for now, or give the last such time, as in 02:45.",
        widget=GovTextInput(),
    )

    def moment(self, zone: ZoneInfo) -> datetime | None:
        """Return the last time that the clock showed what was typed; None for nothing.

        Raises: Invalid for what is no time.
        """
        if not self.at.data:
            return None
        try:
            typed = time.fromisoformat(self.at.data.replace(".", ":").zfill(5))
        except ValueError as error:
            raise Invalid("Give the time as 02:45, or leave it empty for now.", "at") from error
        now = clock.now().astimezone(zone)
        said = datetime.combine(now.date(), typed.replace(tzinfo=None), zone)
        return said if said <= now else said - timedelta(days=1)


class DisposeForm(BaseForm):
    """How a case ended, and why."""

    version = HiddenField()
    disposition = SelectField(
        "How it ended",
        [InputRequired("Choose how it ended.")],
        choices=options([("", "Choose")]) + options((d.value, _ENDINGS[d]) for d in DISPOSITIONS),
        widget=GovSelect(),
    )
    duplicate_of = IntegerField(
        "Number of the case that it repeats",
        [Optional()],
        description="Only for a duplicate.",
        widget=GovTextInput(),
    )
    reason = TextAreaField(
        "Why",
        [DataRequired("Say why, in a sentence."), MaxBytes(4_000, "The reason")],
        description="Kept in the audit trail with your name.",
        widget=GovTextArea(),
    )
    close_contact = BooleanField(
        "Close the conversation as well: no answer is owed",
        widget=GovCheckboxInput(),
    )


class ReopenForm(BaseForm):
    """Why a closed case is opened again."""

    reason = TextAreaField(
        "Why it is opened again",
        [DataRequired("Say why it is opened again."), MaxBytes(4_000, "The reason")],
        widget=GovTextArea(),
    )


class StandardReplyForm(BaseForm):
    """The yes to sending exactly what is shown."""

    message_id = HiddenField()
    sha256 = HiddenField()
    third_party = BooleanField(
        "Somebody else tells us of the threat; this isn't the person who threatens",
        widget=GovCheckboxInput(),
    )


class DeskForm(BaseForm):
    """How a desk is called and reached."""

    version = HiddenField()
    name = StringField(
        "Name",
        [DataRequired("Give the desk's name."), MaxBytes(120, "The name")],
        widget=GovTextInput(),
    )
    email = StringField(
        "E-mail address",
        [Optional(), Email("Give an address such as desk@force.example."), MaxBytes(254, "It")],
        description="Inside the force: residents' words are sent there.",
        widget=GovTextInput(),
    )
    phone = StringField("Telephone", [MaxBytes(60, "The number")], widget=GovTextInput())
    acknowledge_minutes = IntegerField(
        "Minutes within which it says that it has something",
        [
            InputRequired("Give a number of minutes."),
            NumberRange(1, LONGEST_WAIT_MINUTES, "Give between 1 minute and three days."),
        ],
        description="What is P1 is overdue after 10 minutes in any case.",
        widget=GovTextInput(),
    )


def with_ids(form: BaseForm, name: str) -> BaseForm:
    """Give the fields of one of several forms of a page ids of their own."""
    for field in form:
        field.id = f"{name}-{field.name}"
    return form


def _reached(desk: Desk) -> str:
    return desk.name if desk.email else f"{desk.name} (by phone only: {desk.phone or 'no number'})"
