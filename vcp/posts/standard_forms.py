"""What may be typed about standard replies."""

from govuk_frontend_wtf.wtforms_widgets import GovSelect, GovSubmitInput, GovTextArea
from wtforms import HiddenField, SelectField, SubmitField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import DataRequired

from officer_profiles.forms import LANGUAGES
from vcp.kernel.forms import BaseForm, MaxBytes
from vcp.posts.standard import DISAVOWAL_GAPS, GAPS, LONGEST, NEVER
from vcp.posts.standard_texts import ABOUT_ACCOUNTS
from vcp.triage.inbound_categories import INBOUND

_GAPS, _GAPS_OF_STATEMENTS = (
    ", ".join(f"{{{gap}}}" for gap in gaps) for gaps in (GAPS, DISAVOWAL_GAPS)
)


class ProposeReplyForm(BaseForm):
    """A new standard reply."""

    category = SelectField(
        "What it answers",
        choices=[
            *(
                SelectChoice(code, category.name)
                for code, category in INBOUND.items()
                if code not in NEVER
            ),
            *(SelectChoice(code, name) for code, name in ABOUT_ACCOUNTS.items()),
        ],
        widget=GovSelect(),
    )
    language = SelectField(
        "Language",
        choices=[SelectChoice(*named) for named in LANGUAGES],
        default="en",
        widget=GovSelect(),
    )
    text = TextAreaField(
        "The reply",
        [DataRequired("Write the reply."), MaxBytes(4 * LONGEST, "The reply")],
        description=f"At most {LONGEST} characters. Gaps that settings fill: {_GAPS}. "
        f"A public statement has these: {_GAPS_OF_STATEMENTS}.",
        widget=GovTextArea(),
    )
    submit = SubmitField("Propose", widget=GovSubmitInput())


class ApproveReplyForm(BaseForm):
    """A yes to exactly the words on the page."""

    sha256 = HiddenField()
