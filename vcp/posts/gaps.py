"""Named gaps in words: what is in braces waits to be filled, and never goes out.

There is no way to mean the braces themselves: an exception is how an unfilled gap gets out. A
brace alone is only a brace.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from vcp.kernel.errors import Invalid
from vcp.networks.registry import NETWORKS
from vcp.posts.words import VARIED

LONGEST_NAME = 40
#: Whatever stands between two braces on one line, nothing included.
_GAP = re.compile(r"\{([^{}\n]*)\}")
#: A form has one card.
_CARD = re.compile(r"card\d+(_\w+)")
_NAME = re.compile(r"[^\W\d_](?:[\w -]*\w)?")


@dataclass(frozen=True)
class Piece:
    """Some of a text; a gap that nobody filled yet, or what stands between."""

    text: str
    is_gap: bool


@dataclass(frozen=True)
class Unfilled:
    """A field with gaps, cut so that a page can mark them."""

    field: str
    gaps: tuple[str, ...]
    pieces: tuple[Piece, ...]


def names_in(texts: Iterable[str]) -> list[str]:
    """Return the names of the gaps in these texts, each once, in order."""
    return list(dict.fromkeys(name.strip() for text in texts for name in _GAP.findall(text)))


def problem_with(text: str) -> str | None:
    """Return what is wrong with the gaps of a text that is to be a template."""
    for name in _GAP.findall(text):
        if len(name) > LONGEST_NAME or not _NAME.fullmatch(name.strip()):
            return (
                f"{{{name}}} is no name for a gap. Use a few words that say what belongs there, "
                "such as {place} or {meeting point}."
            )
    if set("{}") & set(_GAP.sub("", text)):
        return "A brace stands alone. Write a gap as {place}, and no brace anywhere else."
    return None


def filled(text: str, values: Mapping[str, str]) -> str:
    """Return the text with these gaps filled; those without a value stay, to be filled later."""
    return _GAP.sub(lambda gap: values.get(gap[1].strip()) or gap[0], text)


def unfilled(fields: Mapping[str, str]) -> list[Unfilled]:
    """Return the fields that have gaps still."""
    found = []
    for field, text in fields.items():
        if gaps := _GAP.findall(text):
            found.append(Unfilled(field, tuple(gaps), tuple(_pieces(text))))
    return found


def must_be_filled(fields: Mapping[str, str]) -> None:
    """Refuse words with a gap in them.

    Raises: Invalid, naming the field that a form has, with what to do.
    """
    for one in unfilled(fields):
        named = " and ".join(f"{{{gap}}}" for gap in one.gaps)
        where = "" if one.field == "text" else f" in the {_called(one.field)}"
        raise Invalid(
            f"Nobody has filled {named}{where} yet. Write what belongs there. Braces can't go "
            "out: use ( ) where you mean a bracket.",
            _form_field(one.field),
        )


def _called(field: str) -> str:
    kind, _, rest = field.partition(":")
    if kind in VARIED:
        return f"{_called(rest)} for {NETWORKS[kind]}"
    if kind == "alt":
        return f"alt text of image {rest}"
    if kind == "poll":
        return f"choice {rest} of the poll"
    return re.sub(r"(?<=[a-z])(?=\d)", " ", kind).replace("_", " ")


def _form_field(field: str) -> str:
    """Return where a form shows what is wrong with a field, as `vcp.posts.forms` refuses it."""
    kind = field.partition(":")[0]
    if kind in VARIED:
        return f"{kind}_text"
    return {"alt": "images", "poll": "poll_choices"}.get(kind) or _CARD.sub(r"card\1", kind)


def _pieces(text: str) -> Iterable[Piece]:
    place = 0
    for gap in _GAP.finditer(text):
        if gap.start() > place:
            yield Piece(text[place : gap.start()], is_gap=False)
        yield Piece(gap[0], is_gap=True)
        place = gap.end()
    if place < len(text):
        yield Piece(text[place:], is_gap=False)
