"""What tests of signing in send and read."""

import re
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.factories.users import PASSWORD, code_now
from vcp.users.models import User


def post_sign_in(client: FlaskClient, user: User | str, **typed: Any) -> TestResponse:
    """Fill the sign-in page in as the person would, but for what is given."""
    email = user if isinstance(user, str) else user.email
    data = {"email": email, "password": PASSWORD, "code": typed.pop("code", None) or code_now()}
    return client.post("/sign-in", data={**data, **typed})


def path_in(mail_body: str) -> str:
    """Return the path of the link in a mail."""
    found = re.search(r"https?://[^/\s]+(/links/\S+)", mail_body)
    assert found
    return found[1]


def hidden(page: str, name: str) -> str:
    """Return the value of a hidden field."""
    found = re.search(rf'name="{name}"[^>]*value="([^"]*)"', page)
    assert found, f"no field {name}"
    return found[1]


def key_by_hand(page: str) -> str:
    """Return the secret that a page shows for typing."""
    found = re.search(r"Key to type by hand: <code>([A-Z2-7 ]+)</code>", page)
    assert found
    return found[1].replace(" ", "")
