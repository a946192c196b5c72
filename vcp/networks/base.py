"""What every network adapter takes, gives and raises; imports no network library.

    NetworkError
    ├── NotSent          not sent:  nothing was posted, a retry is safe
    ├── Unavailable      not sent:  the server says that it took nothing, or a reading failed; retry
    ├── RateLimited      not sent:  retry after `retry_after_s`
    ├── Rejected         refused:   the same words will be refused again
    ├── Unauthorised     refused:   the channel must be connected again
    └── OutcomeUnknown   ambiguous: only reading the network, or a person, can tell

Every failure is one of these three classes, so that a caller never has to guess.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Protocol

from vcp.networks import lengths
from vcp.networks.media import Card, MediaItem

#: No server is waited for longer than this, whatever its headers say.
MAX_RETRY_AFTER_S = 900.0


class Visibility(StrEnum):
    """Who a network shows a post to; always sent, since servers differ in what they assume."""

    PUBLIC = "public"
    UNLISTED = "unlisted"
    #: Only those who are named in it.
    DIRECT = "direct"


class Replies(StrEnum):
    """Who may reply, where a network lets that be said."""

    EVERYONE = "everyone"
    FOLLOWING = "following"
    MENTIONED = "mentioned"


@dataclass(frozen=True)
class Ballot:
    """A question's choices, one of which everybody may take, for 5 minutes to 7 days."""

    choices: tuple[str, ...]
    minutes: int


@dataclass(frozen=True)
class Outgoing:
    """Exactly what was approved for one channel; `reference` is the public id of our post."""

    reference: str
    text: str
    language: str
    content_warning: str | None
    visibility: Visibility
    media: tuple[MediaItem, ...]
    created_at: datetime
    record_key: str
    #: The network's id of the message that this answers, or of the part of a thread before it.
    in_reply_to: str | None = None
    #: Only for a network whose limits offer it.
    poll: Ballot | None = None
    #: Images are covered until somebody asks for them, where the network can.
    covers_images: bool = False
    replies: Replies = Replies.EVERYONE
    #: The card of a link in the text, for networks that show ours.
    card: Card | None = None


#: Begins the id that we give to what has none of the network's.
UNREADABLE = "unreadable:"


@dataclass(frozen=True)
class InboundMedia:
    """A picture, sound or film that came with a message; its address is kept, never fetched."""

    kind: str
    description: str
    url: str


@dataclass(frozen=True)
class Inbound:
    """What somebody said to the account, as far as it could be read; `raw` is the whole of it.

    Every text is safe to store: no NUL, no half characters. Moments are those of the network.
    """

    remote_id: str
    author_id: str
    #: `name@server` in lower case.
    handle: str
    display_name: str
    profile_url: str | None
    #: Made plain: line breaks are kept, links give their real target.
    text: str
    html: str
    language: str | None
    content_warning: str | None
    #: public, unlisted, private or direct; direct when it can't be read.
    visibility: str
    url: str | None
    in_reply_to_id: str | None
    #: None when the network's moment can't be read.
    posted_at: datetime | None
    #: When the server told the account of it.
    noticed_at: datetime | None
    edited_at: datetime | None
    media: tuple[InboundMedia, ...]
    #: The network's own JSON.
    raw: str


@dataclass(frozen=True)
class InboundPage:
    """Some of what was said, newest first; `older` asks for the next page, None: that was all."""

    items: tuple[Inbound, ...]
    older: str | None


@dataclass(frozen=True)
class Receipt:
    """Where a network keeps a post; `remote_id` is opaque and is never sorted or parsed."""

    remote_id: str
    url: str | None
    at: datetime
    #: The network takes nothing more for so long (1 to 900 s): its budget of requests is used up.
    wait_s: float | None = None


@dataclass(frozen=True)
class RemotePost:
    """A post of the account as the network shows it, its text made plain."""

    remote_id: str
    url: str | None
    text: str
    created_at: datetime
    content_warning: str | None
    media_count: int
    in_reply_to: str | None


@dataclass(frozen=True)
class OwnPost:
    """One entry of the account's own list, whoever put it there; texts are safe to store."""

    remote_id: str
    url: str | None
    #: Made plain; of what the account passes on, the other one's words.
    text: str
    #: As the network says; on Bluesky it's what the writer claims.
    created_at: datetime
    #: Changes with each edit; the same for a post that nobody touched.
    edit_mark: str
    media_count: int
    #: True when the network says that it was changed; not all say so.
    is_edited: bool = False
    #: True for somebody else's post that the account passes on.
    is_boost: bool = False
    #: Ids that the same post had before it was edited, where each edit makes a new one.
    earlier_ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class OwnPage:
    """Some of what the account shows, newest first; `older` asks for the next, None: that's all."""

    items: tuple[OwnPost, ...]
    older: str | None


@dataclass(frozen=True)
class Limits:
    """What a channel takes; `url_length` is what any link counts as, None for as typed."""

    characters: int
    url_length: int | None
    media_count: int
    media_bytes: int
    media_types: tuple[str, ...]
    alt_characters: int
    supports_edit: bool
    supports_content_warning: bool
    probed_at: datetime | None
    #: Which of `vcp.networks.lengths` counts as this network does.
    counting: str = "characters"
    #: Choices that a poll may have; 0: there are no polls.
    poll_choices: int = 0
    poll_choice_characters: int = 0
    #: Whether a post may continue another of ours, so that they read as one.
    supports_threads: bool = True
    #: Whether a post may be shown to fewer than everybody, and carries its language.
    supports_visibility: bool = False
    supports_language: bool = False
    #: Of a video, MP4 with H.264; 0: it takes none.
    video_bytes: int = 0
    #: 0: as long as its bytes allow.
    video_seconds: int = 0


