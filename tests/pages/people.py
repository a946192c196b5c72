"""People at browsers whose scripts are off, on the real application behind a real socket."""

from dataclasses import dataclass
from typing import Self

import pyotp
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser import PHONE
from tests.factories.users import PASSWORD, code_now
from vcp.users.models import User


@dataclass
class Somebody:
    """One person at one browser: what they press, and what they read."""

    page: Page
    origin: str

    @classmethod
    def arrives(cls, browser: Browser, origin: str) -> Self:
        """Open a phone's browser with scripts off."""
        context = browser.new_context(viewport=PHONE, java_script_enabled=False)
        context.set_default_timeout(60_000)
        return cls(context.new_page(), origin)

    def goes_to(self, path: str) -> Self:
        self.page.goto(f"{self.origin}{path}")
        return self

    def signs_in(self, user: User) -> Self:
        self.goes_to("/sign-in")
        self.types("E-mail address", user.email)
        self.types("Password", PASSWORD)
        self.types("Code", code_now())
        self.presses("Sign in")
        expect(self.page.get_by_role("button", name="Sign out")).to_be_visible()
        return self

    def types(self, label: str, text: str) -> Self:
        self.page.get_by_label(label, exact=True).fill(text)
        return self

    def chooses(self, label: str, value: str) -> Self:
        self.page.get_by_label(label, exact=True).first.select_option(value)
        return self

    def ticks(self, label: str) -> Self:
        self.page.get_by_label(label, exact=True).check()
        return self

    def presses(self, name: str) -> Self:
        self.page.get_by_role("button", name=name).locator("visible=true").first.click()
        return self

    def opens(self, name: str) -> Self:
        """Unfold what is folded up under these words."""
        self.page.locator("summary").filter(has_text=name).first.click()
        return self

    def follows(self, name: str) -> Self:
        self.page.get_by_role("link", name=name).first.click()
        return self

    def reads(self, *sentences: str) -> Self:
        """Find each of these on the page."""
        for sentence in sentences:
            expect(self.page.locator("body")).to_contain_text(sentence)
        return self

    def does_not_read(self, sentence: str) -> Self:
        expect(self.page.locator("body")).not_to_contain_text(sentence)
        return self

    def reads_marked(self, words: str) -> Self:
        expect(self.page.locator("mark").first).to_contain_text(words)
        return self

    def finds(self, selector: str) -> Locator:
        return self.page.locator(selector)

    def proves_app(self) -> Self:
        """Set an authenticator app up from the key on the page, and type what it shows."""
        key = self.page.locator("code").first.inner_text().replace(" ", "")
        return self.types("Code", pyotp.TOTP(key).now())
