"""A Chromium, and the application behind a real socket, for pages that keep themselves fresh."""

from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser

from tests.browser import open_browser, serve


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with open_browser() as chromium:
        yield chromium


@pytest.fixture
def origin(app: Flask) -> Iterator[str]:
    with serve(app) as address:
        yield address
