"""Bluesky, and any other server of the AT Protocol: posts are records under keys that we choose."""

import hashlib
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar

from vcp.kernel import clock
from vcp.networks import bluesky_facets, bluesky_inbound, bluesky_video, bluesky_watching
from vcp.networks import bluesky_record as records
from vcp.networks.addresses import check_base_url
from vcp.networks.answers import Step, used_up_s
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
    Unauthorised,
    Unavailable,
)
from vcp.networks.bluesky_answers import OtherContent, TokenExpired, account_info, problem
from vcp.networks.bluesky_call import Call
from vcp.networks.bluesky_record import POSTS, Address, address_of
from vcp.networks.bluesky_session import InProcessStore, Sessions, asked
from vcp.networks.media import Card, MediaItem
from vcp.networks.sign_in import SessionStore, Tokens
from vcp.networks.wire import Timeouts

_Result = TypeVar("_Result")


class BlueskyNetwork:
    """One account; may be used by several threads, which then share its sign-in."""

    name = "bluesky"
    #: A record is put under the same key by every attempt, and only where there is none.
    is_idempotent = True

    def __init__(
        self,
        base_url: str,
        credentials: Mapping[str, str],
        account_id: str | None = None,
        sessions: SessionStore | None = None,
        timeouts: Timeouts | None = None,
    ) -> None:
        self._base_url = check_base_url(base_url)
        identifier, password = credentials.get("identifier"), credentials.get("app_password")
        if not identifier or not password:
            raise Unauthorised("This channel has no app password. Connect it again.")
        self._timeouts = timeouts or Timeouts()
        self._sessions = Sessions(
            identifier.removeprefix("@"),
            password,
            account_id,
            sessions if sessions is not None else InProcessStore(),
        )

    def publish(self, outgoing: Outgoing, key: str) -> Receipt:
        """Uploads the images, then puts the record where there is none.

        Raises: OtherContent, a Rejected(FORBIDDEN), when something else lies under the key.
        """
        del key  # the record's own key does this, and for ever
        records.check(outgoing)
        return self._within(lambda call, did: self._publish(call, did, outgoing))

    def correct(self, receipt_remote_id: str, outgoing: Outgoing, key: str) -> Receipt:
        """Replaces the record, unless somebody else changed it meanwhile."""
        del key
        address = address_of(receipt_remote_id)
        records.check(outgoing)

        def work(call: Call, did: str) -> Receipt:
            self._check_own(address, did)
            found = self._record(call, address)
            if found is None:
                raise Rejected("This post isn't there any more.", reason=Reason.NOT_FOUND)
            value = found.get("value")
            kept: dict[str, Any] = value if isinstance(value, dict) else {}
            # It stays the post that it was: its moment, and what it answers.
            wanted = self._made(call, outgoing, reply=kept.get("reply"))
            wanted["createdAt"] = kept.get("createdAt", wanted["createdAt"])
            if kept != wanted:
                self._put(call, address, wanted, swap=found.get("cid"))
            return _receipt(call, address)

        return self._within(work)

    def withdraw(self, remote_id: str) -> None:
        """Deletes the record; the server answers the same when there is none."""
        address = address_of(remote_id)

        def work(call: Call, did: str) -> None:
            self._check_own(address, did)
            said = {"repo": did, "collection": address.collection, "rkey": address.key}
            try:
                call.post(Step.WRITE, "com.atproto.repo.deleteRecord", said)
            except Rejected as refused:
                if refused.reason is not Reason.NOT_FOUND:
                    raise

        self._within(work)

    def find(
        self, outgoing: Outgoing, *, since: datetime, taken: Collection[str]
    ) -> Receipt | None:
        """Asks for the record under the post's key, which settles it exactly."""

        def work(call: Call, did: str) -> Receipt | None:
            address = Address(did, POSTS, outgoing.record_key)
            if str(address) in taken:
                return None
            found = self._record(call, address)
            if found is None or not records.is_same(found.get("value"), outgoing):
                return None
            return Receipt(str(address), address.url, max(since, outgoing.created_at))

        return self._within(work)

    def exists(self, remote_id: str) -> bool:
        """Asks for the record."""
        address = address_of(remote_id)
        return self._within(lambda call, _: self._record(call, address) is not None)

    def own_posts(self, *, since: datetime, before: str | None = None) -> OwnPage:
        """Lists the account's records of posts, then those of what it passes on."""
        return self._within(lambda call, did: bluesky_watching.own_posts(call, did, since, before))

    def mentions(self, *, since: datetime, before: str | None = None) -> InboundPage:
        """Asks for notifications of mentions and replies, which a server without a view lacks."""
        return self._within(lambda call, did: bluesky_inbound.mentions(call, did, since, before))

    def message(self, remote_id: str) -> Inbound | None:
        """Asks for one post of anybody."""
        return self._within(lambda call, _: bluesky_inbound.message(call, remote_id))

    def listen(
        self,
        heard: Callable[[], None],  # noqa: ARG002 - the protocol's
        is_over: Callable[[], bool],  # noqa: ARG002 - the protocol's
    ) -> bool:
        """There is no stream of one account's notifications, only one of the whole network."""
        return False

    def account(self) -> AccountInfo:
        """Asks whose sign-in it is, and for the profile that it keeps."""

        def work(call: Call, did: str) -> AccountInfo:
            session = call.get("com.atproto.server.getSession")
            profile = self._record(call, Address(did, "app.bsky.actor.profile", "self")) or {}
            return account_info(session, profile.get("value"), call.wire.host)

        return self._within(work)

    def limits(self) -> Limits:
        """The network's own, which are the same on every server; asks that this is one."""

        def work(call: Call, _: str) -> Limits:
            if "did" not in call.get("com.atproto.server.describeServer"):
                raise Unavailable(f"{call.wire.host} doesn't describe itself. Check the address.")
            return replace(records.LIMITS, probed_at=clock.now())

        return self._within(work)

    # --- one call: sign-in, deadline ---

    def _within(self, work: Callable[[Call, str], _Result]) -> _Result:
        """Does the work signed in, renewing the sign-in once; never longer than one deadline."""
        ends_at = time.monotonic() + self._timeouts.total_s

        def ask(token: str | None, method: str, said: dict[str, Any] | None) -> dict[str, Any]:
            return self._run(ends_at, token, lambda call: asked(call, method, said))

        tokens = self._sessions.stored() or self._sessions.renewed(None, ask)
        try:
            return self._signed_in(ends_at, tokens, work)
        except TokenExpired:
            # The server refused before it did anything, so doing it again is safe.
            tokens = self._sessions.renewed(tokens, ask)
        return self._signed_in(ends_at, tokens, work)

    def _signed_in(
        self, ends_at: float, tokens: Tokens, work: Callable[[Call, str], _Result]
    ) -> _Result:
        return self._run(ends_at, tokens.access, lambda call: work(call, tokens.did))

    def _run(self, ends_at: float, token: str | None, work: Callable[[Call], _Result]) -> _Result:
        left_s = ends_at - time.monotonic()
        if left_s <= 0:
            raise NotSent("Signing in took too long. Nothing was sent; it will be tried again.")
        call = Call(self._base_url, token, replace(self._timeouts, total_s=left_s))
        try:
            return call.wire.run(lambda: work(call))
        except TimeoutError as error:
            raise problem(call.wire, call.step) from error
        finally:
            call.wire.close()

    # --- posting ---

    def _publish(self, call: Call, did: str, outgoing: Outgoing) -> Receipt:
        address = Address(did, POSTS, outgoing.record_key)
        reply = self._reply(call, outgoing.in_reply_to) if outgoing.in_reply_to else None
        wanted = self._made(call, outgoing, reply)
        try:
            self._put(call, address, wanted, swap=None)
        except OtherContent as other:
            found = self._record(call, address)
            if found is None or not records.is_same(found.get("value"), outgoing):
                raise OtherContent(
                    "ALARM: something else lies where this post belongs, and it was left as it is. "
                    "Look at the account at once: somebody else may be signed in to it.",
                    reason=Reason.FORBIDDEN,
                    detail=other.detail,
                ) from other
        return _receipt(call, address)

    def _made(self, call: Call, outgoing: Outgoing, reply: Any) -> dict[str, Any]:
        facets = bluesky_facets.facets(
            records.text_of(outgoing), lambda handle: self._did_of(call, handle)
        )
        film = next((item for item in outgoing.media if item.is_video), None)
        video = self._video(call, film, outgoing.language) if film else None
        images = [self._upload(call, item) for item in outgoing.media if not item.is_video]
        if (
            outgoing.media
            and call.wire.seconds_left < self._timeouts.connect_s + self._timeouts.read_s
        ):
            raise NotSent(f"{call.wire.host} is slow in taking images. It will be tried again.")
        thumb = self._thumb(call, outgoing.card) if outgoing.card and not outgoing.media else None
        return records.record(outgoing, facets, images, reply, thumb, video)

    def _video(self, call: Call, item: MediaItem, language: str) -> dict[str, Any]:
        content = self._approved(item, records.LIMITS.video_bytes)
        blob = call.upload(content, item.media_type).get("blob")
        captions = None
        if item.captions:
            said = item.captions.encode()
            captions = call.upload(said, bluesky_video.CAPTIONS_TYPE).get("blob")
        return bluesky_video.embed(item, blob, captions, language)

    def _thumb(self, call: Call, card: Card) -> dict[str, Any] | None:
        """The card's picture, uploaded; a card without one is better than no post."""
        if card.picture is None:
            return None
        try:
            uploaded = self._upload(call, card.picture)
        except (OSError, NotSent, Rejected, Unavailable):
            return None
        blob: dict[str, Any] = uploaded["image"]
        return blob

    def _put(self, call: Call, address: Address, wanted: dict[str, Any], swap: Any) -> None:
        """Put the record if what is there now is `swap`; None asks that there is nothing."""
        said = {
            "repo": address.did,
            "collection": address.collection,
            "rkey": address.key,
            "record": wanted,
            "swapRecord": swap,
        }
        answer = call.post(Step.WRITE, "com.atproto.repo.putRecord", said)
        if answer.get("uri") != str(address):
            raise problem(call.wire, Step.WRITE)

    def _upload(self, call: Call, item: MediaItem) -> dict[str, Any]:
        content = self._approved(item, records.LIMITS.media_bytes)
        return records.image(item, call.upload(content, item.media_type).get("blob"))

    def _approved(self, item: MediaItem, most: int) -> bytes:
        content = item.path.read_bytes()
        what = "video" if item.is_video else "image"
        if hashlib.sha256(content).hexdigest() != item.digest:
            raise Rejected(f"The {what} isn't the one that was approved.", reason=Reason.MEDIA)
        if len(content) > most:
            raise Rejected(
                f"Bluesky takes a {what} of {most // 1_000_000} MB. Make this one smaller and add "
                "it again.",
                reason=Reason.MEDIA,
            )
        return content

    def _reply(self, call: Call, remote_id: str) -> dict[str, Any]:
        found = self._record(call, address_of(remote_id))
        if found is None:
            raise Rejected(
                "What this answers isn't there any more, so it can't be answered.",
                reason=Reason.NOT_FOUND,
            )
        return records.reply_to(found)

    def _did_of(self, call: Call, handle: str) -> str | None:
        """The account of a handle; a name that nobody is known to have stays text."""
        try:
            found = call.get("com.atproto.identity.resolveHandle", handle=handle).get("did")
        except (Rejected, Unavailable):
            return None
        return found if isinstance(found, str) else None

    def _record(self, call: Call, address: Address) -> dict[str, Any] | None:
        asked_for = {"repo": address.did, "collection": address.collection, "rkey": address.key}
        try:
            return call.get("com.atproto.repo.getRecord", **asked_for)
        except Rejected as refused:
            if refused.reason is not Reason.NOT_FOUND:
                raise
            return None

    def _check_own(self, address: Address, did: str) -> None:
        if address.did != did:
            raise Rejected("This post is of another account.", reason=Reason.FORBIDDEN)


def _receipt(call: Call, address: Address) -> Receipt:
    now = clock.now()
    return Receipt(str(address), address.url, now, wait_s=used_up_s(call.wire.exchange, now))
