"""Take the README's pictures from a running demo: `python tools/take_pictures.py ADDRESS FOLDER`.

The demo's sign-in page offers its people, so no password is needed here.
"""

import sys
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 900}
HELD = "Has anybody seen this van? AB12 CDE was left open outside the library."


def sign_in(browser: Browser, address: str, role: str, size: dict[str, int]) -> Page:
    """Sign in as the demo's person of this role, by the buttons of its sign-in page."""
    page = browser.new_context(viewport=size, device_scale_factor=2).new_page()
    page.goto(f"{address}/sign-in")
    page.get_by_role("button", name=role).first.click()
    page.get_by_role("button", name="Sign out").wait_for()
    return page


def take(page: Page, url: str, path: Path, *, whole: bool = False) -> None:
    """Open the page and keep what a person sees."""
    page.goto(url)
    page.screenshot(path=path, full_page=whole)


def take_all(browser: Browser, address: str, folder: Path) -> None:
    """Take the six pictures."""
    public = browser.new_context(viewport=DESK, device_scale_factor=2).new_page()
    public.goto(f"{address}/officers")
    public.locator("main a[href^='/officers/']").first.click()
    public.screenshot(path=folder / "public.png")
    phone = sign_in(browser, address, "Officer", PHONE)
    take(phone, f"{address}/staff/posts", folder / "officer.png")
    phone.goto(f"{address}/staff/posts/new")
    phone.locator("main a[href*='persona=']").first.click()
    phone.get_by_label("What do you want to say").fill(HELD)
    phone.get_by_role("button", name="Check").click()
    phone.locator("#findings mark").first.scroll_into_view_if_needed()
    phone.screenshot(path=folder / "held.png")
    take(phone, f"{address}/staff/contacts", folder / "contacts.png")
    digital = sign_in(browser, address, "Moderator", DESK)
    take(digital, f"{address}/staff/cases", folder / "desk.png")
    desk = sign_in(browser, address, "Supervisor", DESK)
    desk.goto(f"{address}/staff/posts/awaiting")
    desk.locator("main a[href*='/staff/posts/']").first.click()
    desk.screenshot(path=folder / "supervisor.png")


def main(address: str, folder: Path) -> None:
    """Start Debian's Chromium and take the pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox"]
        )
        take_all(browser, address.rstrip("/"), folder)
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
