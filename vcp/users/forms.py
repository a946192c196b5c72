"""What staff may type about accounts."""

from collections.abc import Sequence

from flask import current_app
from govuk_frontend_wtf.wtforms_widgets import (
    GovPasswordInput,
    GovSelect,
    GovTextArea,
    GovTextInput,
)
from wtforms import (
    Form,
    FormField,
    HiddenField,
    PasswordField,
    SelectField,
    StringField,
    TextAreaField,
    ValidationError,
)
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import EqualTo, InputRequired, Length

from vcp.kernel.forms import BaseForm
from vcp.kernel.permissions import Role
from vcp.users.passwords import LONGEST, SHORTEST
from vcp.users.service import LONGEST_NAME, WantedGrant

LONGEST_EMAIL = 254
LONGEST_CODE = 40
LONGEST_REASON = 500
ROLE_WORDS = {
    Role.OFFICER: "Officer: writes posts",
    Role.SUPERVISOR: "Supervisor: approves, verifies, withdraws",
    Role.MODERATOR: "Moderator: works the desk, residents' cases and held drafts",
    Role.DECISION_MAKER: "Decision maker: releases held drafts",
    Role.AUDITOR: "Auditor: reads the trail",
    Role.ADMINISTRATOR: "Administrator: accounts, areas, channels; approves nothing",
}
CODE_HINT = "The 6 digits that your authenticator app shows now, or one of your recovery codes"
NEW_CODE_HINT = "The 6 digits that the app shows for this account"
PASSWORD_HINT = f"{SHORTEST} characters or more. Three or four unusual words are easy to keep"


def code_field(hint: str) -> StringField:
    """Return the field for a code of the second factor."""
    return StringField(
        "Code",
        [InputRequired("Type the code."), Length(max=LONGEST_CODE, message="That is no code.")],
        description=hint,
        widget=GovTextInput(),
    )


def password_field(label: str, hint: str = "") -> PasswordField:
    """Return the field for a password."""
    return PasswordField(
        label,
        [
            InputRequired("Type the password."),
            Length(max=LONGEST, message=f"Passwords have up to {LONGEST} characters."),
        ],
        description=hint,
        widget=GovPasswordInput(),
    )


class SignInForm(BaseForm):
    """Address, password and code on one page: no answer says which of them was wrong."""

    email = StringField(
        "E-mail address",
        [InputRequired("Type your e-mail address."), Length(max=LONGEST_EMAIL)],
        widget=GovTextInput(),
    )
    password = password_field("Password")
    code = code_field(CODE_HINT)
    next = HiddenField()


class FactorForm(BaseForm):
    """The second factor, given again before a step that needs it."""

    # Not `code`: what was typed into the form that is kept may have such a field.
    factor_code = code_field(CODE_HINT)
    factor_next = HiddenField()


class NewFactorForm(BaseForm):
    """A new authenticator app, proven by a code."""

    sealed = HiddenField()
    code = code_field(NEW_CODE_HINT)


class JoinForm(NewFactorForm):
    """Joining: a password and an authenticator app."""

    password = password_field("Choose a password", PASSWORD_HINT)
    password_again = PasswordField(
        "Type the password again",
        [EqualTo("password", "The two passwords differ. Type the same one twice.")],
        widget=GovPasswordInput(),
    )


class FactorLinkForm(NewFactorForm):
    """A new authenticator app in place of a lost one; the password says who it is."""

    password = password_field("Your password")


class PasswordLinkForm(BaseForm):
    """A new password in place of a lost one; the second factor says who it is."""

    password = password_field("Choose a new password", PASSWORD_HINT)
    password_again = PasswordField(
        "Type the new password again",
        [EqualTo("password", "The two passwords differ. Type the same one twice.")],
        widget=GovPasswordInput(),
    )
    code = code_field(CODE_HINT)


