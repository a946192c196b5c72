"""What is asked for an import of posts."""

from flask_wtf.file import FileField
from govuk_frontend_wtf.wtforms_widgets import GovCheckboxInput, GovFileInput, GovTextArea
from wtforms import BooleanField, TextAreaField

from vcp.kernel.forms import BaseForm


class ImportPostsForm(BaseForm):
    """Posts from a CSV file, chosen or pasted."""

    upload = FileField("CSV file", widget=GovFileInput())
    text = TextAreaField("Or paste its lines here", widget=GovTextArea())
    submit_them = BooleanField("Submit the good rows for approval", widget=GovCheckboxInput())
