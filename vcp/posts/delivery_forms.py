"""What a person says of a delivery whose outcome is unknown."""

from govuk_frontend_wtf.wtforms_widgets import GovTextInput
from wtforms import StringField
from wtforms.validators import DataRequired, Length

from vcp.kernel.forms import BaseForm


class SayPublishedForm(BaseForm):
    """It is there, and this is where."""

    url = StringField(
        "Address of the post at the network",
        widget=GovTextInput(),
        description="Open the account, find the post and copy its address.",
        validators=[DataRequired("Paste the address where you see the post."), Length(max=500)],
    )


class SendAgainForm(BaseForm):
    """It isn't there: send it once more."""


class GiveUpForm(BaseForm):
    """It isn't there, and shall not be sent again."""

    reason = StringField(
        "Why it shall not be sent again",
        widget=GovTextInput(),
        validators=[DataRequired("Say why it shall not be sent again."), Length(max=300)],
    )
