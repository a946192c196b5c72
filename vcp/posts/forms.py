"""What a person may type about a post."""

from collections.abc import Sequence
from typing import Any

from flask_wtf.file import FileField
from govuk_frontend_wtf.wtforms_widgets import (
    GovCheckboxesInput,
    GovFileInput,
    GovRadioInput,
    GovSelect,
    GovSubmitInput,
    GovTextArea,
    GovTextInput,
)
from wtforms import (
    Field,
    Form,
    FormField,
    HiddenField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    SubmitField,
    TextAreaField,
)
from wtforms.fields import FieldList
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import DataRequired, Optional, ValidationError

from officer_profiles.forms import LANGUAGES
from vcp.channels.models import Channel
from vcp.kernel.errors import Invalid
from vcp.kernel.forms import BaseForm, MaxBytes, options
from vcp.kernel.pages import row_id
from vcp.kernel.videos import LONGEST_CAPTIONS
from vcp.posts import timing
from vcp.posts.further_forms import LONGEST_BYTES, FurtherForm
from vcp.posts.link_cards import LONGEST_DESCRIPTION, LONGEST_TITLE
from vcp.posts.tombstones import PUBLIC_REASONS
from vcp.posts.words import Words

NOW, LATER, SLOT = "now", "later", "slot"
WHEN = (SelectChoice(NOW, "As soon as it is approved"), SelectChoice(LATER, "At a date and time"))
IMAGES_SHOWN = 24


class ImageForm(Form):
    """One image of the draft, kept already, and what it shows."""

    #: The name of the kept file.
    file = HiddenField()
    alt_text = TextAreaField(
        "What the image shows",
        [MaxBytes(6_000, "The alt text")],
        description="For people who can't see it. Say what matters.",
        widget=GovTextArea(),
    )
    part = SelectField(
        "Shown with", coerce=int, default=1, validate_choice=False, widget=GovSelect()
    )


class WhenForm(BaseForm):
    """When a post goes out: now, or at a local date and time, and until when."""

    when = RadioField(
        "When it goes out",
        choices=WHEN,
        default=NOW,
        widget=GovRadioInput(),
    )
    on = StringField("Date", [Optional()], widget=GovTextInput())
    at = StringField("Time", [Optional()], widget=GovTextInput())
    which_hour = RadioField(
        "Which of the two hours",
        [Optional()],
        choices=[
            SelectChoice("0", "The first, before the clocks go back"),
            SelectChoice("1", "The second, after the clocks have gone back"),
        ],
        widget=GovRadioInput(),
        validate_choice=False,
    )
    last_on = StringField("Last date (optional)", [Optional()], widget=GovTextInput())
    last_at = StringField("Last time (optional)", [Optional()], widget=GovTextInput())

    #: The local time of the slot that the page offers, sent back as the one that was chosen.
    slot = HiddenField()

    #: The local time of the slot that the person chose, or would.
    slot_local: str | None = None
    #: Which field shows what a service refused about a time.
    fields_of = {"wanted_local": "at", "not_after_local": "last_at"}  # noqa: RUF012 - a constant

    def validate_on(self, field: Field) -> None:
        """Refuse a date that would be passed over: a post that goes out too early stays out."""
        if "when" in self and self.when.data != LATER and field.data:
            message = "Choose “At a date and time”, or empty the date and the time."
            raise ValidationError(message)

    def validate_at(self, field: Field) -> None:
        """Refuse a time that would be passed over; with a date, it is said there."""
        if not self.on.data:
            self.validate_on(field)

    def set_times(self, wanted: str | None, last: str | None, fold: int | None) -> None:
        """Show the times of a post."""
        self.when.data = LATER if wanted else NOW
        self.on.data, self.at.data = (wanted or "T").split("T")
        self.last_on.data, self.last_at.data = (last or "T").split("T")
        self.which_hour.data = None if fold is None else str(fold)

    def offer_slot(self, local: str | None, words: str) -> None:
        """Let the person take the next free slot; what was chosen before stays chosen."""
        self.slot_local = self.slot_local or self.slot.data or local
        self.slot.data = local
        self.when.choices = [*WHEN, SelectChoice(SLOT, words)] if local else WHEN

    @property
    def takes_slot(self) -> bool:
        """Whether the slot that was offered is wanted."""
        return bool(self.when.data == SLOT)

    @property
    def wanted_local(self) -> str | None:
        """The local time that was chosen; None: as soon as it is approved."""
        if self.when.data == SLOT:
            return self.slot_local
        return None if self.when.data != LATER else f"{self.on.data}T{self.at.data}"

    @property
    def not_after_local(self) -> str | None:
        """The last local moment that was chosen, if any."""
        typed = f"{self.last_on.data or ''}T{self.last_at.data or ''}"
        return None if typed == "T" else typed

    @property
    def fold(self) -> int | None:
        """Which of two hours was chosen."""
        return int(self.which_hour.data) if self.which_hour.data in {"0", "1"} else None

    def refuse(self, error: Invalid) -> None:
        """Show a refusal at its field; an hour that comes twice is asked about."""
        if isinstance(error, timing.AskWhichHour):
            error.field = "which_hour"
        error.field = self.fields_of.get(error.field or "", error.field)
        super().refuse(error)


