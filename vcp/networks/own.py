"""The force's own public site and feed, as a network like the others."""

from collections.abc import Callable, Collection
from datetime import datetime
from typing import Protocol
from urllib.parse import urlsplit

from vcp.kernel import clock
from vcp.networks.base import (
    AccountInfo,
    Inbound,
    InboundPage,
    Limits,
    NotSent,
    Outgoing,
    OwnPage,
    Reason,
    Receipt,
    Rejected,
    Visibility,
    count_characters,
)

LIMITS = Limits(
    characters=5000,
    url_length=None,
    # Of a whole thread, which is one page; the composer asks for fewer in each part.
    media_count=100,
    media_bytes=16 * 1024 * 1024,
    media_types=("image/jpeg", "image/png", "image/webp"),
    alt_characters=1500,
    supports_edit=True,
    supports_content_warning=True,
    probed_at=None,
    supports_visibility=True,
    supports_language=True,
    video_bytes=512 * 1024 * 1024,
    video_seconds=600,
)


class SiteWriter(Protocol):
    """Writes one post's public files; given at start, since the site knows its pages and we don't.

    Each call is atomic for a reader and may be repeated with the same result. An OSError means that
    nothing new is shown.
    """

    def write(self, outgoing: Outgoing, key: str) -> str:
        """Writes the post's files, remembers the key in them, and returns the page's address."""

    def remove(self, reference: str) -> None:
        """Puts the tombstone in the post's place; a post that isn't there is no error."""

    def holds(self, reference: str, key: str | None) -> bool:
        """True when the post's page is there and was written with this key; None takes any key."""


class OwnFeed:
    """The own feed; its remote id is the public id of our post."""

    name = "own"
    is_idempotent = True

    def __init__(self, writer: SiteWriter, base_url: str = "") -> None:
        self._writer = writer
        self._base_url = base_url

    def publish(self, outgoing: Outgoing, key: str) -> Receipt:  # noqa: ARG002 - the protocol's
        """Writes the post's files; the key that is kept is the record key, fixed at approval.

        What is for one resident only gets no page: they read it under their own link.

        Raises: NotSent when the folder can't be written; Rejected for more than the limits.
        """
        return self._write(outgoing)

    def correct(
        self,
        receipt_remote_id: str,
        outgoing: Outgoing,
        key: str,  # noqa: ARG002 - the protocol's
    ) -> Receipt:
        """Writes the corrected words over the old ones.

        Raises: as publish; Rejected(NOT_FOUND) when the post isn't on the site.
        """
        if outgoing.visibility is not Visibility.DIRECT and not self.exists(receipt_remote_id):
            raise Rejected("This post isn't on the public site.", reason=Reason.NOT_FOUND)
        return self._write(outgoing)

    def withdraw(self, remote_id: str) -> None:
        """Puts the tombstone in its place.

        Raises: NotSent when the folder can't be written; the post is still shown then.
        """
        try:
            self._writer.remove(remote_id)
        except OSError as error:
            raise _unwritable() from error

    def find(
        self,
        outgoing: Outgoing,
        *,
        since: datetime,  # noqa: ARG002 - the protocol's
        taken: Collection[str],
    ) -> Receipt | None:
        """Looks for the page that this record key wrote; `since` doesn't matter here."""
        if outgoing.reference in taken:
            return None
        is_direct = outgoing.visibility is Visibility.DIRECT
        if not is_direct and not self._writer.holds(outgoing.reference, outgoing.record_key):
            return None
        return Receipt(outgoing.reference, None, outgoing.created_at)

    def exists(self, remote_id: str) -> bool:
        """Looks for the post's page."""
        return self._writer.holds(remote_id, None)

    def own_posts(
        self,
        *,
        since: datetime,  # noqa: ARG002 - the protocol's
        before: str | None = None,  # noqa: ARG002 - the protocol's
    ) -> OwnPage:
        """Nobody but us writes the folder, so there is nothing to watch."""
        return OwnPage((), None)

    def mentions(
        self,
        *,
        since: datetime,  # noqa: ARG002 - the protocol's
        before: str | None = None,  # noqa: ARG002 - the protocol's
    ) -> InboundPage:
        """Nobody answers a page; our own forms store what they are sent themselves."""
        return InboundPage((), None)

    def message(self, remote_id: str) -> Inbound | None:  # noqa: ARG002 - the protocol's
        """There are none."""
        return None

    def listen(
        self,
        heard: Callable[[], None],  # noqa: ARG002 - the protocol's
        is_over: Callable[[], bool],  # noqa: ARG002 - the protocol's
    ) -> bool:
        """There is nothing to hear."""
        return False

    def account(self) -> AccountInfo:
        """The site itself."""
        host = urlsplit(self._base_url).netloc
        return AccountInfo("own", host, "Public site", self._base_url, ())

    def limits(self) -> Limits:
        """What the site takes: our own choice."""
        return LIMITS

    def _write(self, outgoing: Outgoing) -> Receipt:
        if count_characters(outgoing.text, LIMITS, outgoing.content_warning) > LIMITS.characters:
            raise Rejected(
                f"The public site takes {LIMITS.characters} characters. Shorten the text.",
                reason=Reason.TOO_LONG,
            )
        if len(outgoing.media) > LIMITS.media_count:
            raise Rejected(
                f"The public site takes {LIMITS.media_count} images. Leave some out.",
                reason=Reason.MEDIA,
            )
        if outgoing.visibility is Visibility.DIRECT:
            return Receipt(outgoing.reference, None, clock.now())
        try:
            url = self._writer.write(outgoing, outgoing.record_key)
        except OSError as error:
            raise _unwritable() from error
        return Receipt(outgoing.reference, url, clock.now())


def _unwritable() -> NotSent:
    return NotSent("The public site's folder can't be written. It will be tried again.")
