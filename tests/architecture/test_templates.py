"""Pages that the content security policy lets work: nothing inline, nothing unescaped."""

import re
from pathlib import Path

import pytest

from tests.architecture.tree import ROOT

#: What a template must not hold, and what to do instead.
FORBIDDEN = {
    r"\|\s*safe\b": "escape it, or clean it in Python where a test sees it",
    r"\bautoescape\b": "autoescaping is on everywhere",
    r"<script(?![^>]*\bsrc=)": "put scripts into vcp/static",
    r"<style\b": "put styles into frontend/",
    r"\sstyle\s*=\s*[\"']": "use a class",
    r"<[^>]*\son[a-z]+\s*=": "listen from a script in vcp/static",
    r"javascript:": "use a button and a script",
}

FETCHED = re.compile(
    r"<(?:script|img|iframe|source|video|audio)[^>]*\bsrc=[\"']https?:"
    r"|<link[^>]*rel=[\"'](?:stylesheet|icon|preload)[\"'][^>]*https?:"
)


def templates() -> list[Path]:
    return sorted(p for p in (ROOT / "templates").rglob("*") if p.suffix in {".html", ".xml"})


@pytest.mark.parametrize("pattern", FORBIDDEN)
def test_templates_hold_nothing_inline_or_unescaped(pattern: str) -> None:
    found = [
        f"{path.relative_to(ROOT)}:{text.count(chr(10), 0, match.start()) + 1}"
        for path in templates()
        for text in [path.read_text(encoding="utf-8")]
        for match in re.finditer(pattern, text, re.IGNORECASE)
    ]
    assert not found, f"{FORBIDDEN[pattern]}: {found}"


def test_pages_ask_no_other_host() -> None:
    """Residents' visits are nobody else's business; links that people follow are fine."""
    found = [p.name for p in templates() if FETCHED.search(p.read_text(encoding="utf-8"))]
    assert not found, found
