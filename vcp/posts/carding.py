"""Making the card of a post's link, and what of it goes to which channel."""

import re
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session

from officer_profiles.models import Persona
from officer_profiles.states import PersonaState
from vcp.areas.models import Area
from vcp.channels.models import Channel
from vcp.kernel import media, renditions
from vcp.kernel.errors import Invalid
from vcp.kernel.settings import settings
from vcp.networks.media import Card, MediaItem
from vcp.posts.link_cards import (
    LONGEST_DESCRIPTION,
    LONGEST_TITLE,
    WITH_CARDS,
    LinkCard,
    first_link,
)
from vcp.posts.models import Post
from vcp.posts.states import PostState
from vcp.posts.words import Words

#: Source: the lexicon app.bsky.embed.external.
PICTURE_BYTES = 1_000_000
PICTURE_TYPES = ("image/jpeg",)
#: Where our own pages stand; a test holds it against the pages' own addresses.
_OWN_PAGE = re.compile(r"/(officers|posts|places)/([\w-]+)/?")


def is_own(uri: str) -> bool:
    """Say whether an address is one of our own site's."""
    own, asked = urlsplit(settings().base_url), urlsplit(uri)
    return (own.scheme, own.netloc) == (asked.scheme, asked.netloc)


def with_cards(session: Session, words: Words) -> Words:
    """Return the words with the card of each part's first link: of our own records, or typed.

    One is typed, for the link that it was typed for, or the first that isn't ours. Raises: Invalid
    for a typed card that is too long.
    """
    links = _links(words)
    cards = {link: _of_own_page(session, link) for link in links if is_own(link)}
    foreign = [link for link in links if link not in cards]
    typed = next((card for card in words.cards if card.title and not is_own(card.uri)), None)
    if typed is not None and foreign:
        link = typed.uri if typed.uri in foreign else foreign[0]
        cards[link] = _typed(link, typed)
    found = (cards.get(link) for link in links)
    return replace(words, cards=tuple(card for card in found if card is not None))


def _links(words: Words) -> list[str]:
    """Return the first link of each part that goes where cards are shown, each once."""
    parts = [
        part
        for variant in map(words.variant, sorted(WITH_CARDS))
        for part in (variant.parts if variant else words.parts)
    ]
    links = (first_link(part.text) for part in parts)
    return list(dict.fromkeys(link for link in links if link is not None))


def _typed(link: str, typed: LinkCard) -> LinkCard:
    if len(typed.title) > LONGEST_TITLE:
        raise Invalid(f"A card's title holds {LONGEST_TITLE} characters. Shorten it.", "card_title")
    if len(typed.description) > LONGEST_DESCRIPTION:
        raise Invalid(
            f"A card's description holds {LONGEST_DESCRIPTION} characters. Shorten it.",
            "card_description",
        )
    return LinkCard(link, typed.title, typed.description)


def shown_on(channel: Channel, words: Words) -> LinkCard | None:
    """Return the card that the channel shows of a part; images leave no room for one."""
    if words.images or channel.network not in WITH_CARDS:
        return None
    link = first_link(words.text)
    return next((card for card in words.cards if card.uri == link), None)


def note_on(channel: Channel, words: Words) -> str | None:
    """Return what people should know of the link's preview on a channel that shows no card."""
    if first_link(words.text) is None or channel.network == "own" or shown_on(channel, words):
        return None
    if channel.network not in WITH_CARDS:
        return f"{channel.name} fetches a preview of the link by itself, if it shows one."
    if words.images:
        return f"{channel.name} shows no card of the link: the images take its place."
    return (
        f"{channel.name} shows no card of the link: we fetch nothing from other sites. Write a "
        "title for the card if there should be one."
    )


def frozen_card(channel: Channel, words: Words) -> dict[str, Any] | None:
    """Return the card as it will be sent; a picture that can't be used is left out."""
    card = shown_on(channel, words)
    if card is None:
        return None
    frozen: dict[str, Any] = {
        "uri": card.uri,
        "title": card.title,
        "description": card.description,
    }
    if card.image is not None:
        try:
            kept = media.stored(settings(), *card.image)
            made = renditions.suited(settings(), kept, PICTURE_BYTES, PICTURE_TYPES)
        except Invalid:
            return frozen
        frozen["picture"] = {"digest": made.digest, "media_type": made.media_type}
        frozen["picture"] |= {"width": made.width, "height": made.height}
    return frozen


def outgoing_card(frozen: dict[str, Any] | None) -> Card | None:
    """Return a frozen card as a network adapter takes it."""
    if frozen is None:
        return None
    kept = frozen.get("picture")
    picture = None
    if kept is not None:
        path = media.media_path(settings(), kept["digest"], kept["media_type"])
        picture = MediaItem(path=path, alt_text="", **kept)
    return Card(frozen["uri"], frozen["title"], frozen["description"], picture)


def _of_own_page(session: Session, link: str) -> LinkCard | None:
    found = _OWN_PAGE.fullmatch(urlsplit(link).path)
    if found is None:
        return None
    kind, name = found.groups()
    title, said, image = _records[kind](session, name)
    if not title:
        return None
    description = " ".join(said.split())
    if len(description) > LONGEST_DESCRIPTION:
        description = f"{description[: LONGEST_DESCRIPTION - 1].rstrip()}…"
    return LinkCard(link, title[:LONGEST_TITLE], description, image)


_Found = tuple[str, str, tuple[str, str] | None]


def _officer(session: Session, slug: str) -> _Found:
    persona = session.scalar(
        select(Persona).where(Persona.slug == slug, Persona.state == PersonaState.VERIFIED)
    )
    if persona is None:
        return "", "", None
    image = None
    if persona.photo_digest and persona.photo_media_type:
        image = (persona.photo_digest, persona.photo_media_type)
    return f"{persona.display_name}, {persona.area.name}", persona.who_i_am, image


def _post(session: Session, public_id: str) -> _Found:
    post = session.scalar(
        select(Post).where(Post.public_id == public_id, Post.state == PostState.RELEASED)
    )
    if post is None or post.public_revision is None:
        return "", "", None
    revision = post.public_revision
    image = None
    if revision.images and not revision.content_warning:
        image = (revision.images[0].digest, revision.images[0].media_type)
    return post.persona.display_name, revision.content_warning or revision.text, image


def _place(session: Session, slug: str) -> _Found:
    area = session.scalar(select(Area).where(Area.slug == slug))
    return (area.name, area.description, None) if area else ("", "", None)


_records = {"officers": _officer, "posts": _post, "places": _place}
