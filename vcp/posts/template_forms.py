"""What may be typed about saved templates."""

from collections.abc import Mapping, Sequence
from typing import Any

from govuk_frontend_wtf.wtforms_widgets import (
    GovSelect,
    GovSubmitInput,
    GovTextArea,
    GovTextInput,
)
from wtforms import SelectField, StringField, SubmitField, TextAreaField
from wtforms.validators import DataRequired

from officer_profiles.forms import LANGUAGES
from officer_profiles.models import Persona
from vcp.kernel.errors import Invalid
from vcp.kernel.forms import BaseForm, MaxBytes, options
from vcp.kernel.pages import row_id
from vcp.posts.saved_templates import LONGEST_NAME, LONGEST_TEXT, LONGEST_VALUE, names_of
from vcp.posts.template_models import PostTemplate
from vcp.posts.words import LONGEST_WARNING, Words


class TemplateForm(BaseForm):
    """Words with gaps, and whose they are."""

    name = StringField(
        "Name of the template",
        [DataRequired("Give the template a name."), MaxBytes(4 * LONGEST_NAME, "The name")],
        description="What it is for, such as “Surgery”.",
        widget=GovTextInput(),
    )
    area = SelectField("For whom", coerce=row_id, widget=GovSelect())
    text = TextAreaField(
        "The text",
        [DataRequired("Write the text."), MaxBytes(4 * LONGEST_TEXT, "The text")],
        description="Put in braces what changes each time: “Surgery at {place} on {date}”.",
        widget=GovTextArea(),
    )
    content_warning = StringField(
        "Content warning (optional)",
        [MaxBytes(4 * LONGEST_WARNING, "The content warning")],
        widget=GovTextInput(),
    )
    language = SelectField("Language", choices=options(LANGUAGES), default="en", widget=GovSelect())
    submit = SubmitField("Save the template", widget=GovSubmitInput())

    def offer(self, areas: Sequence[tuple[int, str]]) -> None:
        """Let the person choose from these areas."""
        self.area.choices = options(areas)

    def show(self, template: PostTemplate) -> None:
        """Fill in what is saved."""
        self.name.data, self.text.data = template.name, template.text
        self.content_warning.data = template.content_warning or ""
        self.language.data = template.language

    @property
    def words(self) -> Words:
        """What was typed."""
        return Words(
            text=self.text.data or "",
            content_warning=self.content_warning.data or None,
            language=self.language.data or "",
        )


class UseTemplateForm(BaseForm):
    """In whose name, and a field for each gap."""

    persona = SelectField("In whose name", coerce=row_id, widget=GovSelect())
    submit = SubmitField("Start a draft", widget=GovSubmitInput())
    #: Names of the gaps, by field.
    gaps: Mapping[str, str] = {}

    @property
    def values(self) -> dict[str, str]:
        """What was typed for each gap."""
        return {name: self[field].data or "" for field, name in self.gaps.items()}

    def refuse(self, error: Invalid) -> None:
        """Show what a service refused about a gap at its field."""
        of_gap = {name: field for field, name in self.gaps.items()}
        error.field = of_gap.get(error.field or "", error.field)
        super().refuse(error)


def use_form(template: PostTemplate, mine: Sequence[Persona], **more: Any) -> UseTemplateForm:
    """Return the form that asks for the gaps of this template."""
    names = names_of(template)
    fields = {f"gap-{number}": name for number, name in enumerate(names, start=1)}
    made = {
        field: StringField(
            name[:1].upper() + name[1:],
            [MaxBytes(4 * LONGEST_VALUE, "What you wrote")],
            widget=GovTextInput(),
        )
        for field, name in fields.items()
    }
    form: UseTemplateForm = type("Filling", (UseTemplateForm,), {**made, "gaps": fields})(**more)
    form.persona.choices = options((one.id, one.display_name) for one in mine)
    return form
