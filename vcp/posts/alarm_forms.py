"""What a person says of an alarm about one of our accounts."""

from govuk_frontend_wtf.wtforms_widgets import GovTextInput
from wtforms import HiddenField, StringField
from wtforms.validators import DataRequired, Length

from vcp.kernel.forms import BaseForm
from vcp.posts.alarms import LONGEST_REASON


class CallOursForm(BaseForm):
    """One of us did it there by hand."""

    reason = StringField(
        "Who did it, and why there",
        widget=GovTextInput(),
        validators=[DataRequired("Say who did it, and why."), Length(max=LONGEST_REASON)],
    )


class ExplainForm(BaseForm):
    """It was something else."""

    reason = StringField(
        "What it was",
        widget=GovTextInput(),
        validators=[
            DataRequired("Say what it was, so that colleagues understand it later."),
            Length(max=LONGEST_REASON),
        ],
    )


class DisavowForm(BaseForm):
    """These words, in public, now; `sha256` is of the approved text on the page."""

    whole_account = HiddenField()
    sha256 = HiddenField()
