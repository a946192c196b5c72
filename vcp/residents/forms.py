"""What a resident may type: a question or feedback, and what they want checked."""

from govuk_frontend_wtf.wtforms_widgets import GovTextArea, GovTextInput
from wtforms import Field, HiddenField, StringField, TextAreaField, ValidationError
from wtforms.validators import DataRequired

from vcp.kernel.forms import BaseForm

#: In characters; each takes four bytes at most.
LONGEST_TEXT = 3_000
LONGEST_NAME = 80
LONGEST_CHECKED = 500


class MaxCharacters:
    """Refuse a text that is too long, and say how long it is."""

    def __init__(self, most: int) -> None:
        """Keep the limit, in characters."""
        self.most = most

    def __call__(self, form: BaseForm, field: Field) -> None:
        """Raise ValidationError when the text is too long."""
        del form
        length = len(field.data or "")
        if length > self.most:
            message = f"Shorten it to {self.most:,} characters. It has {length:,} now."
            raise ValidationError(message)


def one_line_ends(value: object) -> object:
    """Count a new line once, as people do: browsers send two characters for it."""
    return value.replace("\r\n", "\n").replace("\0", "") if isinstance(value, str) else value


class AskForm(BaseForm):
    """A question or feedback."""

    text = TextAreaField(
        "What do you want to say?",
        [
            DataRequired("Write what you want to say."),
            MaxCharacters(LONGEST_TEXT),
        ],
        filters=[one_line_ends],
        description="Please leave out names, addresses and number plates of other people.",
        widget=GovTextArea(),
    )
    name = StringField(
        "What shall we call you? (optional)",
        [MaxCharacters(LONGEST_NAME)],
        filters=[one_line_ends],
        widget=GovTextInput(),
    )
    #: Nobody sees it; programs fill it in.
    website = StringField("Leave this box empty")
    form_key = HiddenField()


class CheckForm(BaseForm):
    """A handle, an address or a link."""

    what = StringField(
        "A name, handle, address or link",
        [
            DataRequired("Paste what you want to check."),
            MaxCharacters(LONGEST_CHECKED),
        ],
        filters=[one_line_ends],
        description="Such as @name@server, or the address of a profile, a post or a page.",
        widget=GovTextInput(),
    )
