"""From the composer's form to words, and back: images that stay while a draft is worked on."""

from flask import request
from werkzeug.datastructures import FileStorage

from vcp.kernel import media, videos
from vcp.kernel.errors import Invalid
from vcp.kernel.settings import settings
from vcp.kernel.videos import LONGEST_CAPTIONS, MP4
from vcp.posts import carding
from vcp.posts.captions import Captions
from vcp.posts.forms import ComposeForm
from vcp.posts.link_cards import LinkCard
from vcp.posts.models import Post
from vcp.posts.wanted import times_of
from vcp.posts.words import MOST_IMAGES, ImageRef, Words, words_of

_TYPES = {ending: media_type for media_type, ending in media.ENDINGS.items()}
#: So many bytes tell what a file is.
_START = 16
REMOVE, UP, DOWN = "remove", "up", "down"


def typed_words(form: ComposeForm, action: str) -> Words:
    """Return what was typed, after keeping a new image and doing what an image's button says.

    The form then shows the images as they are now, so that a page shown again loses none.
    Raises: Invalid for an image that can't be used.
    """
    images = [(entry["file"] or "", entry["alt_text"] or "") for entry in form.images.data]
    images = _moved(images, action)
    form.show_images(images)
    upload = form.upload.data
    if isinstance(upload, FileStorage) and upload.filename:
        images.append((_kept(upload, images), form.upload_alt.data or ""))
        form.show_images(images)
        form.upload_alt.data = ""
    return Words(
        text=form.text.data or "",
        language=form.language.data or "",
        content_warning=form.content_warning.data,
        images=tuple(_image(file, alt_text) for file, alt_text in images),
        channel_ids=tuple(form.channel_ids.data or ()),
        wanted_local=form.wanted_local,
        wanted_fold=form.fold,
        not_after_local=form.not_after_local,
        card=typed_card(form),
        captions=_typed_captions(form),
    )


def fill(form: ComposeForm, post: Post, words: Words) -> None:
    """Show a post's words and times in the form."""
    form.show(words, [file_name(image) for image in words.images])
    if words.card is not None and not carding.is_own(words.card.uri):
        form.card_title.data = words.card.title
        form.card_description.data = words.card.description
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


def typed_card(form: ComposeForm) -> LinkCard | None:
    """Return what was typed for the link's card; which link it is of, `carding` finds."""
    title, description = form.card_title.data or "", form.card_description.data or ""
    return LinkCard("", title, description) if title else None


def _typed_captions(form: ComposeForm) -> Captions | None:
    file = form.captions_file.data
    if isinstance(file, FileStorage) and file.filename:
        # A byte more than it may have, so that too much is found to be too much.
        form.captions.data = file.stream.read(LONGEST_CAPTIONS + 1).decode("utf-8", "replace")
    text, why_none = form.captions.data or "", form.no_captions.data or ""
    return Captions(text, why_none) if text or why_none else None


def _kept(upload: FileStorage, images: list[tuple[str, str]]) -> str:
    if len(images) >= MOST_IMAGES:
        raise Invalid(f"A post takes at most {MOST_IMAGES} images. Remove one first.", "upload")
    try:
        start = upload.stream.read(_START)
        upload.stream.seek(0)
        if videos.looks_like_one(start):
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


def _moved(images: list[tuple[str, str]], action: str) -> list[tuple[str, str]]:
    verb, _, number = action.partition("-")
    if verb not in {REMOVE, UP, DOWN} or not number.isdecimal() or int(number) >= len(images):
        return images
    place = int(number)
    rest = images[:place] + images[place + 1 :]
    if verb == REMOVE:
        return rest
    target = max(0, place - 1) if verb == UP else place + 1
    return [*rest[:target], images[place], *rest[target:]]
