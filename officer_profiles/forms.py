"""What a person may type about a persona."""

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask_wtf.file import FileField
from govuk_frontend_wtf.wtforms_widgets import (
    GovCheckboxInput,
    GovFileInput,
    GovRadioInput,
    GovSelect,
    GovSubmitInput,
    GovTextArea,
    GovTextInput,
)
from wtforms import (
    BooleanField,
    DateField,
    HiddenField,
    RadioField,
    SelectField,
    StringField,
    SubmitField,
    TextAreaField,
)
from wtforms.validators import DataRequired, InputRequired

from officer_profiles.models import CapabilityKind, PersonaKind
from officer_profiles.service import PersonaWords
from vcp.kernel import media
from vcp.kernel.forms import BaseForm, options
from vcp.kernel.settings import Settings

#: Languages that officers write in here, by their own names.
LANGUAGES = [
    ("en", "English"),
    ("cy", "Cymraeg (Welsh)"),
    ("gd", "Gàidhlig (Scottish Gaelic)"),
    ("ga", "Gaeilge (Irish)"),
    ("pl", "Polski (Polish)"),
    ("ro", "Română (Romanian)"),
    ("pa", "ਪੰਜਾਬੀ (Punjabi)"),
    ("ur", "اردو (Urdu)"),
    ("bn", "বাংলা (Bengali)"),
    ("gu", "ગુજરાતી (Gujarati)"),
    ("ar", "العربية (Arabic)"),
]


class DayField(DateField):
    """A day, typed as browsers send it; what can't be read is explained in plain words."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Read the day."""
        try:
            super().process_formdata(valuelist)
        except ValueError as error:
            message = "Type the day as year-month-day, such as 2027-03-31."
            raise ValueError(message) from error


def end_of(day: date, zone: ZoneInfo) -> datetime:
    """Return the moment at which a last day is over in this zone."""
    return datetime.combine(day + timedelta(days=1), time(), zone)


class PersonaForm(BaseForm):
    """What the public reads about a persona."""

    display_name = StringField(
        "Name that the public reads",
        [DataRequired("Give the public name, such as “PC Sam Okoro”.")],
        description="An officer's own surname, or give the collar number below. No pseudonyms.",
        widget=GovTextInput(),
    )
    rank = StringField(
        "Rank or role", description="Such as “Police constable”.", widget=GovTextInput()
    )
    collar_number = StringField(
        "Collar number", description="Shown beside the name.", widget=GovTextInput()
    )
    signature = StringField(
        "Signature on shared channels",
        [DataRequired("Give the signature for shared channels, such as “PC 4417”.")],
        description="Such as “PC 4417”. It is put under each post there.",
        widget=GovTextInput(),
    )
    language = SelectField("Language written most", choices=options(LANGUAGES), widget=GovSelect())
    topics = StringField(
        "Topics (optional)",
        description="Such as “cycling, schools, canal side”.",
        widget=GovTextInput(),
    )
    who_i_am = TextAreaField(
        "Who I am",
        description="Two or three plain sentences: name, work, place.",
        widget=GovTextArea(),
    )
    can_do = TextAreaField(
        "What I can do here", description="What people may ask for.", widget=GovTextArea()
    )
    cannot_do = TextAreaField(
        "What I can't do here",
        description="Such as taking reports of crime, or answering at night.",
        widget=GovTextArea(),
    )
    hours = TextAreaField(
        "When I read and answer", description="Days and times.", widget=GovTextArea()
    )
    who_else = TextAreaField(
        "Who else to turn to",
        description="With the emergency and the other number, and where to report online.",
        widget=GovTextArea(),
    )
    photo = FileField(
        "Photo (optional)",
        description="JPEG, PNG or WebP. It is stored without place, time and camera.",
        widget=GovFileInput(),
    )
    photo_alt = StringField(
        "What the photo shows",
        description="For people who can't see it. Needed when there is a photo.",
        widget=GovTextInput(),
    )
    remove_photo = BooleanField("Take the photo away", widget=GovCheckboxInput())
    photo_digest = HiddenField()
    photo_media_type = HiddenField()

    def take_photo(self, settings: Settings) -> None:
        """Store a photo that was chosen, and keep its name in the form if it is shown again.

        Raises: Invalid, saying what is wrong with the file.
        """
        if self.photo.data:
            kept = media.store_image(settings, self.photo.data.stream)
            self.photo_digest.data, self.photo_media_type.data = kept.digest, kept.media_type
        if self.remove_photo.data:
            self.photo_digest.data = self.photo_media_type.data = ""
        if self.photo_digest.data:
            media.stored(settings, self.photo_digest.data, self.photo_media_type.data or "")

    @property
    def photo_url(self) -> str | None:
        """Where the photo that the form holds is shown."""
        kind = self.photo_media_type.data
        if not self.photo_digest.data or kind not in media.ENDINGS:
            return None
        return media.media_url(self.photo_digest.data, kind)

    def words(self) -> PersonaWords:
        """Return what was typed."""
        has_photo = bool(self.photo_digest.data)
        return PersonaWords(
            display_name=self.display_name.data or "",
            signature=self.signature.data or "",
            rank=self.rank.data or "",
            collar_number=self.collar_number.data or "",
            photo_digest=self.photo_digest.data if has_photo else None,
            photo_media_type=self.photo_media_type.data if has_photo else None,
            photo_alt=(self.photo_alt.data or "") if has_photo else "",
            language=self.language.data or "en",
            topics=self.topics.data or "",
            who_i_am=self.who_i_am.data or "",
            can_do=self.can_do.data or "",
            cannot_do=self.cannot_do.data or "",
            hours=self.hours.data or "",
            who_else=self.who_else.data or "",
        )


