"""Words as the public reads them: nothing in them acts, only plain links can be followed."""

import re
from collections.abc import Iterator

from markupsafe import Markup, escape

from vcp.kernel.sheets import harmless
from vcp.kernel.visible import cleaned

TITLE_LENGTH = 80
_LINK = re.compile(r"https?://[^\s<>\"'`\\^{|}\x00-\x20\x7f-\x9f]+", re.IGNORECASE)
#: Punctuation that ends a sentence rather than an address.
_AFTER = ".,;:!?…"
_PAIRS = {")": "(", "]": "["}
_PAGE_LINK = Markup('<a class="govuk-link" href="{0}" rel="nofollow noopener">{0}</a>')
_BARE_LINK = Markup('<a href="{0}" rel="nofollow noopener">{0}</a>')
_BREAK = Markup("<br>\n")


def linked(text: str) -> Markup:
    """Return the text escaped, with absolute web addresses made into links."""
    return Markup("").join(_pieces(cleaned(text), lines=False))


def paragraphs(text: str) -> Markup:
    """Return the text as HTML for feed readers, which know no styles: lines kept by `<br>`."""
    blocks = [block for block in re.split(r"\n\s*\n", cleaned(text)) if block.strip()]
    return Markup("").join(
        Markup("<p>{}</p>").format(Markup("").join(_pieces(block.strip(), lines=True)))
        for block in blocks
    )


def _pieces(text: str, *, lines: bool) -> Iterator[Markup]:
    at = 0
    for found in _LINK.finditer(text):
        url = _trimmed(found[0])
        if len(url) <= len("https://"):
            continue
        yield _plain(text[at : found.start()], lines=lines)
        yield (_BARE_LINK if lines else _PAGE_LINK).format(url)
        at = found.start() + len(url)
    yield _plain(text[at:], lines=lines)


def _plain(text: str, *, lines: bool) -> Markup:
    return _BREAK.join(text.split("\n")) if lines else escape(text)


def _trimmed(url: str) -> str:
    """Leave off what belongs to the sentence around an address."""
    while url:
        last = url[-1]
        if last in _AFTER or (last in _PAIRS and url.count(last) > url.count(_PAIRS[last])):
            url = url[:-1]
        else:
            break
    return url


def title_of(text: str) -> str:
    """Return the first line, shortened at a word, as a title."""
    line = next((line.strip() for line in cleaned(text).split("\n") if line.strip()), "")
    if len(line) <= TITLE_LENGTH:
        return line
    return f"{line[:TITLE_LENGTH].rsplit(' ', maxsplit=1)[0].rstrip(_AFTER)}…"


def web_address(url: str | None) -> str | None:
    """Return the address when it is an absolute web address, else None."""
    return url if url and _LINK.fullmatch(url) else None


def cell(value: object) -> str:
    """Return a value for a table file; a spreadsheet must not take it for a formula."""
    return harmless(cleaned("" if value is None else str(value)))
