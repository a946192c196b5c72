"""Mastodon, and any server that speaks its API."""

import hashlib
import time
from collections.abc import Callable, Collection, Iterator
from datetime import datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

import requests

from vcp.kernel import clock
from vcp.networks import mastodon_reading, mastodon_stream, mastodon_watching
from vcp.networks.addresses import check_base_url
from vcp.networks.answers import Step, clock_ahead, failure, no_api, used_up_s
from vcp.networks.base import (
    AccountInfo,
    Ballot,
    Inbound,
    InboundPage,
    Limits,
    NetworkError,
    NotSent,
    Outgoing,
    OwnPage,
    Reason,
    Receipt,
    Rejected,
    Unauthorised,
    Unavailable,
)
from vcp.networks.mastodon_answers import (
    ShownPost,
    account_info,
    ballot_of,
    limits_from,
    remote_id_of,
    shown_post,
    shows_other_images,
)
from vcp.networks.mastodon_call import PERHAPS_SIGN_IN, Call
from vcp.networks.mastodon_sign_in import SCOPES, authorise_url, exchange_code, register_app
from vcp.networks.media import MediaItem
from vcp.networks.readback import is_nearly_same_text, is_same_but_for_marks, is_same_text
from vcp.networks.wire import Timeouts

__all__ = ["SCOPES", "MastodonNetwork", "authorise_url", "exchange_code", "register_app"]

#: Read before the first attempt, for servers whose clocks differ from what they say.
OVERLAP = timedelta(minutes=2)
_PAGE_SIZE = 40
#: A full page of the smallest kind; a shorter one is the end of the account's posts.
_SMALLEST_PAGE = 20
_MOST_PAGES = 50
_MEDIA_POLL_S = 0.5
_Result = TypeVar("_Result")