@dataclass(frozen=True)
class AccountInfo:
    """The account that a token belongs to; `remote_id` is what a channel pins, never the handle."""

    remote_id: str
    handle: str
    display_name: str
    url: str
    profile_links: tuple[str, ...]


class FailureClass(StrEnum):
    """What a failure says about the post; every network error is exactly one of these."""

    NOT_SENT = "not_sent"
    REFUSED = "refused"
    AMBIGUOUS = "ambiguous"


class Reason(StrEnum):
    """Why a network refuses, as far as its answer tells."""

    ADDRESS = "address"
    ALREADY_POSTED = "already_posted"
    FORBIDDEN = "forbidden"
    INVALID = "invalid"
    MEDIA = "media"
    NOT_FOUND = "not_found"
    TOO_LONG = "too_long"
    UNSUPPORTED = "unsupported"


class NetworkError(Exception):
    """A network didn't do what it was asked; the message is for people and holds no secret."""

    failure: ClassVar[FailureClass]


class NotSent(NetworkError):
    """Nothing was posted: no connection, no name, no TLS, or an upload failed before the post."""

    failure = FailureClass.NOT_SENT


class Unavailable(NetworkError):
    """The server took nothing, or what was read can't be trusted; retry later."""

    failure = FailureClass.NOT_SENT


class RateLimited(NetworkError):
    """Too many requests; nothing was posted. `retry_after_s` is 1 to 900 seconds."""

    failure = FailureClass.NOT_SENT

    def __init__(self, message: str, *, retry_after_s: float) -> None:
        super().__init__(message)
        self.retry_after_s = min(max(retry_after_s, 1.0), MAX_RETRY_AFTER_S)


class Rejected(NetworkError):
    """The network refuses these words, media or this address; `detail` is its own short answer."""

    failure = FailureClass.REFUSED

    def __init__(self, message: str, *, reason: Reason, detail: str = "") -> None:
        super().__init__(message)
        self.reason = reason
        self.detail = detail


class Unauthorised(NetworkError):
    """The token is missing, revoked or lacks a right; the channel must be connected again."""

    failure = FailureClass.REFUSED


class OutcomeUnknown(NetworkError):
    """The words left us and no trustworthy answer came; the post may be there or not."""

    failure = FailureClass.AMBIGUOUS


class Network(Protocol):
    """One account on one network; a call takes 45 seconds at most and never retries by itself."""

    @property
    def name(self) -> str:
        """The network's short name, as in the registry."""

    @property
    def is_idempotent(self) -> bool:
        """True when the same key can never make a second post, for any server and for ever."""

    def publish(self, outgoing: Outgoing, key: str) -> Receipt:
        """Posts these words; `key` is the same for every attempt of one delivery.

        Raises: any NetworkError. Only OutcomeUnknown leaves it open whether the post exists.
        """

    def correct(self, receipt_remote_id: str, outgoing: Outgoing, key: str) -> Receipt:
        """Replaces text, warning and images of a post in place; doing it twice does no harm.

        Raises: Rejected(UNSUPPORTED) where the network can't edit; Rejected(NOT_FOUND) when the
        post is gone.
        """

    def withdraw(self, remote_id: str) -> None:
        """Deletes a post; one that is gone already counts as deleted."""

    def find(
        self, outgoing: Outgoing, *, since: datetime, taken: Collection[str]
    ) -> Receipt | None:
        """Reads the account's posts back to `since` for the one with exactly this content.

        Ids in `taken` belong to other deliveries and are passed over. None means that everything
        back to `since` was read and the post isn't shown now.

        Raises: NetworkError when the posts couldn't be read whole, which isn't the same as absent.
        """

    def exists(self, remote_id: str) -> bool:
        """True while the network still shows this post to its author."""

    def own_posts(self, *, since: datetime, before: str | None = None) -> OwnPage:
        """One page of what the account itself shows, replies and passed-on posts included.

        `before` is the `older` of the page before. Pages may overlap, and hold what is older than
        `since`.

        Raises: NetworkError when the page couldn't be read, which isn't the same as empty.
        """

    def mentions(self, *, since: datetime, before: str | None = None) -> InboundPage:
        """One page of what others said to the account since then, newest first.

        `before` is the `older` of the page before. Pages may overlap, shrink, and hold what is
        older than `since`; what can't be read whole is given with what could.

        Raises: NetworkError when the page couldn't be read, which isn't the same as empty.
        """

    def message(self, remote_id: str) -> Inbound | None:
        """What somebody else's words are now; None when the network doesn't show them any more.

        Raises: NetworkError when that couldn't be read.
        """

    def listen(self, heard: Callable[[], None], is_over: Callable[[], bool]) -> bool:
        """Calls `heard` whenever the network hints that something was said, until `is_over`.

        Blocks for as long as the server streams. False when the network offers no stream; a hint
        is never the record: what it is about is read by `mentions`.

        Raises: NetworkError when the stream broke off; the caller tries again later.
        """

    def account(self) -> AccountInfo:
        """The account behind the token, as the network gives it now."""

    def limits(self) -> Limits:
        """What the server takes, asked of the server now; for the own feed, what we set."""


def count_characters(text: str, limits: Limits, content_warning: str | None = None) -> int:
    """Length of a text with its content warning, as a server of these limits counts it or more."""
    counted = lengths.COUNTINGS[limits.counting]
    return counted(text, content_warning or "", limits.url_length)
