"""What a person may type beside the words of one post: a thread, other words, a poll, options."""

from collections.abc import Sequence
from typing import Any

from govuk_frontend_wtf.wtforms_widgets import (
    GovCheckboxesInput,
    GovCheckboxInput,
    GovRadioInput,
    GovSelect,
    GovTextArea,
    GovTextInput,
)
from wtforms import (
    BooleanField,
    Form,
    FormField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.fields import FieldList

from vcp.channels.models import Channel
from vcp.kernel.errors import Invalid
from vcp.kernel.forms import BaseForm, MaxBytes, options
from vcp.networks.base import Replies, Visibility
from vcp.posts.fitting import MOST_CHOICES, POLL_TIMES, name_of
from vcp.posts.previews import COVERING, MASTODON, X
from vcp.posts.wording import has_polls
from vcp.posts.words import MOST_PARTS, VARIED, Options, Part, Poll, Variant, Words

LONGEST_BYTES = 40_000
#: A line of these alone begins the next part of the words for one network.
NEXT_PART = "---"


class PartForm(Form):
    """A later part of a thread."""

    text = TextAreaField(
        "Part", [MaxBytes(LONGEST_BYTES, "The part")], default="", widget=GovTextArea()
    )


class VariantForm(Form):
    """Other words for one network."""

    text = TextAreaField(
        "Words",
        [MaxBytes(LONGEST_BYTES, "The text")],
        description=f"Leave this empty for the main words. A line with only {NEXT_PART} begins "
        "the next part.",
        widget=GovTextArea(),
    )
    content_warning = StringField(
        "Content warning (optional)",
        [MaxBytes(1_200, "The content warning")],
        widget=GovTextInput(),
    )
    images = SelectMultipleField(
        "Images to show", coerce=int, validate_choice=False, widget=GovCheckboxesInput()
    )


class FurtherForm(BaseForm):
    """The parts of a draft that plain words don't have."""

    more: Any = FieldList(FormField(PartForm), max_entries=MOST_PARTS)
    mastodon = FormField(VariantForm)
    bluesky = FormField(VariantForm)
    x = FormField(VariantForm)
    visibility = RadioField(
        "Who sees it on Mastodon",
        choices=options(
            (
                (Visibility.PUBLIC.value, "Everybody"),
                (Visibility.UNLISTED.value, "Everybody, but not in public timelines"),
            )
        ),
        default=Visibility.PUBLIC.value,
        widget=GovRadioInput(),
    )
    covers_images = BooleanField(
        "Cover the images until somebody asks for them", widget=GovCheckboxInput()
    )
    replies = RadioField(
        "Who may reply on X",
        choices=options(
            (
                (Replies.EVERYONE.value, "Everybody"),
                (Replies.FOLLOWING.value, "Accounts that this one follows"),
                (Replies.MENTIONED.value, "Accounts that the post mentions"),
            )
        ),
        default=Replies.EVERYONE.value,
        widget=GovRadioInput(),
    )
    poll_choices: Any = FieldList(
        StringField("Choice", [MaxBytes(400, "The choice")], default="", widget=GovTextInput()),
        min_entries=MOST_CHOICES,
        max_entries=MOST_CHOICES,
    )
    poll_minutes = SelectField(
        "How long people may vote",
        choices=options(POLL_TIMES),
        coerce=int,
        default=1440,
        widget=GovSelect(),
    )
    poll_as_text = BooleanField(
        "Where there are no polls, list the choices in the text", widget=GovCheckboxInput()
    )

    #: What people call a network.
    name_of = staticmethod(name_of)

    def offer_further(self, channels: Sequence[Channel]) -> None:
        """Show what these channels can do."""
        found = {channel.network for channel in channels}
        self.networks = [network for network in VARIED if network in found]
        self.covering = [name_of(network) for network in self.networks if network in COVERING]
        self.has_visibility, self.has_replies = MASTODON in found, X in found
        self.polling = [name_of(n) for n in self.networks if _any_polls(channels, n)]
        self.not_polling = [name_of(n) for n in self.networks if not _any_polls(channels, n)]
        for network in self.networks:
            self[network].form.text.label.text = f"What {name_of(network)} gets instead"

    def show_further(self, words: Words) -> None:
        """Fill in what a draft has beside its first part."""
        self.show_parts([part.text for part in words.more])
        numbers = {image: number for number, image in enumerate(words.all_images, start=1)}
        for variant in words.variants:
            form = self[variant.network].form
            form.text.data = f"\n{NEXT_PART}\n".join(part.text for part in variant.parts)
            form.content_warning.data = variant.content_warning or ""
            form.images.data = [numbers[one] for part in variant.parts for one in part.images]
        self.visibility.data = words.options.visibility
        self.covers_images.data = words.options.covers_images
        self.replies.data = words.options.replies
        if words.poll:
            for entry, choice in zip(self.poll_choices, words.poll.choices, strict=False):
                entry.data = choice
            self.poll_minutes.data = words.poll.minutes
            self.poll_as_text.data = words.poll.as_text

    def show_parts(self, texts: Sequence[str]) -> None:
        """Show these later parts instead of those that were typed."""
        while self.more.entries:
            self.more.pop_entry()
        for text in texts:
            self.more.append_entry({"text": text})

    def number_parts(self, image_count: int) -> None:
        """Name the later parts, and offer as many images as there are to each network."""
        for number, entry in enumerate(self.more, start=2):
            entry.form.text.label.text = f"Part {number}"
        numbers = range(1, image_count + 1)
        for network in VARIED:
            form = self[network].form
            form.images.choices = options((number, f"Image {number}") for number in numbers)
            if not form.text.data:
                form.images.data = list(numbers)

    @property
    def typed_parts(self) -> list[str]:
        """The later parts as they were typed."""
        return [entry["text"] or "" for entry in self.more.data]

    @property
    def typed_options(self) -> Options:
        """How the networks are asked to treat the post."""
        return Options(
            visibility=self.visibility.data or Visibility.PUBLIC.value,
            covers_images=bool(self.covers_images.data),
            replies=self.replies.data or Replies.EVERYONE.value,
        )

    @property
    def typed_poll(self) -> Poll | None:
        """The poll; None while no choice is typed."""
        choices = tuple(choice for choice in self.poll_choices.data if choice)
        if not choices:
            return None
        return Poll(choices, self.poll_minutes.data, as_text=bool(self.poll_as_text.data))

    def refuse(self, error: Invalid) -> None:
        """Show a refusal at the part, or the network's words, that it is about."""
        name = error.field or ""
        number = name.removeprefix("part")
        if name.startswith("part") and number.isdecimal() and len(self.more) > int(number) - 2:
            field = self.more[int(number) - 2].form.text
        elif name.removesuffix("_text") in VARIED:
            field = self[name.removesuffix("_text")].form.text
        else:
            super().refuse(error)
            return
        field.errors = [*field.errors, error.message]


def typed_texts(variant: Any) -> list[str]:
    """Return the parts of the words for one network; none when they are the main ones."""
    parts: list[list[str]] = [[]]
    for line in (variant.data["text"] or "").splitlines():
        if line.strip() == NEXT_PART:
            parts.append([])
        else:
            parts[-1].append(line)
    texts = ["\n".join(part).strip() for part in parts]
    return texts if any(texts) else []


def differing(form: FurtherForm, words: Words) -> tuple[Variant, ...]:
    """Return the words for single networks; an image stays in the part that it is in, if it can."""
    found = []
    for network in VARIED:
        texts = typed_texts(form[network])
        if texts:
            chosen = set(form[network].data["images"] or ())
            found.append(_variant(network, texts, chosen, form, words))
    return tuple(found)


def _variant(
    network: str, texts: Sequence[str], chosen: set[int], form: FurtherForm, words: Words
) -> Variant:
    places = [place for place, part in enumerate(words.parts) for _ in part.images]
    images = [
        (min(place, len(texts) - 1), image)
        for number, (place, image) in enumerate(zip(places, words.all_images, strict=True), start=1)
        if number in chosen
    ]
    parts = tuple(
        Part(text, tuple(image for where, image in images if where == place))
        for place, text in enumerate(texts)
    )
    return Variant(network, parts, form[network].data["content_warning"])


def _any_polls(channels: Sequence[Channel], network: str) -> bool:
    return any(has_polls(channel) for channel in channels if channel.network == network)
