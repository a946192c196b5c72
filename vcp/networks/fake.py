"""A network in memory that goes wrong on demand, for tests and for trying things out."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from threading import Lock

from vcp.kernel import clock
from vcp.networks.base import (
    AccountInfo,
    Inbound,
    InboundPage,
    Limits,
    NetworkError,
    Outgoing,
    OwnPage,
    OwnPost,
    Reason,
    Receipt,
    Rejected,
    count_characters,
)

LIMITS = Limits(
    characters=500,
    url_length=23,
    media_count=4,
    media_bytes=8 * 1024 * 1024,
    media_types=("image/jpeg", "image/png", "image/webp"),
    alt_characters=1500,
    supports_edit=True,
    supports_content_warning=True,
    probed_at=None,
    poll_choices=4,
    poll_choice_characters=50,
    supports_visibility=True,
    supports_language=True,
)
_OVERLAP = timedelta(minutes=2)
_PAGE = 40


@dataclass(frozen=True)
class FakePost:
    """What the fake shows from `visible_at` on."""

    remote_id: str
    outgoing: Outgoing
    key: str
    at: datetime
    visible_at: datetime
    edits: int = 0


@dataclass(frozen=True)
class _Fault:
    error: NetworkError
    is_accepted: bool


class FakeNetwork:
    """Keeps posts in order of acceptance; safe to use from several threads."""

    name = "fake"

    def __init__(
        self,
        *,
        is_idempotent: bool = False,
        lag: timedelta = timedelta(),
        ids: str = "fake-{}",
    ) -> None:
        """Give posts ids of this form, with their number in it."""
        self.is_idempotent = is_idempotent
        self._ids = ids
        self.posts: list[FakePost] = []
        #: What others said to the account, newest first.
        self.said: list[Inbound] = []
        #: Posts of others that the account passed on.
        self.boosts: list[OwnPost] = []
        #: How the account presents itself.
        self.profile = AccountInfo("fake-account", "officer@fake.example", "Officer", "", ())
        self.calls = 0
        self._lag = lag
        self._faults: list[_Fault] = []
        self._reading_faults: list[NetworkError] = []
        self._lock = Lock()
        self._made = 0

    def fail_next(
        self, error: NetworkError, *, after_accepting: bool = False, reading: bool = False
    ) -> None:
        """Makes one coming write, or reading, raise; several calls line up."""
        if reading:
            self._reading_faults.append(error)
        else:
            self._faults.append(_Fault(error, after_accepting))

    def publish(self, outgoing: Outgoing, key: str) -> Receipt:
        """Keeps the post and shows it after the lag."""
        with self._lock:
            fault = self._begin(outgoing)
            post = self._with_key(key) if self.is_idempotent else None
            if post is None:
                self._made += 1
                at = clock.now()
                post = FakePost(self._ids.format(self._made), outgoing, key, at, at + self._lag)
                self.posts.append(post)
            return self._end(post, fault)

    def correct(self, receipt_remote_id: str, outgoing: Outgoing, key: str) -> Receipt:
        """Puts the new words in the place of the old."""
        with self._lock:
            fault = self._begin(outgoing)
            old = self._known(receipt_remote_id)
            post = replace(old, outgoing=outgoing, key=key, edits=old.edits + 1)
            self.posts = [post if old.remote_id == receipt_remote_id else old for old in self.posts]
            return self._end(post, fault)

    def withdraw(self, remote_id: str) -> None:
        """Forgets the post."""
        with self._lock:
            fault = self._begin(None)
            self.posts = [post for post in self.posts if post.remote_id != remote_id]
            if fault:
                raise fault.error

    def find(
        self, outgoing: Outgoing, *, since: datetime, taken: Collection[str]
    ) -> Receipt | None:
        """Looks among what is visible by now."""
        self._begin_reading()
        now = clock.now()
        for post in reversed(self.posts):
            is_shown = post.visible_at <= now and post.at >= since - _OVERLAP
            if is_shown and post.remote_id not in taken and _is_same(post.outgoing, outgoing):
                return _receipt(post)
        return None

    def exists(self, remote_id: str) -> bool:
        """Looks among what is visible by now."""
        self._begin_reading()
        now = clock.now()
        return any(post.remote_id == remote_id and post.visible_at <= now for post in self.posts)

    def own_posts(self, *, since: datetime, before: str | None = None) -> OwnPage:
        """What is visible by now, a page of 40 at a time."""
        self._begin_reading()
        now = clock.now()
        shown = [_own_post(post) for post in self.posts if post.visible_at <= now]
        rows = sorted([*shown, *self.boosts], key=lambda row: row.created_at, reverse=True)
        start = int(before or 0)
        page = tuple(rows[start : start + _PAGE])
        is_old = all(row.created_at < since - _OVERLAP for row in page)
        is_last = is_old or start + _PAGE >= len(rows)
        return OwnPage(page, None if is_last else str(start + _PAGE))

    def say(self, item: Inbound) -> None:
        """Has somebody say this to the account, or say it anew after an edit."""
        with self._lock:
            rest = [one for one in self.said if one.remote_id != item.remote_id]
            self.said = [item, *rest]

    def unsay(self, remote_id: str) -> None:
        """Takes somebody's words away again."""
        with self._lock:
            self.said = [one for one in self.said if one.remote_id != remote_id]

    def mentions(self, *, since: datetime, before: str | None = None) -> InboundPage:
        """What was said, newest first, a page of 40 at a time."""
        self._begin_reading()
        start = int(before or 0)
        page = tuple(self.said[start : start + _PAGE])
        is_old = all(one.noticed_at and one.noticed_at < since - _OVERLAP for one in page)
        is_last = is_old or start + _PAGE >= len(self.said)
        return InboundPage(page, None if is_last else str(start + _PAGE))

    def message(self, remote_id: str) -> Inbound | None:
        """Looks among what was said."""
        self._begin_reading()
        return next((one for one in self.said if one.remote_id == remote_id), None)

    def listen(
        self,
        heard: Callable[[], None],  # noqa: ARG002 - the protocol's
        is_over: Callable[[], bool],  # noqa: ARG002 - the protocol's
    ) -> bool:
        """There is no stream."""
        return False

    def account(self) -> AccountInfo:
        """As it presents itself now."""
        self._begin_reading()
        return self.profile

    def limits(self) -> Limits:
        """Mastodon's, as they are when a server doesn't say."""
        self._begin_reading()
        return replace(LIMITS, probed_at=clock.now())

    def _begin(self, outgoing: Outgoing | None) -> _Fault | None:
        self.calls += 1
        fault = self._faults.pop(0) if self._faults else None
        if fault and not fault.is_accepted:
            raise fault.error
        if outgoing is not None:
            length = count_characters(outgoing.text, LIMITS, outgoing.content_warning)
            if length > LIMITS.characters:
                raise Rejected("Shorten the text.", reason=Reason.TOO_LONG)
            if outgoing.poll and outgoing.media:
                raise Rejected("A poll takes no images.", reason=Reason.MEDIA)
        return fault

    def _begin_reading(self) -> None:
        if self._reading_faults:
            raise self._reading_faults.pop(0)

    def _end(self, post: FakePost, fault: _Fault | None) -> Receipt:
        if fault:
            raise fault.error
        return _receipt(post)

    def _known(self, remote_id: str) -> FakePost:
        for post in self.posts:
            if post.remote_id == remote_id:
                return post
        raise Rejected("This post isn't there.", reason=Reason.NOT_FOUND)

    def _with_key(self, key: str) -> FakePost | None:
        return next((post for post in self.posts if post.key == key), None)


def _receipt(post: FakePost) -> Receipt:
    return Receipt(post.remote_id, f"https://fake.example/{post.remote_id}", post.at)


def _own_post(post: FakePost) -> OwnPost:
    return OwnPost(
        remote_id=post.remote_id,
        url=f"https://fake.example/{post.remote_id}",
        text=post.outgoing.text,
        created_at=post.at,
        edit_mark=str(post.edits),
        media_count=len(post.outgoing.media),
        is_edited=post.edits > 0,
    )


def _is_same(one: Outgoing, other: Outgoing) -> bool:
    return (
        one.text == other.text
        and len(one.media) == len(other.media)
        and one.in_reply_to == other.in_reply_to
        and one.poll == other.poll
    )
