"""Words that residents could send to harm those who look at them: written for these tests."""

import json
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

CORPUS = Path(__file__).parent / "data" / "hostile" / "corpus.json"
#: Kept as a unit and how often it is repeated.
SIZES = "sizes"
ADDRESSES = "addresses"
WAYS_OUT = "ways out of where text stands"


@cache
def families() -> dict[str, list[str]]:
    """Return the corpus, by what it tries."""
    kept = json.loads(CORPUS.read_text(encoding="ascii"))
    kept[SIZES] = [unit * count for unit, count in kept[SIZES]]
    return {name: list(texts) for name, texts in kept.items()}


def corpus() -> list[str]:
    """Return all of it."""
    return [text for texts in families().values() for text in texts]


class Markup(HTMLParser):
    """What in a page could act, and where its links lead."""

    #: Pages of ours have none of these; scripts and forms are looked at one by one.
    NEVER = frozenset(
        (
            *("iframe", "object", "embed", "applet", "base", "template", "portal", "math"),
            *("marquee", "video", "audio", "source", "style", "isindex", "keygen"),
            *("xml", "image"),
        )
    )

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.faults: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag in self.NEVER:
            self.faults.append(f"element: {tag}")
        if tag == "script" and not given.get("src", "").startswith("/static/"):
            self.faults.append(f"script: {given}")
        self.faults += [
            f"attribute: {name}"
            for name in given
            if name.startswith(("on", "hx-on"))
            or name in ("style", "srcdoc")
            or (name == "formaction" and not given[name].startswith("/"))
        ]
        if tag == "form" and not given.get("action", "/").startswith("/"):
            self.faults.append(f"form to {given['action']}")
        if tag == "a" and not given.get("href", "/").startswith(("/", "#", "http", "tel:", "?")):
            self.faults.append(f"link to {given['href'][:80]}")
        if tag in ("link", "img") and not (given.get("href") or given.get("src", "/")).startswith(
            ("/", "http://127.0.0.1")
        ):
            self.faults.append(f"fetches {given}")
        if tag == "meta" and "http-equiv" in given:
            self.faults.append(f"meta: {given}")
