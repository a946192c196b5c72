"""What may be typed to search the trail."""

from govuk_frontend_wtf.wtforms_widgets import GovSelect, GovSubmitInput, GovTextInput
from wtforms import DateField, SelectField, StringField, SubmitField
from wtforms.validators import Length, Optional

from vcp.audit.queries import Wanted
from vcp.kernel.forms import BaseForm


class SearchTrailForm(BaseForm):
    """Narrows the trail; sent by GET, so an address can be kept."""

    verb = SelectField("What was done", widget=GovSelect(), validators=[Optional()])
    subject_kind = SelectField("To what", widget=GovSelect(), validators=[Optional()])
    subject_id = StringField(
        "Its number", widget=GovTextInput(), validators=[Optional(), Length(max=64)]
    )
    actor_id = StringField(
        "By whom (the name in the trail)",
        widget=GovTextInput(),
        validators=[Optional(), Length(max=64)],
    )
    since = DateField("From day", widget=GovTextInput(), validators=[Optional()])
    until = DateField("To day", widget=GovTextInput(), validators=[Optional()])
    show = SubmitField("Show", widget=GovSubmitInput())

    class Meta(BaseForm.Meta):
        """Searching changes nothing, so it needs no token."""

        csrf = False

    def offer(self, verbs: list[str], kinds: list[str]) -> None:
        """Fill the lists with what the trail has."""
        self.verb.choices = [("", "Anything"), *((verb, verb.replace("_", " ")) for verb in verbs)]
        self.subject_kind.choices = [("", "Anything"), *((kind, kind) for kind in kinds)]

    def wanted(self) -> Wanted:
        """Return what was asked for."""
        return Wanted(
            verb=self.verb.data or "",
            actor_id=self.actor_id.data or "",
            subject_kind=self.subject_kind.data or "",
            subject_id=self.subject_id.data or "",
            since=self.since.data,
            until=self.until.data,
        )
