"""What the public pages show, taken out of the rows: only what residents may read."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from markupsafe import Markup
from sqlalchemy.orm import Session

from officer_profiles.models import Persona, PersonaKind
from officer_profiles.states import PersonaState
from vcp.areas.models import Area
from vcp.channels.models import Channel
from vcp.kernel.media import media_url
from vcp.kernel.videos import MP4
from vcp.kernel.visible import cleaned
from vcp.networks.registry import NETWORKS
from vcp.posts import filming
from vcp.posts.models import Correction, Delivery, Post, Revision
from vcp.posts.wording import whole
from vcp.posts.words import ImageRef, Words, main_words
from vcp.residents import queries
from vcp.residents.addresses import officer_path, place_path, post_path
from vcp.residents.site import Site
from vcp.residents.words import linked, web_address


@dataclass(frozen=True)
class Picture:
    """An image of a post."""

    url: str
    alt: str
    width: int
    height: int
    media_type: str
    is_video: bool = False
    poster_url: str | None = None
    captions_url: str | None = None
    language: str = "en"

    @property
    def still_url(self) -> str:
        """The address of what shows it where nothing can move."""
        return self.poster_url or self.url

    @property
    def urls(self) -> list[str]:
        """The addresses of every file that it needs."""
        return [url for url in (self.url, self.poster_url, self.captions_url) if url]


@dataclass(frozen=True)
class Link:
    """Somewhere else to read on."""

    text: str
    href: str


@dataclass(frozen=True)
class Earlier:
    """A wording that stood until it was corrected, and why it was."""

    words: Markup
    language: str
    content_warning: str | None
    until: datetime
    reason: str


@dataclass(frozen=True)
class ShownPart:
    """One part of a thread."""

    words: Markup
    images: tuple[Picture, ...]


@dataclass(frozen=True)
class PostView:
    """A post as residents read it; for a withdrawn one the words are gone."""

    id: int
    public_id: str
    url: str
    name: str
    rank: str
    officer_url: str
    photo_url: str | None
    place: str
    place_url: str
    text: str
    language: str
    content_warning: str | None
    images: tuple[Picture, ...]
    published_at: datetime
    corrected_at: datetime | None
    correction_note: str
    withdrawn_at: datetime | None
    withdrawal_reason: str | None
    elsewhere: tuple[Link, ...]
    #: The choices of a poll; people vote where the post is elsewhere.
    choices: tuple[str, ...] = ()
    #: Each part of a thread, with its own images; one for a post that isn't one.
    parts: tuple[ShownPart, ...] = ()
    #: Where a withdrawn post may still be seen, since a server doesn't take it down.
    still_shown: tuple[str, ...] = ()

    @property
    def words(self) -> Markup:
        """The text, escaped, with its links."""
        return linked(self.text)

    @property
    def updated_at(self) -> datetime:
        """When what residents read last changed."""
        times = (self.published_at, self.corrected_at, self.withdrawn_at)
        return max(at for at in times if at is not None)


@dataclass(frozen=True)
class Account:
    """An account on a network."""

    network: str
    name: str
    handle: str
    url: str | None
    purpose: str
    hours: str
    is_shared: bool
    state: str
    since: datetime | None


@dataclass(frozen=True)
class OfficerView:
    """A persona as residents see it."""

    id: int
    slug: str
    url: str
    kind: str
    name: str
    rank: str
    number: str
    signature: str
    place: str
    place_url: str
    photo_url: str | None
    is_verified: bool
    status: str
    summary: str
    topics: str
    who_i_am: str
    can_do: str
    cannot_do: str
    hours: str
    who_else: str
    language: str
    verified_at: datetime | None
    expires_at: datetime | None
    changed_at: datetime
    ended_at: datetime | None
    successor: Link | None
    accounts: tuple[Account, ...]


@dataclass(frozen=True)
class PlaceView:
    """An area as residents see it."""

    id: int
    slug: str
    url: str
    kind: str
    name: str
    description: str
    since: date
    until: date | None
    is_current: bool
    parent_id: int | None
    path: str
    children: list["PlaceView"] = field(default_factory=list)


def shown_posts(session: Session, site: Site, posts: Sequence[Post]) -> list[PostView]:
    """Return the posts as residents read them, in the same order. One query for all."""
    corrected = queries.corrections(session, [post.id for post in posts])
    return [shown_post(site, post, corrected.get(post.id, [])) for post in posts]


def shown_post(
    site: Site, post: Post, corrected: Sequence[Correction], revision: Revision | None = None
) -> PostView:
    """Return the post as residents read it, in its public wording unless given another."""
    words = revision or post.public_revision
    if words is None or post.released_at is None:
        message = f"post {post.public_id} is not public"
        raise ValueError(message)
    gone = post.withdrawn_at is not None
    said = main_words(words)
    last = corrected[-1] if corrected and not gone else None
    return PostView(
        id=post.id,
        public_id=post.public_id,
        url=post_path(post.public_id),
        name=cleaned(post.persona.display_name),
        rank=post.persona.rank,
        officer_url=officer_path(post.persona.slug),
        photo_url=site.photo_url(post.persona.photo_digest, post.persona.photo_media_type),
        place=post.area.name,
        place_url=place_path(post.area.slug),
        text="" if gone else cleaned(whole(said).text),
        language=words.language,
        content_warning=None if gone else cleaned(words.content_warning or "") or None,
        images=() if gone else _pictures(said, said.all_images),
        published_at=post.released_at,
        corrected_at=last.state_changed_at if last else None,
        correction_note=cleaned(last.reason) if last else "",
        withdrawn_at=post.withdrawn_at,
        withdrawal_reason=cleaned(post.withdrawal_reason or "") or None,
        elsewhere=() if gone else tuple(_elsewhere(post)),
        choices=tuple(map(cleaned, said.poll.choices)) if said.poll and not gone else (),
        parts=()
        if gone
        else tuple(
            ShownPart(linked(cleaned(part.text)), _pictures(said, part.images))
            for part in said.parts
        ),
        still_shown=tuple(_named(copy) for copy in queries.still_shown(post)) if gone else (),
    )


def _pictures(words: Words, images: Iterable[ImageRef]) -> tuple[Picture, ...]:
    return tuple(
        Picture(
            media_url(image.digest, image.media_type),
            cleaned(image.alt_text),
            image.width,
            image.height,
            image.media_type,
            is_video=image.media_type == MP4,
            poster_url=filming.poster_url(image),
            captions_url=filming.captions_url(image, words.captions),
            language=words.language,
        )
        for image in images
    )


def _elsewhere(post: Post) -> Iterable[Link]:
    for delivery in queries.copies(post):
        url = web_address(delivery.remote_url)
        if url:
            yield Link(f"On {_named(delivery)}", url)


def _named(delivery: Delivery) -> str:
    network = NETWORKS.get(delivery.channel.network, delivery.channel.network)
    handle = f" as {delivery.channel.handle}" if delivery.channel.handle else ""
    return cleaned(f"{network}{handle}")


def earlier_wordings(
    session: Session, post: Post, corrected: Sequence[Correction]
) -> list[Earlier]:
    """Return the wordings that corrections replaced, newest first; none for a withdrawn post."""
    first = queries.first_revision_id(session, post.id)
    if post.withdrawn_at is not None or not corrected or first is None:
        return []
    replaced = [first, *(correction.revision_id for correction in corrected[:-1])]
    words = queries.revisions(session, replaced)
    found = [
        Earlier(
            linked(whole(main_words(words[revision_id])).text),
            words[revision_id].language,
            cleaned(words[revision_id].content_warning or "") or None,
            correction.state_changed_at,
            cleaned(correction.reason),
        )
        for revision_id, correction in zip(replaced, corrected, strict=True)
    ]
    return found[::-1]


def shown_account(channel: Channel) -> Account:
    """Return an account as residents see it."""
    return Account(
        network=NETWORKS.get(channel.network, channel.network),
        name=cleaned(channel.name),
        handle=cleaned(channel.handle or ""),
        url=web_address(channel.profile_url),
        purpose=cleaned(channel.purpose),
        hours=cleaned(channel.hours),
        is_shared=channel.is_shared,
        state=channel.state.value,
        since=channel.connected_at,
    )


def shown_officer(
    site: Site, persona: Persona, outlets: Mapping[int, list[Channel]], now: datetime
) -> OfficerView:
    """Return the persona as residents see it."""
    status = _status(persona, now)
    successor = persona.successor
    return OfficerView(
        id=persona.id,
        slug=persona.slug,
        url=officer_path(persona.slug),
        kind=persona.kind.value,
        name=cleaned(persona.display_name),
        rank=cleaned(persona.rank),
        number=cleaned(persona.collar_number) if persona.kind is PersonaKind.OFFICER else "",
        signature=cleaned(persona.signature),
        place=persona.area.name,
        place_url=place_path(persona.area.slug),
        photo_url=site.photo_url(persona.photo_digest, persona.photo_media_type),
        is_verified=status == "verified",
        status=status,
        summary=_summary(persona, status),
        topics=cleaned(persona.topics),
        who_i_am=cleaned(persona.who_i_am),
        can_do=cleaned(persona.can_do),
        cannot_do=cleaned(persona.cannot_do),
        hours=cleaned(persona.hours),
        who_else=cleaned(persona.who_else),
        language=persona.language,
        verified_at=persona.verified_at,
        expires_at=persona.verification_expires_at,
        changed_at=persona.state_changed_at,
        ended_at=persona.ended_at,
        successor=Link(cleaned(successor.display_name), officer_path(successor.slug))
        if successor is not None and successor.state in queries.SHOWN_PERSONAS
        else None,
        accounts=tuple(map(shown_account, outlets.get(persona.id, ())))
        if status == "verified"
        else (),
    )


def _status(persona: Persona, now: datetime) -> str:
    """Return verified, expired, suspended or ended."""
    expires = persona.verification_expires_at
    if persona.state is PersonaState.VERIFIED and expires is not None and expires <= now:
        return "expired"
    return persona.state.value


def _summary(persona: Persona, status: str) -> str:
    if status == "verified":
        return cleaned(persona.topics or persona.hours)
    if status == "ended":
        return "No longer in this role. Earlier posts are kept."
    return "Not posting at present."


def shown_place(area: Area, today: date) -> PlaceView:
    """Return the area as residents see it."""
    ended = area.valid_to is not None and area.valid_to < today
    return PlaceView(
        id=area.id,
        slug=area.slug,
        url=place_path(area.slug),
        kind=area.kind.value,
        name=cleaned(area.name),
        description=cleaned(area.description),
        since=area.valid_from,
        until=area.valid_to,
        is_current=not ended and area.valid_from <= today,
        parent_id=area.parent_id,
        path=area.path,
    )


def current_places(areas: Iterable[Area], today: date) -> dict[int, PlaceView]:
    """Return the places that are current by id, each with what lies in it; parents come first."""
    shown: dict[int, PlaceView] = {}
    for area in areas:
        place = shown_place(area, today)
        if place.is_current:
            shown[place.id] = place
            if place.parent_id in shown:
                shown[place.parent_id].children.append(place)
    return shown


def roots_of(places: Mapping[int, PlaceView]) -> list[PlaceView]:
    """Return the places that lie in no other."""
    return [place for place in places.values() if place.parent_id is None]