class ChangePasswordForm(BaseForm):
    """Another password of one's own."""

    old_password = password_field("Your present password")
    password = password_field("Your new password", PASSWORD_HINT)
    password_again = PasswordField(
        "Type the new password again",
        [EqualTo("password", "The two passwords differ. Type the same one twice.")],
        widget=GovPasswordInput(),
    )


class ReasonForm(BaseForm):
    """Why somebody is suspended, restored or leaves."""

    reason = TextAreaField(
        "Why?",
        [
            InputRequired("Say why, in a few words. It goes into the trail."),
            Length(max=LONGEST_REASON, message=f"Keep it to {LONGEST_REASON} characters."),
        ],
        description="Kept in the trail, where auditors read it",
        widget=GovTextArea(),
    )


class RoleFields(Form):
    """One role: which, where, and for what category; left empty, none."""

    role = SelectField("Role", default="", widget=GovSelect())
    area = SelectField(
        "Area",
        default="",
        description="The role holds there and everywhere inside it",
        widget=GovSelect(),
    )
    category = SelectField(
        "Category", default="", description="Only for a decision maker", widget=GovSelect()
    )

    def validate_area(self, field: SelectField) -> None:
        """Refuse a role for no area."""
        if self.role.data and not field.data:
            raise ValidationError("Choose the area for which the role holds.")

    def validate_category(self, field: SelectField) -> None:
        """Refuse a category on a role that has none."""
        if field.data and self.role.data != Role.DECISION_MAKER:
            raise ValidationError("Only a decision maker's role has a category.")

    def offer(self, areas: Sequence[tuple[int, str]]) -> None:
        """Fill in what may be chosen."""
        categories: dict[str, str] = current_app.extensions.get("vcp_outbound_categories", {})
        self.role.choices = [
            SelectChoice("", "Choose a role"),
            *(SelectChoice(role.value, words) for role, words in ROLE_WORDS.items()),
        ]
        self.area.choices = [
            SelectChoice("", "Choose an area"),
            *(SelectChoice(str(area_id), words) for area_id, words in areas),
        ]
        self.category.choices = [
            SelectChoice("", "Every category"),
            *(SelectChoice(code, name) for code, name in categories.items()),
        ]

    def wanted(self) -> list[WantedGrant]:
        """Return the role that was chosen; none for an empty row."""
        if not self.role.data:
            return []
        category = str(self.category.data or "") or None
        return [WantedGrant(Role(self.role.data), int(self.area.data), category)]


class NeededRole(RoleFields):
    """One role that must be chosen."""

    role = SelectField("Role", [InputRequired("Choose a role.")], default="", widget=GovSelect())


class GrantForm(BaseForm):
    """One more role for somebody."""

    first = FormField(NeededRole)

    def offer(self, areas: Sequence[tuple[int, str]]) -> None:
        """Fill in what may be chosen."""
        self.first.form.offer(areas)


class InviteForm(BaseForm):
    """A new member of staff with up to three roles; more are given on their page."""

    email = StringField(
        "E-mail address",
        [InputRequired("Type their e-mail address."), Length(max=LONGEST_EMAIL)],
        description="Their work address. The link to join goes there",
        widget=GovTextInput(),
    )
    display_name = StringField(
        "Name",
        [
            InputRequired("Type their name."),
            Length(max=LONGEST_NAME, message=f"Keep the name to {LONGEST_NAME} characters."),
        ],
        description="As colleagues know them, for example Sgt Imran Vale",
        widget=GovTextInput(),
    )
    first = FormField(NeededRole)
    second = FormField(RoleFields)
    third = FormField(RoleFields)

    def offer(self, areas: Sequence[tuple[int, str]]) -> None:
        """Fill in what may be chosen."""
        for row in (self.first, self.second, self.third):
            row.form.offer(areas)

    def wanted(self) -> list[WantedGrant]:
        """Return the roles that were chosen."""
        rows = (self.first, self.second, self.third)
        return [want for row in rows for want in row.form.wanted()]
