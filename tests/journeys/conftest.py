"""What journeys share: the stand-in for a Mastodon server, and a browser."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser import open_browser
from tests.networks.conftest import fakenet_url, mock_server

__all__ = ["fakenet_url", "mock_server"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium a file, since Playwright allows one at a time; a context for each person."""
    with open_browser() as started:
        yield started
