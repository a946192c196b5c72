"""A real Chromium for the tests that look at pages as people do; skipped where there is none."""

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright
from werkzeug.serving import make_server

AXE = Path(__file__).parent / "data" / "axe.min.js"
PHONE: ViewportSize = {"width": 390, "height": 844}
DESK: ViewportSize = {"width": 1280, "height": 900}


def find_chromium() -> str | None:
    """Return the path of a Chromium of this system, or nothing."""
    names = [os.environ.get("VCP_CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome"]
    return next((found for name in names if name and (found := shutil.which(name))), None)


@contextmanager
def open_browser() -> Iterator[Browser]:
    """Start Chromium, or skip the test that asks."""
    path = find_chromium()
    if path is None:
        pytest.skip("no Chromium here: apt-get install chromium, or set VCP_CHROMIUM")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def serve(app: Flask) -> Iterator[str]:
    """Serve the app on loopback and give its address."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def violations(page: Page) -> list[str]:
    """Return what axe finds wrong with the page, one line each; none is right.

    The page's context needs `bypass_csp=True`: axe is put in as a script of its own.
    """
    if not page.evaluate("'axe' in window"):
        page.add_script_tag(path=AXE)
    # Without `preload`: what it reads in advance only serves rules that are off.
    found: list[dict[str, Any]] = page.evaluate(
        "async () => (await axe.run(document,"
        " {resultTypes: ['violations'], preload: false})).violations"
    )
    return [f"{v['id']}: {node['html'][:160]}" for v in found for node in v["nodes"]]


def scrolls_sideways(page: Page) -> bool:
    """Whether anything makes the page wider than the window."""
    wide: bool = page.evaluate(
        "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    )
    return wide


def watch(page: Page, origin: str) -> Callable[[], list[str]]:
    """Return a function that lists what went wrong so far: script errors, other hosts asked."""
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(f"script: {error}"))
    page.on(
        "console",
        lambda line: (
            faults.append(f"console: {line.text}")
            if line.type == "error" and "Failed to load resource" not in line.text
            else None
        ),
    )
    page.on(
        "request",
        lambda request: (
            faults.append(f"other host: {request.url}")
            if not request.url.startswith((origin, "blob:", "data:"))
            else None
        ),
    )
    return lambda: list(faults)
