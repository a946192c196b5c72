"""What `vcp posts create --further FILE` reads: parts, other words, a poll and options, as JSON."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from vcp.kernel import media
from vcp.kernel.errors import Invalid
from vcp.kernel.settings import settings
from vcp.posts.words import ImageRef, Options, Part, Poll, Variant, Words

_KNOWN = {"more", "variants", "poll", "options"}


def kept(images: Sequence[Path], alts: Sequence[str]) -> tuple[ImageRef, ...]:
    """Store these images and return them with what they show; the last may lack that."""
    described = [*alts, *[""] * len(images)]
    found = []
    for path, alt_text in zip(images, described, strict=False):
        with path.open("rb") as stream:
            stored = media.store_image(settings(), stream)
        found.append(
            ImageRef(stored.digest, stored.media_type, stored.width, stored.height, alt_text)
        )
    return tuple(found)


def with_further(words: Words, file: Path | None) -> Words:
    """Return the words with what the file adds; images are named from the file's own folder.

    Raises: Invalid for a file that isn't such JSON.
    """
    if file is None:
        return words
    try:
        said = json.loads(file.read_text(encoding="utf-8"))
        if unknown := set(said) - _KNOWN:
            raise click.UsageError(f"{file} says what nobody knows: {', '.join(sorted(unknown))}.")
        words = replace(
            words,
            more=tuple(_part(part, file.parent) for part in said.get("more", ())),
            poll=_poll(said["poll"]) if said.get("poll") else None,
            options=Options(**said.get("options", {})),
        )
        variants = said.get("variants", {}).items()
        return replace(
            words, variants=tuple(_variant(network, one, words) for network, one in variants)
        )
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, OSError) as error:
        raise Invalid(
            f"{file} can't be read as docs/operating.md describes it: {error!r}."
        ) from error


def _part(said: dict[str, Any], folder: Path) -> Part:
    images = said.get("images", [])
    return Part(
        said["text"], kept([folder / one["file"] for one in images], [one["alt"] for one in images])
    )


def _poll(said: dict[str, Any]) -> Poll:
    choices = tuple(str(choice) for choice in said["choices"])
    return Poll(choices, int(said.get("minutes", 1440)), as_text=bool(said.get("as_text", False)))


def _variant(network: str, said: dict[str, Any], words: Words) -> Variant:
    parts = (
        Part(part["text"], tuple(_image(words, number) for number in part.get("images", ())))
        for part in said["parts"]
    )
    return Variant(network, tuple(parts), said.get("content_warning"))


def _image(words: Words, number: int) -> ImageRef:
    if not 1 <= number <= len(words.all_images):
        message = f"there is no image {number}"
        raise ValueError(message)
    return words.all_images[number - 1]
