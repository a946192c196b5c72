"""From the composer's form to words, and back: images that stay while a draft is worked on."""

from collections.abc import Sequence
from dataclasses import replace

from flask import request
from werkzeug.datastructures import FileStorage

from vcp.kernel import media, videos
from vcp.kernel.errors import Invalid
from vcp.kernel.settings import settings
from vcp.kernel.videos import LONGEST_CAPTIONS, MP4
from vcp.posts import carding
from vcp.posts.captions import Captions
from vcp.posts.forms import IMAGES_SHOWN, ComposeForm
from vcp.posts.further_forms import differing
from vcp.posts.link_cards import LinkCard
from vcp.posts.models import Post
from vcp.posts.wanted import times_of
from vcp.posts.words import MOST_IMAGES, ImageRef, Part, Words, words_of

_TYPES = {ending: media_type for media_type, ending in media.ENDINGS.items()}
#: So many bytes tell what a file is.
_START = 16
REMOVE, UP, DOWN = "remove", "up", "down"
ADD_PART, REMOVE_PART = "add-part", "remove-part"
#: An image as typed: its file, its alt text, and the part that shows it.
Typed = tuple[str, str, int]


def typed_words(form: ComposeForm, action: str) -> Words:
    """Return what was typed, after keeping a new image and doing what an image's button says.

    The form then shows the images as they are now, so that a page shown again loses none.
    Raises: Invalid for an image that can't be used.
    """
    images = [
        (entry["file"] or "", entry["alt_text"] or "", entry["part"] or 1)
        for entry in form.images.data
    ]
    images = _moved(images, action)
    texts, images = _parted(form.typed_parts, images, action)
    form.show_parts(texts)
    form.show_images(images)
    upload = form.upload.data
    if isinstance(upload, FileStorage) and upload.filename:
        part = _part_within(form.upload_part.data, texts)
        images.append((_kept(upload, images, part), form.upload_alt.data or "", part))
        images.sort(key=lambda image: image[2])
        form.show_images(images)
        form.upload_alt.data = ""
    return _words(form, [(_image(file, alt_text), part) for file, alt_text, part in images])


def fields_typed(form: ComposeForm) -> dict[str, str]:
    """Return every field that holds words, as a finding names it, without keeping anything."""
    alts = [entry["alt_text"] or "" for entry in form.images.data]
    said = _words(form, []).fields()
    return said | {f"alt:{number}": alt for number, alt in enumerate(alts, start=1) if alt}


def _words(form: ComposeForm, images: Sequence[tuple[ImageRef, int]]) -> Words:
    texts = [form.text.data or "", *form.typed_parts]
    parts = [
        Part(text, tuple(image for image, part in images if part == number))
        for number, text in enumerate(texts, start=1)
    ]
    words = Words(
        text=parts[0].text,
        language=form.language.data or "",
        content_warning=form.content_warning.data,
        images=parts[0].images,
        channel_ids=tuple(form.channel_ids.data or ()),
        wanted_local=form.wanted_local,
        wanted_fold=form.fold,
        not_after_local=form.not_after_local,
        more=tuple(parts[1:]),
        poll=form.typed_poll,
        options=form.typed_options,
        cards=_typed_cards(form),
        captions=_typed_captions(form),
    )
    return replace(words, variants=differing(form, words))


def fill(form: ComposeForm, post: Post, words: Words) -> None:
    """Show a post's words and times in the form."""
    form.show(words, [file_name(image) for image in words.all_images])
    for card in words.cards:
        if not carding.is_own(card.uri):
            form.card_title.data, form.card_description.data = card.title, card.description
    if words.captions is not None:
        form.captions.data, form.no_captions.data = words.captions.text, words.captions.why_none
    form.set_times(*times_of(post))
    form.based_on.data = post.revision.sha256 if post.revision else ""


def words_with_times(post: Post) -> Words:
    """Return the newest words of a post."""
    return words_of(post.revision) if post.revision else Words(text="")


def file_name(image: ImageRef) -> str:
    """Return the name under which an image is kept."""
    return f"{image.digest}.{media.ENDINGS[image.media_type]}"


