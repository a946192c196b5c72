"""X: posts can't be told by a key and can't be edited, so what is unknown is only ever read."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

from vcp.kernel import clock
from vcp.networks.addresses import check_base_url
from vcp.networks.answers import Step, clock_ahead, used_up_s
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
    Replies,
    Unavailable,
    Visibility,
)
from vcp.networks.lengths import with_warning
from vcp.networks.wire import Timeouts
from vcp.networks.x_answers import (
    LIMITS,
    ShownPost,
    account_info,
    address_of,
    id_of,
    is_hidden,
    is_missing,
    is_same_post,
    shown_post,
    x_failure,
)
from vcp.networks.x_call import Call, Keys
from vcp.networks.x_inbound import inbound, latest_id_of
from vcp.networks.x_media import add_captions, upload
from vcp.networks.x_watching import own_post

#: Where X answers; a channel may name another server, such as one for tests.
ADDRESS = "https://api.x.com"
#: Read before the first attempt, and before the moment asked for: clocks differ.
OVERLAP = timedelta(minutes=2)
#: X refuses to list from a moment that hasn't come.
_YOUNGEST_START = timedelta(minutes=1)
_PAGE_SIZE = 100
_MOST_PAGES = 50
_OWN_FIELDS = "attachments,created_at,entities,note_tweet,referenced_tweets"
_THEIR_FIELDS = f"{_OWN_FIELDS},author_id,edit_history_tweet_ids,lang"
_THEIR_PARTS: Mapping[str, str] = {
    "tweet_fields": _THEIR_FIELDS,
    "expansions": "author_id,attachments.media_keys",
    "user_fields": "name,username",
    "media_fields": "alt_text,type,url",
}
#: Everyone is what X assumes, and has no name for.
_REPLIES = {Replies.FOLLOWING: "following", Replies.MENTIONED: "mentionedUsers"}
_ID = re.compile(r"[0-9]{1,19}", re.ASCII)
_Result = TypeVar("_Result")


class XNetwork:
    """One account on X; not to be shared between threads that write."""

    name = "x"
    #: X has no keys; its refusal of the same words twice is a second fence, not a guarantee.
    is_idempotent = False

    def __init__(
        self,
        base_url: str,
        credentials: Mapping[str, str],
        account_id: str | None = None,
        timeouts: Timeouts | None = None,
        meter: Callable[[int], None] | None = None,
    ) -> None:
        self._base_url = check_base_url(base_url)
        self._keys = Keys.of(credentials)
        self._account_id = account_id
        self._timeouts = timeouts or Timeouts()
        self._meter = meter
        self._uploaded: dict[tuple[int, str, str], str] = {}

    def publish(self, outgoing: Outgoing, key: str) -> Receipt:  # noqa: ARG002 - the protocol's
        """Uploads the images, then posts; only the post itself can end as unknown.

        Raises: Rejected(UNSUPPORTED) for what is meant for one person; Rejected(ALREADY_POSTED)
        when X has a post with these words, whose id it doesn't tell.
        """
        if outgoing.visibility is Visibility.DIRECT:
            raise Rejected(
                "X shows every post to everybody, so this can't go there. Nothing was sent.",
                reason=Reason.UNSUPPORTED,
            )
        return self._within(lambda call: self._publish(call, outgoing))

    def correct(
        self,
        receipt_remote_id: str,  # noqa: ARG002 - the protocol's
        outgoing: Outgoing,  # noqa: ARG002 - the protocol's
        key: str,  # noqa: ARG002 - the protocol's
    ) -> Receipt:
        """Refuses: an edit at X makes another post with another id, for an hour and for payers."""
        raise Rejected(
            "X can't change a post in place. Withdraw this one and post again.",
            reason=Reason.UNSUPPORTED,
        )

    def withdraw(self, remote_id: str) -> None:
        """Deletes the post."""
        number = _number(remote_id)

        def work(call: Call) -> None:
            try:
                answer = call.ask(
                    Step.WRITE, lambda: call.client.delete_tweet(number, user_auth=True)
                )
            except Rejected as refused:
                if refused.reason is not Reason.NOT_FOUND:
                    raise
                return
            data = answer.get("data")
            is_deleted = isinstance(data, dict) and data.get("deleted") is True
            if not is_deleted and self._is_shown(call, number):
                raise Unavailable("X says that it deleted nothing. It will be tried again.")

        self._within(work)

    def find(
        self, outgoing: Outgoing, *, since: datetime, taken: Collection[str]
    ) -> Receipt | None:
        """Reads the account's own posts back to `since`; X counts, and charges, each one read."""

        def work(call: Call) -> Receipt | None:
            for shown in self._posts(call, since):
                post = shown.post
                # By our clock, so that times of receipts can be compared with each other.
                at = post.created_at - clock_ahead(call.wire.exchange, clock.now())
                if post.remote_id not in taken and _is_this(outgoing, shown):
                    return Receipt(post.remote_id, post.url, at)
            return None

        return self._within(work)

    def exists(self, remote_id: str) -> bool:
        """Asks for the post; X answers 200 for one that isn't there."""
        number = _number(remote_id)
        return self._within(lambda call: self._is_shown(call, number))

    def own_posts(self, *, since: datetime, before: str | None = None) -> OwnPage:
        """Reads one page of the account's posts; X charges for each, the same one once a day."""

        def work(call: Call) -> OwnPage:
            answer = self._page(call, self._own_id(call), since, before, exclude=None)
            older = _next_token(answer)
            if older is not None and older == before:
                raise Unavailable("X doesn't show the account's posts far enough back.")
            ahead = clock_ahead(call.wire.exchange, clock.now())
            try:
                items = tuple(own_post(row, ahead) for row in _rows(call, answer))
            except (ValueError, TypeError, LookupError, AttributeError) as error:
                raise x_failure(call.wire, Step.READ) from error
            return OwnPage(items, older)

        return self._within(work)

    def mentions(self, *, since: datetime, before: str | None = None) -> InboundPage:
        """Reads one page of the account's mentions; X charges for each post in it."""

        def work(call: Call) -> InboundPage:
            own_id = self._own_id(call)
            answer = call.ask(
                Step.READ,
                lambda: call.client.get_users_mentions(
                    own_id,
                    max_results=_PAGE_SIZE,
                    start_time=_start(since),
                    pagination_token=before,
                    user_auth=True,
                    **_THEIR_PARTS,
                ),
            )
            items = [inbound(row, answer.get("includes")) for row in _rows(call, answer)]
            older = _next_token(answer)
            if older is not None and older == before:
                raise Unavailable("X doesn't show what was said far enough back.")
            return InboundPage(tuple(one for one in items if one.author_id != own_id), older)

        return self._within(work)

    def message(self, remote_id: str) -> Inbound | None:
        """Asks for somebody's words, then for their latest edit, which has an id of its own."""
        number = _number(remote_id)

        def work(call: Call) -> Inbound | None:
            answer = self._theirs(call, number)
            latest = latest_id_of(answer.get("data")) if answer else None
            if answer is not None and latest not in (None, number):
                answer = self._theirs(call, str(latest))
            if answer is None:
                return None
            return replace(inbound(answer["data"], answer.get("includes")), remote_id=remote_id)

        return self._within(work)

    def listen(
        self,
        heard: Callable[[], None],  # noqa: ARG002 - the protocol's
        is_over: Callable[[], bool],  # noqa: ARG002 - the protocol's
    ) -> bool:
        """X has no stream for one account's mentions."""
        return False

    def account(self) -> AccountInfo:
        """Asks whose keys these are."""
        return self._within(self._account)

    def limits(self) -> Limits:
        """What X takes of everybody; it gives no way to ask."""
        return replace(LIMITS, probed_at=clock.now())

    def _within(self, work: Callable[[Call], _Result]) -> _Result:
        call = Call(self._base_url, self._keys, self._timeouts)
        try:
            return call.wire.run(lambda: work(call))
        except TimeoutError as error:
            raise x_failure(call.wire, call.step) from error
        finally:
            call.wire.close()
            if self._meter is not None and call.posts_read:
                self._meter(call.posts_read)

    def _publish(self, call: Call, outgoing: Outgoing) -> Receipt:
        media_ids = self._upload_all(call, outgoing)
        # X has no field for a warning: it goes before the words, where everybody reads it first.
        text = with_warning(outgoing.text, outgoing.content_warning)
        answer = call.ask(
            Step.WRITE,
            lambda: call.client.create_tweet(
                text=text,
                in_reply_to_tweet_id=outgoing.in_reply_to,
                media_ids=media_ids or None,
                poll_options=list(outgoing.poll.choices) if outgoing.poll else None,
                poll_duration_minutes=outgoing.poll.minutes if outgoing.poll else None,
                reply_settings=_REPLIES.get(outgoing.replies),
                user_auth=True,
            ),
        )
        remote_id = id_of(answer.get("data"))
        if remote_id is None:
            raise x_failure(call.wire, Step.WRITE)
        now = clock.now()
        wait_s = used_up_s(call.wire.exchange, now)
        return Receipt(remote_id, address_of(remote_id), now, wait_s)

    def _upload_all(self, call: Call, outgoing: Outgoing) -> list[str]:
        """Ids of the uploaded images. What was uploaded for a post that failed is used again."""
        media, read_s = outgoing.media, self._timeouts.read_s
        wanted = [(place, item.digest, item.alt_text) for place, item in enumerate(media)]
        for kept, item in zip(wanted, media, strict=True):
            if kept not in self._uploaded:
                media_id = upload(call, item, read_s)
                if item.captions:
                    add_captions(call, media_id, item, outgoing.language, read_s)
                self._uploaded[kept] = media_id
        if media and call.wire.seconds_left < self._timeouts.connect_s + self._timeouts.read_s:
            raise NotSent("X is slow in taking images. It will be tried again.")
        # An image belongs to one post: after the next request these ids may be used up.
        return [self._uploaded.pop(kept) for kept in wanted]

    def _account(self, call: Call) -> AccountInfo:
        answer = call.ask(
            Step.READ, lambda: call.client.get_me(user_auth=True, user_fields="entities")
        )
        return account_info(answer, call.wire.host)

    def _own_id(self, call: Call) -> str:
        return self._account_id or self._account(call).remote_id

    def _is_shown(self, call: Call, number: str) -> bool:
        answer = call.ask(Step.READ, lambda: call.client.get_tweet(number, user_auth=True))
        if id_of(answer.get("data")) is not None:
            return True
        if is_missing(answer):
            return False
        raise x_failure(call.wire, Step.READ)

    def _theirs(self, call: Call, number: str) -> dict[str, Any] | None:
        answer = call.ask(
            Step.READ, lambda: call.client.get_tweet(number, user_auth=True, **_THEIR_PARTS)
        )
        if isinstance(answer.get("data"), dict):
            return answer
        if is_missing(answer) or is_hidden(answer):
            return None
        raise x_failure(call.wire, Step.READ)

    def _posts(self, call: Call, since: datetime) -> Iterator[ShownPost]:
        """Own posts back to `since`, reposts left out, newest first."""
        own_id = self._own_id(call)
        token: str | None = None
        for _ in range(_MOST_PAGES):
            answer = self._page(call, own_id, since, token)
            start = since + clock_ahead(call.wire.exchange, clock.now()) - OVERLAP
            try:
                page = [shown_post(row) for row in _rows(call, answer)]
            except (ValueError, TypeError, LookupError, AttributeError) as error:
                raise x_failure(call.wire, Step.READ) from error
            for shown in page:
                if shown.post.created_at >= start and not shown.is_repost:
                    yield shown
            before, token = token, _next_token(answer)
            if token is None:
                return
            if token == before:
                break
        raise Unavailable("X doesn't show the account's posts far enough back.")

    def _page(
        self,
        call: Call,
        own_id: str,
        since: datetime,
        token: str | None,
        *,
        exclude: str | None = "retweets",
    ) -> dict[str, Any]:
        return call.ask(
            Step.READ,
            lambda: call.client.get_users_tweets(
                own_id,
                exclude=exclude,
                max_results=_PAGE_SIZE,
                start_time=_start(since),
                pagination_token=token,
                tweet_fields=_OWN_FIELDS,
                user_auth=True,
            ),
        )


