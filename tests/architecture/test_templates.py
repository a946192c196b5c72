"""Pages that the content security policy lets work: nothing inline, nothing unescaped."""

import re
from pathlib import Path

import pytest

from tests.architecture.tree import ROOT

#: What a template must not ask of Jinja, and what to do instead.
UNESCAPED = {
    r"\|\s*safe\b": "escape it, or clean it in Python where a test sees it",
    r"\bautoescape\b": "autoescaping is on everywhere",
}
#: What its HTML must not hold: the content security policy would stop it.
INLINE = {
    r"<script(?![^>]*\bsrc=)": "put scripts into vcp/static",
    r"<style\b": "put styles into frontend/",
    r"\sstyle\s*=\s*[\"']": "use a class",
    r"<[^>]*\son[a-z]+\s*=": "listen from a script in vcp/static",
    r"javascript:": "use a button and a script",
}

JINJA = re.compile(r"{%.*?%}|{{.*?}}|{#.*?#}", re.DOTALL)
FETCHED = re.compile(
    r"<(?:script|img|iframe|source|video|audio)[^>]*\bsrc=[\"']https?:"
    r"|<link[^>]*rel=[\"'](?:stylesheet|icon|preload)[\"'][^>]*https?:"
)


def templates() -> list[Path]:
    return sorted(p for p in (ROOT / "templates").rglob("*") if p.suffix in {".html", ".xml"})


def html(path: Path) -> str:
    """Return the template with what Jinja reads made blank, line for line."""
    text = path.read_text(encoding="utf-8")
    return JINJA.sub(lambda said: re.sub(r"[^\n]", " ", said[0]), text)


def places(pattern: str, texts: dict[Path, str]) -> list[str]:
    return [
        f"{path.relative_to(ROOT)}:{text.count(chr(10), 0, match.start()) + 1}"
        for path, text in texts.items()
        for match in re.finditer(pattern, text, re.IGNORECASE)
    ]


@pytest.mark.parametrize("pattern", UNESCAPED)
def test_templates_escape_everything(pattern: str) -> None:
    found = places(pattern, {path: path.read_text(encoding="utf-8") for path in templates()})
    assert not found, f"{UNESCAPED[pattern]}: {found}"


@pytest.mark.parametrize("pattern", INLINE)
def test_templates_hold_nothing_inline(pattern: str) -> None:
    found = places(pattern, {path: html(path) for path in templates()})
    assert not found, f"{INLINE[pattern]}: {found}"


def test_pages_ask_no_other_host() -> None:
    """Residents' visits are nobody else's business; links that people follow are fine."""
    found = [p.name for p in templates() if FETCHED.search(p.read_text(encoding="utf-8"))]
    assert not found, found