def image_url(file: str) -> str:
    """Return the address of a kept image."""
    return f"/media/{file}"


def asked() -> str:
    """Return which button was pressed."""
    return request.form.get("action", "save")


def worked_at(action: str) -> str | None:
    """Return the place of the page to come back to after a button of it."""
    if action == "save":
        return None
    return "parts" if action.startswith((ADD_PART, REMOVE_PART)) else "images"


def _typed_cards(form: ComposeForm) -> tuple[LinkCard, ...]:
    """Return what was typed for a link's card; which link it is of, `carding` finds."""
    title, description = form.card_title.data or "", form.card_description.data or ""
    return (LinkCard("", title, description),) if title else ()


def _typed_captions(form: ComposeForm) -> Captions | None:
    file = form.captions_file.data
    if isinstance(file, FileStorage) and file.filename:
        # A byte more than it may have, so that too much is found to be too much.
        form.captions.data = file.stream.read(LONGEST_CAPTIONS + 1).decode("utf-8", "replace")
    text, why_none = form.captions.data or "", form.no_captions.data or ""
    return Captions(text, why_none) if text or why_none else None


def _kept(upload: FileStorage, images: Sequence[Typed], part: int) -> str:
    if sum(one[2] == part for one in images) >= MOST_IMAGES:
        where = "A post" if part == 1 else f"Part {part}"
        raise Invalid(f"{where} takes at most {MOST_IMAGES} images. Remove one first.", "upload")
    if len(images) >= IMAGES_SHOWN:
        raise Invalid(f"A thread takes at most {IMAGES_SHOWN} images here.", "upload")
    try:
        start = upload.stream.read(_START)
        upload.stream.seek(0)
        if media.begins_as_video(start):
            return videos.store_video(settings(), upload.stream).path.name  # type: ignore[arg-type]  # IO[bytes]
        stored = media.store_image(settings(), upload.stream)  # type: ignore[arg-type]  # IO[bytes]
    except Invalid as error:
        error.field = "upload"
        raise
    return stored.path.name


def _image(file: str, alt_text: str) -> ImageRef:
    digest, _, ending = file.partition(".")
    try:
        if _TYPES.get(ending) == MP4:
            film = videos.stored_video(settings(), digest)
            return ImageRef(digest, MP4, film.width, film.height, alt_text)
        kept = media.stored(settings(), digest, _TYPES.get(ending, ""))
    except Invalid as error:
        error.field = "images"
        raise
    return ImageRef(kept.digest, kept.media_type, kept.width, kept.height, alt_text)


def _moved(images: list[Typed], action: str) -> list[Typed]:
    verb, _, number = action.partition("-")
    if verb not in {REMOVE, UP, DOWN} or not number.isdecimal() or int(number) >= len(images):
        return images
    place = int(number)
    rest = images[:place] + images[place + 1 :]
    if verb == REMOVE:
        return rest
    target = max(0, place - 1) if verb == UP else place + 1
    return [*rest[:target], images[place], *rest[target:]]


def _parted(
    texts: list[str], images: Sequence[Typed], action: str
) -> tuple[list[str], list[Typed]]:
    """Do what a part's button says; images of a part that goes join the one before it."""
    if action == ADD_PART:
        texts = [*texts, ""]
    gone = action.removeprefix(f"{REMOVE_PART}-")
    place = int(gone) if gone.isdecimal() and action.startswith(REMOVE_PART) else 0
    if 1 < place <= len(texts) + 1:
        texts = [*texts[: place - 2], *texts[place - 1 :]]
        images = [
            (file, alt_text, part - 1 if part >= place else part) for file, alt_text, part in images
        ]
    shown = [(file, alt_text, _part_within(part, texts)) for file, alt_text, part in images]
    # In the order in which they are shown, which is how they are numbered.
    return texts, sorted(shown, key=lambda image: image[2])


def _part_within(part: int | None, texts: Sequence[str]) -> int:
    return min(max(part or 1, 1), len(texts) + 1)
