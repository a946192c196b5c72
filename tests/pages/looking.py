"""A browser page that shows HTML from memory, with the product's own styles, scripts and images."""

from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, Page, Route

from tests.browser import AXE, DESK, PHONE, scrolls_sideways, violations
from vcp.kernel.places import static_folder

ORIGIN = "http://vcp.test"
#: A page of the desk listens here for what is new; in these tests nothing is.
CHANGES = "/staff/cases/changes"
WINDOWS = {"phone": PHONE, "desk": DESK}


class Looking:
    """Shows one page after the other; nothing is asked of any network."""

    def __init__(self, context: BrowserContext) -> None:
        context.add_init_script(path=AXE)
        context.route("**/*", self._answer)
        self.page: Page = context.new_page()
        self.page.on("pageerror", lambda error: self._faults.append(f"script: {error}"))
        self._shown: dict[str, str] = {}
        self._media = Path()
        self._faults: list[str] = []

    def faults(self, path: str, html: str, media: Path) -> list[str]:
        """Return what is wrong with this page in each window; none is right."""
        self._faults, self._media = [], media
        self._shown = {path: html}
        self.page.set_viewport_size(PHONE)
        self.page.goto(f"{ORIGIN}{path}", wait_until="load")
        for name, window in WINDOWS.items():
            self.page.set_viewport_size(window)
            self._faults += [f"{name}: {fault}" for fault in violations(self.page)]
            self._faults += [f"{name}: scrolls sideways"] * scrolls_sideways(self.page)
        return self._faults

    def _answer(self, route: Route) -> None:
        url = urlsplit(route.request.url)
        if f"{url.scheme}://{url.netloc}" != ORIGIN:
            self._faults.append(f"other host: {route.request.url}")
            route.abort()
        elif url.path in self._shown and route.request.is_navigation_request():
            route.fulfill(body=self._shown[url.path], content_type="text/html; charset=utf-8")
        elif url.path == CHANGES:
            route.fulfill(body="", content_type="text/event-stream")
        elif (file := self._file(url.path)).is_file():
            route.fulfill(path=file)
        else:
            self._faults.append(f"names what isn't there: {url.path}")
            route.fulfill(status=404)

    def _file(self, path: str) -> Path:
        if path.startswith("/static/"):
            return static_folder() / path.removeprefix("/static/")
        return self._media / path.removeprefix("/media/")