class ComposeForm(FurtherForm, WhenForm):
    """A draft: its words, images, channels and times."""

    text = TextAreaField(
        "What do you want to say?",
        [MaxBytes(LONGEST_BYTES, "The text")],
        widget=GovTextArea(),
    )
    content_warning = StringField(
        "Content warning (optional)",
        [MaxBytes(1_200, "The content warning")],
        description="Shown first; the text opens when somebody asks for it.",
        widget=GovTextInput(),
    )
    language = SelectField(
        "Language",
        choices=[SelectChoice(*named) for named in LANGUAGES],
        default="en",
        widget=GovSelect(),
    )
    channel_ids = SelectMultipleField(
        "Where it goes", coerce=row_id, validate_choice=False, widget=GovCheckboxesInput()
    )
    images: Any = FieldList(FormField(ImageForm), max_entries=IMAGES_SHOWN + 1)
    upload = FileField(
        "Add an image or a video (optional)",
        description="A JPEG, PNG, WebP or MP4. Where and with what it was taken is removed.",
        widget=GovFileInput(),
    )
    upload_alt = TextAreaField(
        "What the new image shows",
        [MaxBytes(6_000, "The alt text")],
        description="For people who can't see it. The same for a video.",
        widget=GovTextArea(),
    )
    upload_part = SelectField(
        "Show the new image with", coerce=int, default=1, validate_choice=False, widget=GovSelect()
    )
    card_title = StringField(
        "Title of the link's card (optional)",
        [MaxBytes(4 * LONGEST_TITLE, "The title")],
        description="For Bluesky, when the text has a link to another site.",
        widget=GovTextInput(),
    )
    card_description = StringField(
        "Description on the card (optional)",
        [MaxBytes(4 * LONGEST_DESCRIPTION, "The description")],
        widget=GovTextInput(),
    )
    captions_file = FileField(
        "Captions of the video, as a file",
        description="A WebVTT file (.vtt). What is said in the video, for people who can't hear.",
        widget=GovFileInput(),
    )
    captions = TextAreaField(
        "Captions of the video",
        [MaxBytes(LONGEST_CAPTIONS, "What is written as captions")],
        description="WebVTT. Choosing a file above fills this in.",
        widget=GovTextArea(),
    )
    no_captions = StringField(
        "Why there are no captions",
        [MaxBytes(1_200, "The reason")],
        description="If there are none: nobody speaks in it, say.",
        widget=GovTextInput(),
    )
    warning_reason = TextAreaField(
        "Why this may be said (optional)",
        [MaxBytes(4_000, "The reason")],
        description="The screening warns about the text. Tell the person who approves it.",
        widget=GovTextArea(),
    )
    #: The words that the person began with, by their hash.
    based_on = HiddenField()

    @property
    def shows_video(self) -> bool:
        """Whether one of the kept files is a video."""
        return any((entry.data["file"] or "").endswith(".mp4") for entry in self.images)

    def offer(self, channels: Sequence[Channel]) -> None:
        """Let the person choose from these channels."""
        self.channel_ids.choices = [SelectChoice(c.id, c.name) for c in channels]
        self.offer_further(channels)
        self.number_parts(len(self.images))
        parts = options((n, f"Part {n}") for n in range(1, len(self.more) + 2))
        for field in (self.upload_part, *(entry.form.part for entry in self.images)):
            field.choices = parts

    def show(self, words: Words, kept_files: Sequence[str]) -> None:
        """Fill in the words of a draft."""
        self.text.data = words.text
        self.content_warning.data = words.content_warning or ""
        self.language.data = words.language
        self.channel_ids.data = list(words.channel_ids)
        alts = [image.alt_text for image in words.all_images]
        places = [n for n, part in enumerate(words.parts, start=1) for _ in part.images]
        self.show_images(list(zip(kept_files, alts, places, strict=True)))
        self.show_further(words)

    def show_images(self, images: Sequence[tuple[str, str, int]]) -> None:
        """Show these images, each by file, alt text and part, instead of those that were typed."""
        while self.images.entries:
            self.images.pop_entry()
        for file, alt_text, part in images:
            self.images.append_entry({"file": file, "alt_text": alt_text, "part": part})

    def refuse(self, error: Invalid) -> None:
        """Show a refusal of what an image shows at that image."""
        number = (error.field or "").removeprefix("alt")
        if number == error.field or not 0 < int(number) <= len(self.images):
            super().refuse(error)
            return
        field = self.images[int(number) - 1].form.alt_text
        field.errors = [*field.errors, error.message]