def _start(since: datetime) -> datetime:
    return min(since - OVERLAP, clock.now() - _YOUNGEST_START)


def _rows(call: Call, answer: Mapping[str, Any]) -> list[Any]:
    """The posts in a list; a list that is missing isn't an empty one unless X counts none."""
    rows, meta = answer.get("data"), answer.get("meta")
    if isinstance(rows, list):
        return rows
    if rows is None and isinstance(meta, dict) and meta.get("result_count") == 0:
        return []
    raise x_failure(call.wire, Step.READ)


def _next_token(answer: Mapping[str, Any]) -> str | None:
    meta = answer.get("meta")
    token = meta.get("next_token") if isinstance(meta, dict) else None
    return token if isinstance(token, str) and token else None


def _is_this(outgoing: Outgoing, shown: ShownPost) -> bool:
    post = shown.post
    if post.media_count != len(outgoing.media) or post.in_reply_to != outgoing.in_reply_to:
        return False
    wanted = with_warning(outgoing.text, outgoing.content_warning)
    return is_same_post(post.text, wanted, is_reply=outgoing.in_reply_to is not None)


def _number(remote_id: str) -> str:
    """An id as X has them, also out of an address that a person pasted."""
    found = _ID.match(remote_id)
    if found is None:
        raise Rejected("This isn't the id of a post at X.", reason=Reason.INVALID)
    return found.group()
