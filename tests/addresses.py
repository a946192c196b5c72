"""Addresses of routes, compiled once a run: each test has an app, and each app all routes."""

from typing import Any

from werkzeug.routing.rules import Rule

_compile = Rule._compile_builder
_kept: dict[tuple[str, bool, str], Any] = {}


def _compile_once(rule: Rule, append_unknown: bool = True) -> Any:  # noqa: FBT002 - werkzeug's
    key = (rule.rule, append_unknown, repr(rule.defaults))
    if key not in _kept:
        _kept[key] = _compile(rule, append_unknown)
    return _kept[key]


def compile_once() -> None:
    """Have the code that builds a route's addresses made once: it was three quarters of an app."""
    Rule._compile_builder = _compile_once  # type: ignore[assignment,method-assign]
