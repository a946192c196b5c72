"""What a person may type about a channel."""

import re
from collections.abc import Mapping

from govuk_frontend_wtf.wtforms_widgets import (
    GovCheckboxInput,
    GovPasswordInput,
    GovRadioInput,
    GovSelect,
    GovSubmitInput,
    GovTextArea,
    GovTextInput,
)
from wtforms import (
    BooleanField,
    HiddenField,
    IntegerField,
    PasswordField,
    RadioField,
    SelectField,
    StringField,
    SubmitField,
    TextAreaField,
)
from wtforms.validators import DataRequired, InputRequired, Length, ValidationError

from vcp.channels.models import SettlePolicy
from vcp.channels.queries import OWN
from vcp.channels.service import About
from vcp.kernel.forms import BaseForm, MaxBytes, options
from vcp.networks.registry import ADDRESSES, NETWORKS

_AMOUNT = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,6})?")
_KEY = [DataRequired("Paste this key too. X shows it once, when it is made."), Length(max=500)]


class AboutForm(BaseForm):
    """What people are told about a channel, and whether several personas use it."""

    name = StringField(
        "Name of the channel",
        [DataRequired("Give the channel a name."), Length(max=120)],
        description="As staff will read it, such as “Mastodon, whole force”.",
        widget=GovTextInput(),
    )
    purpose = TextAreaField(
        "What it is for (optional)",
        [MaxBytes(4000, "What it is for")],
        description="Who it speaks to, and about what.",
        widget=GovTextArea(),
    )
    hours = StringField(
        "When somebody reads it (optional)",
        [Length(max=200, message="Shorten the hours to 200 characters.")],
        description="Such as “Monday to Friday, 8:00 to 18:00”.",
        widget=GovTextInput(),
    )
    is_shared = BooleanField(
        "Several personas use this account, so posts are signed, as in “– PC 4417”",
        widget=GovCheckboxInput(),
    )

    def about(self) -> About:
        """Return what was typed; how it settles stays as new channels have it."""
        return About(
            purpose=self.purpose.data or "",
            hours=self.hours.data or "",
            is_shared=bool(self.is_shared.data),
        )


class ConnectForm(AboutForm):
    """A new channel on a network."""

    network = RadioField(
        "Network",
        choices=options([(key, name) for key, name in NETWORKS.items() if key != OWN]),
        default="mastodon",
        widget=GovRadioInput(),
    )
    base_url = StringField(
        "Address of the server",
        description="Only the server, such as https://mastodon.example, not the account's page. "
        "Leave it empty for X, and for Bluesky unless the account has a server of its own.",
        widget=GovTextInput(),
    )
    area_id = SelectField("Area that it speaks for", coerce=int, widget=GovSelect())
    submit = SubmitField("Go on", widget=GovSubmitInput())

    def validate_base_url(self, field: StringField) -> None:
        """Ask for the address of a network that isn't in one place."""
        if not field.data and self.network.data not in ADDRESSES:
            raise ValidationError("Type the server's address, such as https://mastodon.example.")


class XKeysForm(BaseForm):
    """The four keys that X's developer pages gave; they are never shown again."""

    consumer_key = PasswordField("API key", _KEY, widget=GovPasswordInput())
    consumer_secret = PasswordField("API key secret", _KEY, widget=GovPasswordInput())
    access_token = PasswordField("Access token", _KEY, widget=GovPasswordInput())
    access_token_secret = PasswordField("Access token secret", _KEY, widget=GovPasswordInput())
    submit = SubmitField("Connect the account", widget=GovSubmitInput())


class BlueskyKeysForm(BaseForm):
    """The name and an app password of a Bluesky account; the password is never shown again."""

    identifier = StringField(
        "Handle of the account",
        [DataRequired("Type the account's handle, such as force.bsky.social."), Length(max=300)],
        description="Such as force.bsky.social, without the @.",
        widget=GovTextInput(),
    )
    app_password = PasswordField(
        "App password",
        [
            DataRequired("Paste the app password. Bluesky shows it once, when it is made."),
            Length(max=500),
        ],
        description="Not the account's own password. Make one in the account's settings, under "
        "Privacy and security.",
        widget=GovPasswordInput(),
    )
    submit = SubmitField("Connect the account", widget=GovSubmitInput())


#: The form of each network whose keys are pasted; the names of its fields are those of the keys.
KEYS_FORMS: Mapping[str, type[BaseForm]] = {"bluesky": BlueskyKeysForm, "x": XKeysForm}


class EditChannelForm(AboutForm):
    """What is said about a channel that is there, and how unknown outcomes are settled."""

    settle_policy = RadioField(
        "When it is not known whether a post arrived",
        choices=options(
            [
                (SettlePolicy.READ.value, "Read the account and see (usual)"),
                (
                    SettlePolicy.PERSON.value,
                    "Ask a person: this server shows posts too late to tell",
                ),
                (
                    SettlePolicy.ONE_RETRY.value,
                    "X only: if three readings don't find it, send it once more (may double)",
                ),
            ]
        ),
        widget=GovRadioInput(),
    )
    settle_after_s = IntegerField(
        "Seconds after which “not there” counts",
        [InputRequired("Type a number of seconds, such as 20.")],
        description="Longer than this server takes to show a new post. Usually 20.",
        widget=GovTextInput(),
    )
    submit = SubmitField("Save", widget=GovSubmitInput())

    def about(self) -> About:
        """Return what was typed."""
        return About(
            purpose=self.purpose.data or "",
            hours=self.hours.data or "",
            is_shared=bool(self.is_shared.data),
            settle_policy=SettlePolicy(self.settle_policy.data),
            settle_after_s=self.settle_after_s.data or 0,
        )


class OwnFeedForm(AboutForm):
    """What is said about the force's own feed; it belongs to all personas and is never unknown."""

    submit = SubmitField("Save", widget=GovSubmitInput())


class BudgetForm(BaseForm):
    """What a channel may spend in a month."""

    dollars = StringField(
        "US dollars a month",
        [Length(max=20, message="Type an amount such as 25 or 12.50.")],
        description="Such as 25 or 12.50. Leave it empty for what the installation's settings say.",
        widget=GovTextInput(),
    )
    submit = SubmitField("Save", widget=GovSubmitInput())

    def validate_dollars(self, field: StringField) -> None:
        """Take a plain amount only."""
        if field.data and not _AMOUNT.fullmatch(field.data):
            raise ValidationError("Type an amount such as 25 or 12.50.")

    def amount(self) -> float | None:
        """Return what was typed; None for nothing."""
        return float(self.dollars.data) if self.dollars.data else None


class FinishForm(BaseForm):
    """What the network sent back with the person; sent on by one button."""

    state = HiddenField()
    code = HiddenField()
    iss = HiddenField()
    submit = SubmitField("Finish connecting", widget=GovSubmitInput())


class ConfirmForm(BaseForm):
    """A second person's yes to the account that they were shown."""

    account_id = HiddenField()
    submit = SubmitField("This is our account: confirm", widget=GovSubmitInput())


class DisconnectForm(BaseForm):
    """Giving a channel up."""

    reason = TextAreaField(
        "Why is it given up?",
        [DataRequired("Say why the channel is given up."), MaxBytes(2000, "The reason")],
        widget=GovTextArea(),
    )
    submit = SubmitField(
        "Disconnect this channel",
        widget=GovSubmitInput(),
        render_kw={"class": "govuk-button--warning"},
    )
