"""What every answer tells the browser, whoever asks and whatever comes back."""

import re
from pathlib import Path

import pytest
from flask import Flask, Response
from werkzeug.test import TestResponse

from tests.security import table
from tests.security.conftest import Place
from tests.security.steps import step_of
from tests.security.table import Row
from tests.security.world import ROLES, STRANGER
from vcp.kernel import headers
from vcp.kernel.settings import Mode, Settings

ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
UNSAFE = re.compile(r"unsafe-|\*|http:|data:|https:")
ERRORS = {
    "no such address": ("GET", "/nothing-here", 404),
    "no such post": ("GET", "/staff/posts/999999", 404),
    "refused": ("GET", "/staff/health", 403),
    "wrong method": ("POST", "/staff/posts/all", 405),
    "forged": ("POST", "/staff/posts/check", 400),
    "a file that isn't there": ("GET", "/media/none.png", 404),
    "a public page that isn't there": ("GET", "/officers/nobody/", 404),
}


def faults(answer: TestResponse | Response, *, private: bool) -> list[str]:
    """Return what is missing or weak in the headers of an answer."""
    told = answer.headers
    found = [
        f"{name}: {told.get(name)}" for name, value in ALWAYS.items() if told.get(name) != value
    ]
    policy = dict(
        part.strip().partition(" ")[::2]
        for part in told.get("Content-Security-Policy", "").split(";")
    )
    if policy.get("default-src") != "'none'" or policy.get("frame-ancestors") != "'none'":
        found.append(f"policy: {policy}")
    if policy.get("base-uri") != "'none'" or "form-action" not in policy:
        found.append(f"policy: {policy}")
    found += [f"policy: {name} {text}" for name, text in policy.items() if UNSAFE.search(text)]
    if private and told.get("Cache-Control") != "no-store":
        found.append(f"Cache-Control: {told.get('Cache-Control')}")
    if (answer.mimetype or "").startswith("text/") and answer.mimetype_params.get(
        "charset"
    ) != "utf-8":
        found.append(f"Content-Type: {told.get('Content-Type')}")
    return found


@pytest.mark.network
@pytest.mark.parametrize("row", table.rows(), ids=lambda row: f"{row.method} {row.route}")
def test_every_route_carries_them_for_everybody(place: Place, row: Row) -> None:
    step = step_of(row.method, row.route)
    allowed = ROLES[row.own.index("a")] if "a" in row.own else "officer"
    for role in dict.fromkeys((STRANGER, allowed, "auditor")):
        answer = place.send(step, role, "own")
        assert not faults(answer, private=True), role
    place.put_back()


@pytest.mark.parametrize("kind", ERRORS)
@pytest.mark.parametrize("role", ["officer", STRANGER])
def test_every_error_page_carries_them(place: Place, kind: str, role: str) -> None:
    method, path, status = ERRORS[kind]
    place.sign_in(role)
    answer = place.client.open(path, method=method, csrf=False)
    assert role == STRANGER or answer.status_code == status
    assert not faults(answer, private=True)
    place.put_back()


def test_public_files_and_styles_carry_them(place: Place) -> None:
    settings: Settings = place.app.extensions["vcp_settings"]
    Path(settings.site).mkdir(parents=True, exist_ok=True)
    Path(settings.site, "here.html").write_text("<p>Hello", encoding="utf-8")
    place.sign_in(STRANGER)
    answer = place.client.get("/here.html")
    assert answer.status_code == 200
    assert not faults(answer, private=False)
    page = place.client.get("/sign-in").text
    for style in re.findall(r'(?:href|src)="(/static/[^"]+)"', page):
        answer = place.client.get(style, buffered=True)
        assert answer.status_code == 200
        assert not faults(answer, private=False), style


def test_nonce_is_another_one_each_time(place: Place) -> None:
    place.sign_in(STRANGER)
    policies = {place.client.get("/sign-in").headers["Content-Security-Policy"] for _ in range(5)}
    assert len(policies) == 5


def test_over_https_the_cookie_is_bound_to_the_host(tmp_path: Path) -> None:
    settings = Settings(mode=Mode.TEST, instance=tmp_path, base_url="https://force.example")
    app = Flask("bare")
    headers.protect(app, settings)
    assert app.config["SESSION_COOKIE_NAME"] == "__Host-vcp"
    assert app.config["SESSION_COOKIE_SECURE"] is True
    assert app.config["SESSION_COOKIE_PATH"] == "/"
    assert not app.config["SESSION_COOKIE_DOMAIN"]


def test_cookie_is_out_of_reach_of_scripts_and_other_sites(place: Place) -> None:
    place.sign_in(STRANGER)
    told = place.client.get("/sign-in").headers.get("Set-Cookie", "")
    parts = {part.strip() for part in told.split(";")}
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= parts
    assert len(told) < 4096


def test_cookie_names_nobody(place: Place) -> None:
    place.sign_in("officer")
    with place.client.session_transaction() as cookie:
        assert set(cookie) <= {"token", "seen", "csrf_token", "_flashes"}
