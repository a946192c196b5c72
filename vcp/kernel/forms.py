"""What all forms share: stripped text, and validators with messages that say what to do."""

from collections.abc import Iterable
from typing import Any

from flask_wtf import FlaskForm
from wtforms import Field, ValidationError
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs

from vcp.kernel.errors import Invalid

#: Fields made of other fields, which have their own filters.
WITH_FIELDS = frozenset({"FieldList", "FormField"})
#: What WTForms says by itself, in words that say what to do.
PLAIN_WORDS = {
    "Not a valid choice.": "Choose one from the list.",
    "Invalid Choice: could not coerce.": "Choose one from the list.",
    "Not a valid integer value.": "Type a whole number in digits, such as 20.",
    "This field is required.": "Fill this in.",
}


def options(pairs: Iterable[tuple[object, str]]) -> list[SelectChoice]:
    """Return the choices of a list or of radio buttons, from values and words."""
    return [SelectChoice(value, words) for value, words in pairs]


def stripped(value: object) -> object:
    """Take white space off both ends of a text, and NUL, which PostgreSQL can't store, out."""
    return value.replace("\0", "").strip() if isinstance(value, str) else value


class PlainWords:
    """Stands where WTForms asks for a translation of its messages."""

    def gettext(self, text: str) -> str:
        """Return our words for a message of WTForms."""
        return PLAIN_WORDS.get(text, text)

    def ngettext(self, one: str, many: str, number: int) -> str:
        """Return the message for this number."""
        return one if number == 1 else many


class BaseForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types
    """A form with CSRF protection whose text fields are stripped."""

    class Meta(FlaskForm.Meta):  # type: ignore[misc]  # as above
        """Add the filter to every field that carries text."""

        def bind_field(self, form: Any, unbound: Any, options: Any) -> Any:
            """Strip what was typed, except in passwords."""
            name = unbound.field_class.__name__
            if "Password" not in name and name not in WITH_FIELDS:
                filters = list(unbound.kwargs.get("filters", []))
                if stripped not in filters and "File" not in name:
                    unbound.kwargs["filters"] = [*filters, stripped]
            return super().bind_field(form, unbound, options)

        def get_translations(self, form: Any) -> PlainWords:
            """Say faults in our words."""
            del form
            return PlainWords()

    def refuse(self, error: Invalid) -> None:
        """Show a service's refusal at the field that it names, or at the first one."""
        fields = list(self)
        field = self[error.field] if error.field in self else fields[0]
        field.errors = [*field.errors, error.message]


class MaxBytes:
    """Refuse a text that is longer in UTF-8 than a column or network takes."""

    def __init__(self, most: int, what: str) -> None:
        """Keep the limit in bytes and the name of the thing."""
        self.most, self.what = most, what

    def __call__(self, form: BaseForm, field: Field) -> None:
        """Raise ValidationError when the text is too long."""
        del form
        if len((field.data or "").encode()) > self.most:
            message = f"{self.what} is too long. Shorten it and try again."
            raise ValidationError(message)
