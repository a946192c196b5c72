"""Every route says who may use it, and strangers get no further than that."""

import re

import pytest
from flask import Flask
from werkzeug.routing import Rule

from tests.client import Client

#: What stands in an address where a route takes a value.
SAMPLES = {"int": "1", "uuid": "00000000-0000-4000-8000-000000000000"}


def address(rule: Rule) -> str:
    """Return the rule's address with its gaps filled."""
    return re.sub(r"<(?:(?P<kind>\w+)(?:\((?P<choices>[^)]*)\))?:)?\w+>", sample, rule.rule)


def sample(gap: re.Match[str]) -> str:
    """Return something that fits the gap: the first of its choices where it lists them."""
    if gap["kind"] == "any":
        return gap["choices"].split(",")[0].strip()
    return SAMPLES.get(gap["kind"] or "", "x")


def declared(app: Flask, rule: Rule) -> str | None:
    """Return what the route's view asks for: a permission, `public`, or nothing."""
    return getattr(app.view_functions[rule.endpoint], "vcp_permission", None)


def test_every_route_says_who_may_use_it(app: Flask) -> None:
    bare = [f"{r.rule} ({r.endpoint})" for r in app.url_map.iter_rules() if not declared(app, r)]
    assert not bare, f"put @requires(Permission.X) or @public on these: {bare}"


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
def test_strangers_get_no_further_than_signing_in(app: Flask, client: Client, method: str) -> None:
    let_in = []
    for rule in app.url_map.iter_rules():
        if declared(app, rule) == "public" or method not in (rule.methods or ()):
            continue
        answer = client.open(address(rule), method=method)
        asked = answer.status_code == 302 and "/sign-in" in answer.location
        if not asked and answer.status_code != 401:
            let_in.append(f"{method} {rule.rule}: {answer.status_code}")
    assert not let_in, let_in


def test_routes_that_change_something_take_no_get(app: Flask) -> None:
    """A link, a preview or a prefetch must not change anything."""
    changing = re.compile(r"/(approve|cancel|delete|release|submit|withdraw|suspend|revoke)$")
    rules = [rule for rule in app.url_map.iter_rules() if changing.search(rule.rule)]
    posted = {rule.rule for rule in rules if "POST" in (rule.methods or ())}
    assert {rule.rule for rule in rules} == posted


def test_looks_are_put_on_record_where_something_is_shown(app: Flask) -> None:
    """What `@consults` marks shows something and changes nothing else, so it takes no POST."""
    for rule in app.url_map.iter_rules():
        if hasattr(app.view_functions[rule.endpoint], "vcp_consults"):
            assert "POST" not in (rule.methods or ()), rule.rule
            assert declared(app, rule) != "public", "a stranger has no name in the trail"
