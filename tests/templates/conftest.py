"""The sample app, its client, and a browser that looks at it."""

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser

from tests.browser import open_browser, serve
from tests.templates.look import make_app


@pytest.fixture(scope="module")
def look() -> Flask:
    return make_app()


@pytest.fixture
def look_client(look: Flask) -> FlaskClient:
    return look.test_client()


@pytest.fixture(scope="module")
def origin(look: Flask) -> Iterator[str]:
    with serve(look) as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with open_browser() as chromium:
        yield chromium