class MastodonNetwork:
    """One account on one server; not to be shared between threads that write."""

    name = "mastodon"
    #: Three of three real servers ignore the key; it is sent and never relied on.
    is_idempotent = False

    def __init__(
        self,
        base_url: str,
        access_token: str,
        account_id: str | None = None,
        timeouts: Timeouts | None = None,
    ) -> None:
        self._base_url = check_base_url(base_url)
        if not access_token.isascii() or not access_token.isprintable() or " " in access_token:
            raise Unauthorised("This isn't an access token. Connect the channel again.")
        self._token = access_token
        self._account_id = account_id
        self._timeouts = timeouts or Timeouts()
        self._uploaded: dict[tuple[int, str, str], str] = {}
        #: What the server took and isn't done with.
        self._processing: set[str] = set()

    def publish(self, outgoing: Outgoing, key: str) -> Receipt:
        """Uploads the images, then posts; only the post itself can end as unknown."""
        return self._within(lambda call: self._publish(call, outgoing, key))

    def correct(self, receipt_remote_id: str, outgoing: Outgoing, key: str) -> Receipt:
        """Edits in place; images are uploaded again, since the server's own are re-encoded."""
        return self._within(lambda call: self._correct(call, receipt_remote_id, outgoing, key))

    def withdraw(self, remote_id: str) -> None:
        """Deletes the post."""

        def work(call: Call) -> None:
            path = quote(remote_id, safe="")
            try:
                call.ask(Step.WRITE, lambda: call.client.status_delete(path))
            except Rejected as refused:
                if refused.reason is not Reason.NOT_FOUND:
                    raise

        self._within(work)

    def find(
        self, outgoing: Outgoing, *, since: datetime, taken: Collection[str]
    ) -> Receipt | None:
        """Reads the account's own posts, newest first; `since_id` isn't dependable and not used."""

        def work(call: Call) -> Receipt | None:
            for shown in self._posts(call, since):
                post = shown.post
                # By our clock, so that times of receipts can be compared with each other.
                at = post.created_at - clock_ahead(call.wire.exchange, clock.now())
                if post.remote_id not in taken and self._is_this(call, outgoing, shown):
                    return Receipt(post.remote_id, post.url, at)
            return None

        return self._within(work)

    def exists(self, remote_id: str) -> bool:
        """Asks for the post."""

        def work(call: Call) -> bool:
            try:
                call.ask(Step.READ, lambda: call.client.status(quote(remote_id, safe="")))
            except Rejected as refused:
                if refused.reason is not Reason.NOT_FOUND:
                    raise
                return False
            return True

        return self._within(work)

    def own_posts(self, *, since: datetime, before: str | None = None) -> OwnPage:
        """Asks for the account's statuses, replies and boosts included."""

        def work(call: Call) -> OwnPage:
            own_id = self._account_id or self._account(call).remote_id
            return mastodon_watching.own_posts(call, own_id, since, before)

        return self._within(work)

    def mentions(self, *, since: datetime, before: str | None = None) -> InboundPage:
        """Asks for notifications of mentions; replies to us are mentions too."""

        def work(call: Call) -> InboundPage:
            own_id = self._account_id or self._account(call).remote_id
            return mastodon_reading.mentions(call, own_id, since, before)

        return self._within(work)

    def message(self, remote_id: str) -> Inbound | None:
        """Asks for one status."""
        return self._within(lambda call: mastodon_reading.message(call, remote_id))

    def listen(self, heard: Callable[[], None], is_over: Callable[[], bool]) -> bool:
        """Follows the stream of notifications that the server names."""
        answer = self._within(self._instance)
        return mastodon_stream.follow(self._base_url, self._token, answer, heard, is_over)

    def account(self) -> AccountInfo:
        """Asks whose token it is.

        Raises: Unauthorised when the server doesn't know the token, whatever status it uses.
        """
        return self._within(self._account)

    def limits(self) -> Limits:
        """Asks for /api/v2/instance, then v1; the library would ask with a slash behind it."""
        return self._within(lambda call: limits_from(self._instance(call), clock.now()))

    def _within(self, work: Callable[[Call], _Result]) -> _Result:
        call = Call(self._base_url, self._token, self._timeouts)
        try:
            return call.wire.run(lambda: work(call))
        except TimeoutError as error:
            raise failure(call.wire, call.step) from error
        finally:
            call.wire.close()

    def _instance(self, call: Call) -> Any:
        try:
            return call.ask_plainly(Step.READ, "GET", "/api/v2/instance")
        except (Rejected, Unavailable):
            return self._instance_v1(call)

    def _instance_v1(self, call: Call) -> Any:
        try:
            return call.ask_plainly(Step.READ, "GET", "/api/v1/instance")
        except Rejected as refused:
            raise no_api(self._base_url) from refused

    def _publish(self, call: Call, outgoing: Outgoing, key: str) -> Receipt:
        media_ids = self._upload_all(call, outgoing.media)
        if outgoing.poll:
            return self._receipt(call, self._ask_everybody(call, outgoing, outgoing.poll, key))
        answer = call.ask(
            Step.WRITE,
            lambda: call.client.status_post(
                outgoing.text,
                in_reply_to_id=outgoing.in_reply_to,
                media_ids=media_ids or None,
                sensitive=_is_sensitive(outgoing),
                visibility=outgoing.visibility.value,
                spoiler_text=outgoing.content_warning,
                language=outgoing.language,
                idempotency_key=key,
            ),
        )
        return self._receipt(call, answer)

    def _ask_everybody(self, call: Call, outgoing: Outgoing, poll: Ballot, key: str) -> Any:
        """The answer to a post with a poll, in JSON: some servers refuse the library's form."""
        said = {
            "status": outgoing.text,
            "in_reply_to_id": outgoing.in_reply_to,
            "sensitive": _is_sensitive(outgoing),
            "visibility": outgoing.visibility.value,
            "spoiler_text": outgoing.content_warning or "",
            "language": outgoing.language,
            "poll": ballot_of(poll),
        }
        return call.ask_plainly(
            Step.WRITE, "POST", "/api/v1/statuses", json=said, headers={"Idempotency-Key": key}
        )

    def _correct(self, call: Call, remote_id: str, outgoing: Outgoing, key: str) -> Receipt:
        path = f"/api/v1/statuses/{quote(remote_id, safe='')}"
        media_ids = self._upload_all(call, outgoing.media)
        # The library's edit leaves the language out.
        words = {
            "status": outgoing.text,
            "spoiler_text": outgoing.content_warning or "",
            "sensitive": _is_sensitive(outgoing),
            "language": outgoing.language,
            "media_ids": media_ids,
        }
        if outgoing.poll:
            # Left out, the server would take the poll away; unchanged, it keeps the votes.
            words["poll"] = ballot_of(outgoing.poll)
        try:
            answer = call.ask_plainly(
                Step.WRITE, "PUT", path, json=words, headers={"Idempotency-Key": key}
            )
        except Rejected as refused:
            if refused.reason is Reason.NOT_FOUND and self._is_shown(call, path):
                raise Rejected(
                    f"{call.wire.host} can't edit posts. Withdraw this one and post again.",
                    reason=Reason.UNSUPPORTED,
                    detail=refused.detail,
                ) from refused
            raise
        receipt = self._receipt(call, answer)
        if shows_other_images(answer, outgoing.media):
            self._check_images(call, path, outgoing.media)
        return receipt

    def _check_images(self, call: Call, path: str, media: tuple[MediaItem, ...]) -> None:
        """Reads the post again, since some answer an edit with less than they then show.

        Raises: Rejected(UNSUPPORTED) when the server changed the words and left the images.
        """
        if shows_other_images(call.ask_plainly(Step.READ, "GET", path), media):
            raise Rejected(
                f"{call.wire.host} changed the words but kept the old images. Withdraw this post "
                "and post again.",
                reason=Reason.UNSUPPORTED,
            )

    def _is_shown(self, call: Call, path: str) -> bool:
        try:
            call.ask_plainly(Step.READ, "GET", path)
        except NetworkError:
            return False
        return True

    def _receipt(self, call: Call, answer: Any) -> Receipt:
        remote_id = remote_id_of(answer)
        if remote_id is None:
            raise failure(call.wire, Step.WRITE)
        url = answer.get("url")
        now = clock.now()
        shown_at = url if isinstance(url, str) else None
        return Receipt(remote_id, shown_at, now, wait_s=used_up_s(call.wire.exchange, now))

    def _upload_all(self, call: Call, media: tuple[MediaItem, ...]) -> list[str]:
        """Ids of the uploaded images. What was uploaded for a post that failed is used again."""
        wanted = [(place, item.digest, item.alt_text) for place, item in enumerate(media)]
        for kept, item in zip(wanted, media, strict=True):
            if kept not in self._uploaded:
                self._uploaded[kept] = self._upload(call, item)
            if (media_id := self._uploaded[kept]) in self._processing:
                self._await_processing(call, media_id)
                self._processing.discard(media_id)
        if media and call.wire.seconds_left < self._timeouts.connect_s + self._timeouts.read_s:
            raise NotSent(f"{call.wire.host} is slow in taking images. It will be tried again.")
        # An image belongs to one post: after the next request these ids may be used up.
        return [self._uploaded.pop(kept) for kept in wanted]

    def _upload(self, call: Call, item: MediaItem) -> str:
        content = item.path.read_bytes()
        if hashlib.sha256(content).hexdigest() != item.digest:
            raise Rejected("The file isn't the one that was approved.", reason=Reason.MEDIA)
        answer = call.ask(
            Step.UPLOAD,
            lambda: call.client.media_post(
                content,
                mime_type=item.media_type,
                description=item.alt_text,
                file_name=item.digest[:16],
            ),
        )
        media_id = remote_id_of(answer)
        if media_id is None:
            raise failure(call.wire, Step.UPLOAD)
        if call.wire.exchange.status == requests.codes.accepted:
            self._processing.add(media_id)
        return media_id

    def _await_processing(self, call: Call, media_id: str) -> None:
        """Returns when the server is done with an image, or doesn't say how far it is."""
        path = quote(media_id, safe="")
        while call.wire.seconds_left > self._timeouts.read_s:
            try:
                call.ask(Step.UPLOAD, lambda: call.client.media(path))
            except Rejected as refused:
                if refused.reason is Reason.NOT_FOUND:
                    return
                raise
            if call.wire.exchange.status != requests.codes.partial_content:
                return
            time.sleep(_MEDIA_POLL_S)
        raise NotSent(f"{call.wire.host} isn't done with the images yet. It will be tried again.")

    def _account(self, call: Call) -> AccountInfo:
        try:
            answer = call.ask(Step.READ, call.client.account_verify_credentials)
        except Rejected as refused:
            if call.wire.exchange.status in PERHAPS_SIGN_IN:
                raise Unauthorised(str(refused)) from refused
            raise
        return account_info(answer, urlsplit(self._base_url).netloc)

    def _posts(self, call: Call, since: datetime) -> Iterator[ShownPost]:
        """Own posts, boosts left out, newest first, until a whole page is older than `since`."""
        account_id = self._account_id or self._account(call).remote_id
        path = quote(account_id, safe="")
        seen: set[str] = set()
        last_id: str | None = None
        for _ in range(_MOST_PAGES):
            page = self._page(call, path, last_id)
            start = since + clock_ahead(call.wire.exchange, clock.now()) - OVERLAP
            new = [shown for shown in page if shown.post.remote_id not in seen]
            for shown in new:
                if shown.post.created_at >= start and not shown.is_boost:
                    yield shown
            is_end = not new and len(page) < _SMALLEST_PAGE
            if is_end or all(shown.post.created_at < start for shown in page):
                return
            if not new:
                break  # a server that doesn't page
            seen.update(shown.post.remote_id for shown in new)
            last_id = page[-1].post.remote_id
        raise Unavailable(f"{call.wire.host} doesn't show the account's posts far enough back.")

    def _page(self, call: Call, path: str, last_id: str | None) -> list[ShownPost]:
        answer = call.ask(
            Step.READ,
            lambda: call.client.account_statuses(
                path, exclude_reblogs=True, max_id=last_id, limit=_PAGE_SIZE
            ),
        )
        try:
            return [shown_post(status) for status in answer]
        except (ValueError, TypeError, LookupError, AttributeError) as error:
            raise failure(call.wire, Step.READ) from error

    def _is_this(self, call: Call, outgoing: Outgoing, shown: ShownPost) -> bool:
        post = shown.post
        if post.media_count != len(outgoing.media) or post.in_reply_to != outgoing.in_reply_to:
            return False
        if is_same_text(post.text, outgoing.text):
            return True
        if not is_nearly_same_text(post.text, outgoing.text):
            return False
        # The server's mark-up swallowed something: its source settles it, where there is one.
        try:
            source = call.ask(
                Step.READ, lambda: call.client.status_source(quote(post.remote_id, safe=""))
            )
        except Rejected:
            return is_same_but_for_marks(post.text, outgoing.text)
        text = source.get("text") if isinstance(source, dict) else None
        return isinstance(text, str) and is_same_text(text, outgoing.text)


def _is_sensitive(outgoing: Outgoing) -> bool:
    return bool(outgoing.content_warning) or outgoing.covers_images