class ProposeForm(PersonaForm):
    """A new persona."""

    kind = RadioField(
        "Who is it?",
        choices=options(
            [
                (PersonaKind.OFFICER.value, "One officer"),
                (PersonaKind.OFFICE.value, "An office or team, with several people writing"),
            ]
        ),
        default=PersonaKind.OFFICER.value,
        widget=GovRadioInput(),
    )
    area_id = SelectField("Area", coerce=int, widget=GovSelect())
    members = StringField(
        "E-mail of the officer, or of the office's first member",
        description="Leave it empty for yourself. Supervisors may name somebody else.",
        widget=GovTextInput(),
    )
    submit = SubmitField("Propose this persona", widget=GovSubmitInput())


class EditForm(PersonaForm):
    """Changes of a persona that is there."""

    version = HiddenField()
    submit = SubmitField("Save", widget=GovSubmitInput())


class VerifyForm(BaseForm):
    """A supervisor's word that the persona is who it says."""

    basis = TextAreaField(
        "What did you see and check?",
        [DataRequired("Write what you saw and checked.")],
        description="Such as “Warrant card and collar number seen in person on 3 March”.",
        widget=GovTextArea(),
    )
    expires_on = DayField(
        "Last day on which it holds",
        [InputRequired("Choose the last day.")],
        description="Within the next year.",
        widget=GovTextInput(),
    )
    submit = SubmitField("Verify this persona", widget=GovSubmitInput())


class ReasonForm(BaseForm):
    """A step that needs a reason and nothing else."""

    reason = TextAreaField("Why?", [DataRequired("Say why, for the trail.")], widget=GovTextArea())
    submit = SubmitField("Go on", widget=GovSubmitInput())


class EndForm(BaseForm):
    """The end of a persona."""

    reason = TextAreaField(
        "Why does it end?", [DataRequired("Say why, for the trail.")], widget=GovTextArea()
    )
    successor_id = SelectField("Who comes after?", coerce=int, widget=GovSelect())
    submit = SubmitField("End this persona", widget=GovSubmitInput())


class MemberForm(BaseForm):
    """One more person who speaks as an office."""

    user_id = StringField(
        "E-mail of the member of staff",
        [DataRequired("Type their e-mail address.")],
        widget=GovTextInput(),
    )
    submit = SubmitField("Add", widget=GovSubmitInput())


class LeaveForm(BaseForm):
    """Leave for one thing on one channel."""

    channel_id = SelectField("Channel", coerce=int, widget=GovSelect())
    kind = RadioField(
        "What for?",
        choices=options(
            [
                (CapabilityKind.POST.value, "Posts"),
                (CapabilityKind.REPLY.value, "Replies"),
            ]
        ),
        default=CapabilityKind.POST.value,
        widget=GovRadioInput(),
    )
    expires_on = DayField(
        "Last day",
        [InputRequired("Choose the last day.")],
        description="Within the next year.",
        widget=GovTextInput(),
    )
    submit = SubmitField("Give leave", widget=GovSubmitInput())