class CorrectForm(ComposeForm):
    """Other words for a post that is out; channels and time are those of the post."""

    reason = TextAreaField(
        "What was wrong, and what is right now",
        [DataRequired("Say what was wrong: residents read this."), MaxBytes(1_200, "The reason")],
        description="Residents read this beside the corrected post.",
        widget=GovTextArea(),
    )


class SubmitPostForm(BaseForm):
    """Pass a draft on."""

    warning_reason = TextAreaField(
        "Why this may be said (optional)",
        [MaxBytes(4_000, "The reason")],
        description="The screening warns about the text. Tell the person who approves it.",
        widget=GovTextArea(),
    )
    submit = SubmitField("Submit for approval", widget=GovSubmitInput())


class ApproveForm(BaseForm):
    """A yes to exactly the words on the page."""

    revision_sha256 = HiddenField()
    #: For the words of a series: the hash of when they go out.
    rule_sha256 = HiddenField()
    warning_answer = TextAreaField(
        "The screening warns about this text. Why may it go out?",
        [MaxBytes(4_000, "The answer")],
        widget=GovTextArea(),
    )
    submit = SubmitField("Approve", widget=GovSubmitInput())


class SendBackForm(BaseForm):
    """A no, with what should change."""

    reason = TextAreaField(
        "What should change",
        [DataRequired("Say what should change."), MaxBytes(4_000, "The reason")],
        description="The author reads this.",
        widget=GovTextArea(),
    )


class ScheduleForm(WhenForm):
    """A new time for an approved post whose own has passed."""

    submit = SubmitField("Set the time", widget=GovSubmitInput())


class CancelForm(BaseForm):
    """End a post that has not gone out."""

    reason = TextAreaField("Why (optional)", [MaxBytes(4_000, "The reason")], widget=GovTextArea())
    submit = SubmitField("Cancel this post", widget=GovSubmitInput())


class WithdrawForm(BaseForm):
    """Take a post down, with the words that residents read."""

    reason = RadioField(
        "What residents are told",
        [DataRequired("Choose what residents are told.")],
        choices=[SelectChoice(reason.value, words) for reason, words in PUBLIC_REASONS.items()],
        widget=GovRadioInput(),
    )
    note = TextAreaField(
        "Note for the audit trail (optional)",
        [MaxBytes(4_000, "The note")],
        description="Residents don't read this.",
        widget=GovTextArea(),
    )
    submit = SubmitField("Withdraw this post", widget=GovSubmitInput())
