"""What a decision maker may type about a held draft."""

from govuk_frontend_wtf.wtforms_widgets import GovSubmitInput, GovTextArea
from wtforms import HiddenField, SubmitField, TextAreaField
from wtforms.validators import DataRequired

from vcp.kernel.forms import BaseForm, MaxBytes


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
