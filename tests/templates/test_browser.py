"""The frames and macros in a real browser: axe, both widths, with and without scripts."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.browser import DESK, PHONE, scrolls_sideways, violations, watch

pytestmark = pytest.mark.network

PAGES = ["/compose", "/list", "/public", "/error/404", "/error/500"]
WIDTHS = {"phone": PHONE, "desk": DESK}
PICTURE = Path(__file__).parents[2] / "vcp" / "static" / "images" / "icon-192.png"


def open_page(browser: Browser, size: ViewportSize, url: str, **options: Any) -> Page:
    page = browser.new_context(viewport=size, **options).new_page()
    page.goto(url)
    return page


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_nothing_and_nothing_scrolls_sideways(
    browser: Browser, origin: str, path: str, width: str
) -> None:
    page = open_page(browser, WIDTHS[width], origin + path, bypass_csp=True)
    assert violations(page) == []
    assert not scrolls_sideways(page)
    page.context.close()


@pytest.mark.parametrize("width", WIDTHS)
def test_axe_finds_nothing_in_a_form_with_faults(browser: Browser, origin: str, width: str) -> None:
    page = open_page(browser, WIDTHS[width], f"{origin}/compose", bypass_csp=True)
    page.get_by_role("button", name="Send for approval").click()
    expect(page.get_by_role("alert")).to_contain_text("There is a problem")
    assert violations(page) == []
    assert not scrolls_sideways(page)
    page.context.close()


@pytest.mark.parametrize("path", PAGES)
def test_security_policy_is_kept_and_no_other_host_is_asked(
    browser: Browser, origin: str, path: str
) -> None:
    page = browser.new_context(viewport=PHONE).new_page()
    faults = watch(page, origin)
    page.goto(origin + path, wait_until="networkidle")
    assert faults() == []
    page.context.close()


def test_menu_of_a_phone_opens_and_shows_how_many_wait(browser: Browser, origin: str) -> None:
    page = open_page(browser, PHONE, f"{origin}/list")
    menu = page.get_by_role("button", name="Menu")
    expect(menu).to_contain_text("9")
    expect(page.get_by_role("link", name="Personas")).to_be_hidden()
    menu.click()
    expect(page.get_by_role("link", name="Personas")).to_be_visible()
    page.context.close()


def test_without_scripts_the_menu_is_open_and_the_form_answers(
    browser: Browser, origin: str
) -> None:
    page = open_page(browser, PHONE, f"{origin}/compose", java_script_enabled=False)
    expect(page.get_by_role("link", name="Personas")).to_be_visible()
    page.get_by_label("Time").fill("14:30")
    page.get_by_role("button", name="Send for approval").click()
    expect(page.get_by_text("There is a problem")).to_be_visible()
    expect(page.get_by_label("Time")).to_have_value("14:30")
    assert not scrolls_sideways(page)
    page.context.close()


def test_lengths_are_counted_as_each_channel_counts(browser: Browser, origin: str) -> None:
    page = open_page(browser, PHONE, f"{origin}/compose")
    page.get_by_label("What do you want").fill("👮🏽 see https://a.example/" + "x" * 60)
    counts = page.locator(".vcp-lengths")
    expect(counts).to_contain_text("Mastodon: 470 left")
    expect(counts).to_contain_text("Own feed: 4915 left")
    page.get_by_label("What do you want").fill("y" * 501)
    expect(counts).to_contain_text("Mastodon: 1 too many")
    page.context.close()


def test_words_are_screened_while_they_are_written(browser: Browser, origin: str) -> None:
    page = open_page(browser, DESK, f"{origin}/compose")
    text = page.get_by_label("What do you want")
    text.fill("Seen on Mill Lane")
    expect(page.locator("#findings")).to_contain_text("Nothing found.")
    text.fill("Seen: AB12 CDE")
    expect(page.locator("#findings")).to_contain_text("A registration number points to one person.")
    text.fill("away")
    expect(page.get_by_text("Not checked just now.")).to_be_visible()
    expect(page.locator("#findings")).to_contain_text("A registration number")
    page.context.close()


def test_chosen_image_is_shown_and_its_alt_text_asked_for(browser: Browser, origin: str) -> None:
    page = browser.new_context(viewport=PHONE).new_page()
    faults = watch(page, origin)
    page.goto(f"{origin}/compose")
    page.get_by_label("Images").set_input_files(PICTURE)
    expect(page.get_by_role("img", name="Preview of icon-192.png")).to_be_visible()
    expect(page.get_by_text("Say what the image shows")).to_be_visible()
    page.get_by_label("What the image shows").fill("A shield")
    expect(page.get_by_text("Say what the image shows")).to_be_hidden()
    page.get_by_label("Images").set_input_files(
        {"name": "big.png", "mimeType": "image/png", "buffer": b"\x89PNG" + bytes(30_000)}
    )
    expect(page.get_by_text("big.png is too big")).to_be_visible()
    expect(page.get_by_text("big.png cannot be shown")).to_be_visible()
    assert faults() == []
    page.context.close()
