"""What people do in every journey: sign in, wait for what comes, speak on the mock."""

import time
from collections.abc import Callable
from typing import Any, TypeVar

import pyotp
import requests
from playwright.sync_api import Page, expect

from tests.factories.users import PASSWORD, SECRET, hashed
from tests.networks.conftest import MOCK_TOKENS
from vcp.channels.models import Channel
from vcp.kernel import vault
from vcp.kernel.settings import Settings
from vcp.users import factors
from vcp.users.access import TOTP
from vcp.users.models import User

T = TypeVar("T")
OUT_WITHIN_S = 10


def eventually(look: Callable[[], T | None], within_s: float = OUT_WITHIN_S) -> T:
    """Return what is found as soon as it is there."""
    deadline = time.monotonic() + within_s
    while not (found := look()):
        assert time.monotonic() < deadline, f"nothing after {within_s} s"
        time.sleep(0.2)
    return found


def let_sign_in(person: User, settings: Settings) -> None:
    """Give the person the password and the second factor that `sign_in` types."""
    person.password_hash = hashed(PASSWORD)
    person.sealed_totp = factors.seal(settings.signing_keys(), SECRET, TOTP)


def sign_in(page: Page, address: str, email: str) -> None:
    """Sign in with password and code."""
    page.goto(f"{address}/sign-in")
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Code").fill(pyotp.TOTP(SECRET).now())
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()


def connect(channel: Channel, mock_server: str, settings: Settings) -> None:
    """Point the team's channel at the officer's account of mastodon_mock."""
    account = asked(mock_server, "officer", "accounts/verify_credentials")
    channel.base_url, channel.account_id = mock_server, account["id"]
    channel.handle = f"{account['acct']}@{mock_server.removeprefix('http://')}"
    channel.sealed_credentials = vault.seal(
        settings.instance, channel.vault_name, {"access_token": MOCK_TOKENS["officer"]}
    )


def asked(mock_server: str, who: str, path: str, **said: Any) -> Any:
    """Ask the mock as one of its accounts; with words, post them."""
    headers = {"Authorization": f"Bearer {MOCK_TOKENS[who]}"}
    url = f"{mock_server}/api/v1/{path}"
    if said:
        answer = requests.post(url, headers=headers, json=said, timeout=10)
    else:
        answer = requests.get(url, headers=headers, timeout=10)
    answer.raise_for_status()
    return answer.json()


def statuses_of(mock_server: str, who: str) -> Any:
    """Return what this account has posted, newest first."""
    account = asked(mock_server, who, "accounts/verify_credentials")
    return asked(mock_server, who, f"accounts/{account['id']}/statuses")
