"""How pages find their static files and list what is wrong with a form."""

import os
from pathlib import Path

import pytest
from flask import Flask
from wtforms import FieldList, Form, FormField, HiddenField, StringField
from wtforms.validators import InputRequired

from vcp.kernel import places, templating


class Address(Form):
    street = StringField("Street", [InputRequired("Give the street.")])


class Household(Form):
    token = HiddenField("Token", [InputRequired("Reload the page.")])
    name = StringField("Name", [InputRequired("Give the name.")])
    home = FormField(Address)
    pets = FieldList(StringField("Pet", [InputRequired("Name the pet.")]), min_entries=2)


def test_folders_beside_the_package_win_over_the_checkout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "vcp"
    (tmp_path / "templates").mkdir()
    package.mkdir()
    monkeypatch.setattr(places, "PACKAGE", package)
    assert places.folder("templates") == tmp_path / "templates"
    (package / "templates").mkdir()
    assert places.folder("templates") == package / "templates"
    with pytest.raises(FileNotFoundError, match="Install the package again"):
        places.folder("migrations")


def test_static_address_changes_with_the_contents(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(templating, "static_folder", lambda: tmp_path)
    sheet = tmp_path / "staff.css"
    sheet.write_text("a")
    os.utime(sheet, ns=(1, 1))
    before = templating.static_url("staff.css")
    assert before.startswith("/static/staff.css?v=")
    assert templating.static_url("staff.css") == before
    sheet.write_text("b")
    os.utime(sheet, ns=(2, 2))
    assert templating.static_url("staff.css") != before


def test_missing_static_file_is_found_when_the_page_is_made() -> None:
    with pytest.raises(FileNotFoundError):
        templating.static_url("no-such.css")


def test_each_fault_leads_to_its_field_and_hidden_ones_lead_nowhere() -> None:
    form = Household()
    form.validate()
    form.form_errors = ["The server did not answer. Try again."]
    assert templating.error_links(form) == [
        {"text": "The server did not answer. Try again."},
        {"text": "Reload the page."},
        {"text": "Give the name.", "href": "#name"},
        {"text": "Give the street.", "href": "#home-street"},
        {"text": "Name the pet.", "href": "#pets-0"},
        {"text": "Name the pet.", "href": "#pets-1"},
    ]


def test_error_page_needs_no_request_and_nobody_signed_in() -> None:
    app = Flask(__name__)
    templating.configure_templates(app)
    app.add_template_filter(str, "localtime")
    app.add_template_filter(str, "isoformat")
    page = templating.error_page(app, 500, force_name="Carrowdale Police", reference="abc123")
    assert "The fault is ours." in page
    assert "abc123" in page
    assert "In an emergency call" in page
    assert page.count("<h1") == 1
