"""What every adapter has to do; each adapter's tests subclass one of the two classes.

A rig is an adapter with its counterpart: it can say what the counterpart keeps, and, where there
are bytes on a wire, make the next request go wrong.
"""

import hashlib
import itertools
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Protocol, TypeVar

import pytest
from PIL import Image

from vcp.networks.base import (
    Inbound,
    Network,
    NetworkError,
    OutcomeUnknown,
    Outgoing,
    RateLimited,
    Reason,
    Receipt,
    Rejected,
    Unauthorised,
    Visibility,
)
from vcp.networks.media import MediaItem
from vcp.posts.freezing import record_key

#: What a scripted 429 asks for.
RETRY_AFTER_S = 7
_Result = TypeVar("_Result")
_numbers = itertools.count(1)


class Fault(StrEnum):
    UNAUTHORISED = "401"
    RATE_LIMITED = "429"
    LOST_ANSWER = "accepted, and no answer before the client's time is over"
    GARBLED = "200 with something that isn't the API's"


@dataclass(frozen=True)
class Kept:
    """A post as the counterpart has it."""

    remote_id: str
    text: str
    language: str | None
    visibility: str
    content_warning: str
    alt_texts: tuple[str, ...]
    in_reply_to: str | None = None


class Rig(Protocol):
    #: False for a counterpart that leaves the images alone when a post is edited.
    can_replace_images: bool
    #: True where everything is public, so that nothing can go out to less than everybody.
    is_public_only: bool

    @property
    def network(self) -> Network: ...
    def kept(self) -> Sequence[Kept]: ...


class RemoteRig(Rig, Protocol):
    #: False for a network that doesn't say when somebody's words were changed.
    are_edits_dated: bool

    def break_next(self, fault: Fault, *, reading: bool = False) -> None: ...

    def say(
        self,
        text: str,
        *,
        visibility: str = "public",
        in_reply_to: str | None = None,
        content_warning: str = "",
        alt_text: str | None = None,
    ) -> str:
        """Have somebody else say this to the account; their words' id."""

    def edit(self, remote_id: str, text: str) -> None: ...
    def unsay(self, remote_id: str) -> None: ...


def outgoing(text: str = "The surgery is at ten.", **changes: object) -> Outgoing:
    """A post of its own reference; `changes` are fields of Outgoing."""
    number = next(_numbers)
    values: dict[str, object] = {
        "reference": f"post-{number}",
        "text": text,
        "language": "cy",
        "content_warning": None,
        "visibility": Visibility.UNLISTED,
        "media": (),
        "created_at": datetime.now(UTC),
        "record_key": record_key(datetime.now(UTC)),
    }
    return Outgoing(**(values | changes))  # type: ignore[arg-type]  # a test names right fields


def picture(folder: Path, alt_text: str, colour: str = "navy") -> MediaItem:
    path = folder / f"{colour}.png"
    Image.new("RGB", (8, 6), colour).save(path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return MediaItem(path, digest, "image/png", alt_text, 8, 6)


def eventually(ask: Callable[[], _Result | None], seconds: float = 6) -> _Result:
    """What `ask` gives, as soon as it gives something."""
    ends_at = datetime.now(UTC) + timedelta(seconds=seconds)
    while True:
        found = ask()
        if found:
            return found
        assert datetime.now(UTC) < ends_at, "It never came."
        threading.Event().wait(0.1)


def everything_said(network: Network, since: datetime) -> list[Inbound]:
    """All pages, as ingest reads them, each item once."""
    found: dict[str, Inbound] = {}
    before = None
    while True:
        page = network.mentions(since=since, before=before)
        found |= {item.remote_id: item for item in page.items if item.remote_id not in found}
        if page.older is None:
            return list(found.values())
        before = page.older


class NetworkContract:
    """Subclasses give the fixture `rig`, and say what their network hasn't."""

    #: False where a post carries no language.
    keeps_language = True
    #: False where the same words are refused the second time.
    takes_same_words_twice = True
    #: False where a post can't be changed in place.
    can_correct = True

    def test_a_post_goes_out_as_it_was_approved(self, rig: Rig) -> None:
        post = outgoing("Bore da.\n\nA > B & C < D")
        receipt = rig.network.publish(post, "a-1")
        (kept,) = rig.kept()
        assert kept.remote_id == receipt.remote_id
        visibility = "public" if rig.is_public_only else "unlisted"
        language = "cy" if self.keeps_language else None
        assert (kept.text, kept.language, kept.visibility) == (post.text, language, visibility)
        assert kept.content_warning == ""
        assert rig.network.exists(receipt.remote_id)

    def test_visibility_is_never_left_to_the_server(self, rig: Rig) -> None:
        rig.network.publish(outgoing("To all", visibility=Visibility.PUBLIC), "v-1")
        rig.network.publish(outgoing("To some", visibility=Visibility.UNLISTED), "v-2")
        shown = [kept.visibility for kept in rig.kept()]
        assert shown == ["public", "public" if rig.is_public_only else "unlisted"]

    def test_what_is_for_one_person_is_never_shown_to_all(self, rig: Rig) -> None:
        private = outgoing(visibility=Visibility.DIRECT)
        if rig.is_public_only:
            with pytest.raises(Rejected) as refused:
                rig.network.publish(private, "v-3")
            assert refused.value.reason is Reason.UNSUPPORTED
            assert rig.kept() == []
        else:
            rig.network.publish(private, "v-3")
            assert all(kept.visibility == "direct" for kept in rig.kept())

    def test_images_go_out_in_order_with_their_alt_texts(self, rig: Rig, tmp_path: Path) -> None:
        media = (
            picture(tmp_path, "Y ddesg yn y llyfrgell", "navy"),
            picture(tmp_path, "A map of the “Old Town” & the park", "teal"),
        )
        rig.network.publish(outgoing(media=media), "m-1")
        (kept,) = rig.kept()
        assert kept.alt_texts == tuple(item.alt_text for item in media)

    def test_the_same_image_twice_is_two_images(self, rig: Rig, tmp_path: Path) -> None:
        one = picture(tmp_path, "The bridge")
        rig.network.publish(outgoing(media=(one, one)), "m-2")
        assert rig.kept()[0].alt_texts == ("The bridge", "The bridge")

    def test_a_content_warning_goes_out(self, rig: Rig) -> None:
        rig.network.publish(outgoing(content_warning="Road death"), "w-1")
        assert rig.kept()[0].content_warning == "Road death"

    def test_the_same_key_twice_makes_one_post_where_that_is_declared(self, rig: Rig) -> None:
        post = outgoing()
        if not self.takes_same_words_twice:
            self.refuses_the_second(rig, post, post)
            return
        ids = {rig.network.publish(post, "k-1").remote_id for _ in range(2)}
        if rig.network.is_idempotent:
            assert len(ids) == len(rig.kept()) == 1
        assert {kept.remote_id for kept in rig.kept()} == ids

    def test_too_long_is_refused_and_nothing_is_posted(self, rig: Rig) -> None:
        too_long = "x" * (rig.network.limits().characters + 1)
        with pytest.raises(Rejected) as refused:
            rig.network.publish(outgoing(too_long), "l-1")
        assert refused.value.reason is Reason.TOO_LONG
        assert rig.kept() == []

    def refuses_the_second(self, rig: Rig, one: Outgoing, other: Outgoing) -> None:
        rig.network.publish(one, "same-1")
        with pytest.raises(Rejected) as refused:
            rig.network.publish(other, "same-2")
        assert refused.value.reason is Reason.ALREADY_POSTED
        assert len(rig.kept()) == 1

    def test_two_posts_with_the_same_words_have_two_ids(self, rig: Rig) -> None:
        if not self.takes_same_words_twice:
            self.refuses_the_second(rig, outgoing("Same"), outgoing("Same"))
            return
        first = rig.network.publish(outgoing("Same"), "s-1")
        second = rig.network.publish(outgoing("Same"), "s-2")
        assert first.remote_id != second.remote_id
        assert len(rig.kept()) == 2

    def test_withdrawing_twice_is_withdrawing_once(self, rig: Rig) -> None:
        receipt = rig.network.publish(outgoing(), "d-1")
        rig.network.withdraw(receipt.remote_id)
        assert not rig.network.exists(receipt.remote_id)
        rig.network.withdraw(receipt.remote_id)
        assert rig.kept() == []

    def refuses_to_correct(self, rig: Rig) -> None:
        receipt = rig.network.publish(outgoing("At ten."), "c-0")
        with pytest.raises(Rejected) as refused:
            rig.network.correct(receipt.remote_id, outgoing("At 11."), "c-0")
        assert refused.value.reason is Reason.UNSUPPORTED
        assert rig.kept()[0].text == "At ten."

    def test_a_correction_replaces_the_words_in_place(self, rig: Rig) -> None:
        if not self.can_correct:
            self.refuses_to_correct(rig)
            return
        post = outgoing("At ten.")
        before = rig.network.publish(post, "c-1")
        better = outgoing("At 11.", reference=post.reference, content_warning="Changed")
        for _ in range(2):
            after = rig.network.correct(before.remote_id, better, "c-2")
            assert after.remote_id == before.remote_id
        (kept,) = rig.kept()
        assert (kept.text, kept.content_warning) == ("At 11.", "Changed")

    def test_a_correction_replaces_images_or_says_that_it_cannot(
        self, rig: Rig, tmp_path: Path
    ) -> None:
        if not self.can_correct:
            self.refuses_to_correct(rig)
            return
        post = outgoing(media=(picture(tmp_path, "The hall"),))
        receipt = rig.network.publish(post, "c-5")
        same = outgoing("As before", reference=post.reference, media=post.media)
        rig.network.correct(receipt.remote_id, same, "c-6")
        media = (picture(tmp_path, "The library", "teal"),)
        better = outgoing("Better", reference=post.reference, media=media)
        if rig.can_replace_images:
            rig.network.correct(receipt.remote_id, better, "c-7")
            assert rig.kept()[0].alt_texts == ("The library",)
        else:
            with pytest.raises(Rejected) as refused:
                rig.network.correct(receipt.remote_id, better, "c-7")
            assert refused.value.reason is Reason.UNSUPPORTED

    def test_a_withdrawn_post_cannot_be_corrected(self, rig: Rig) -> None:
        post = outgoing()
        receipt = rig.network.publish(post, "c-3")
        rig.network.withdraw(receipt.remote_id)
        with pytest.raises(Rejected) as refused:
            rig.network.correct(receipt.remote_id, post, "c-4")
        assert refused.value.reason is (
            Reason.NOT_FOUND if self.can_correct else Reason.UNSUPPORTED
        )

    def test_find_gives_what_was_published(self, rig: Rig) -> None:
        since = datetime.now(UTC)
        post = outgoing("See https://force.example/a/rather/long/address/of/a/page?x=1&y=2 today")
        assert rig.network.find(post, since=since, taken=()) is None
        receipt = rig.network.publish(post, "f-1")
        found = rig.network.find(post, since=since, taken=())
        assert found
        assert found.remote_id == receipt.remote_id

    def test_find_passes_over_ids_that_are_taken(self, rig: Rig) -> None:
        since = datetime.now(UTC)
        post = outgoing()
        receipt = rig.network.publish(post, "f-2")
        assert rig.network.find(post, since=since, taken={receipt.remote_id}) is None

    def test_find_is_not_satisfied_by_other_words(self, rig: Rig) -> None:
        since = datetime.now(UTC)
        rig.network.publish(outgoing("The surgery is at ten"), "f-3")
        assert rig.network.find(outgoing("The surgery is at ten?"), since=since, taken=()) is None
        assert rig.network.find(outgoing("The surgery"), since=since, taken=()) is None

    def test_the_account_and_limits_are_known(self, rig: Rig) -> None:
        account, limits = rig.network.account(), rig.network.limits()
        assert account.remote_id
        assert account.handle
        assert min(limits.characters, limits.media_count, limits.media_bytes) > 0
        assert "image/jpeg" in limits.media_types

    def test_what_a_network_says_that_it_can_do_is_what_it_does(self, rig: Rig) -> None:
        """Other tests of this class show what it does; nothing is guessed from a version."""
        limits = rig.network.limits()
        assert limits.supports_visibility == (not rig.is_public_only)
        assert limits.supports_language == self.keeps_language


class RemoteNetworkContract(NetworkContract):
    """For adapters with a server behind them: what is known when the server misbehaves."""

    def test_find_counts_images(self, rig: RemoteRig, tmp_path: Path) -> None:
        since = datetime.now(UTC)
        rig.network.publish(outgoing("With a picture"), "f-4")
        wanted = outgoing("With a picture", media=(picture(tmp_path, "The hall"),))
        assert rig.network.find(wanted, since=since, taken=()) is None

    def test_find_tells_two_posts_with_the_same_words_apart(self, rig: RemoteRig) -> None:
        since = datetime.now(UTC)
        posts = [outgoing("Same"), outgoing("Same")]
        if not self.takes_same_words_twice:
            self.refuses_the_second(rig, *posts)
            return
        ids = {rig.network.publish(post, f"t-{post.reference}").remote_id for post in posts}
        taken: set[str] = set()
        for post in posts:
            found = rig.network.find(post, since=since, taken=taken)
            assert found
            taken.add(found.remote_id)
        assert taken == ids

    def test_find_does_not_go_back_behind_the_attempt(self, rig: RemoteRig) -> None:
        """The same words every week are different posts."""
        rig.network.publish(outgoing("Weekly"), "f-5")
        later = datetime.now(UTC) + timedelta(hours=1)
        assert rig.network.find(outgoing("Weekly"), since=later, taken=()) is None

    def test_a_refused_token_is_told_from_other_failures(self, rig: RemoteRig) -> None:
        rig.break_next(Fault.UNAUTHORISED)
        with pytest.raises(Unauthorised):
            rig.network.publish(outgoing(), "u-1")
        assert rig.kept() == []

    def test_too_many_requests_says_how_long_to_wait(self, rig: RemoteRig) -> None:
        rig.break_next(Fault.RATE_LIMITED)
        with pytest.raises(RateLimited) as limited:
            rig.network.publish(outgoing(), "r-1")
        assert limited.value.retry_after_s == pytest.approx(RETRY_AFTER_S, abs=1)
        assert rig.kept() == []

    def test_a_lost_answer_is_unknown_and_the_post_is_found(self, rig: RemoteRig) -> None:
        since = datetime.now(UTC)
        post = outgoing("Lost on the way back")
        rig.break_next(Fault.LOST_ANSWER)
        with pytest.raises(OutcomeUnknown):
            rig.network.publish(post, "o-1")

        def find() -> Receipt | None:
            return rig.network.find(post, since=since, taken=())

        assert eventually(find).remote_id == rig.kept()[0].remote_id
        assert len(rig.kept()) == 1

    def test_a_garbled_answer_is_unknown(self, rig: RemoteRig) -> None:
        rig.break_next(Fault.GARBLED)
        with pytest.raises(OutcomeUnknown):
            rig.network.publish(outgoing(), "g-1")

    @pytest.mark.parametrize("fault", [Fault.UNAUTHORISED, Fault.RATE_LIMITED, Fault.GARBLED])
    def test_a_list_that_cannot_be_read_is_not_absence(self, rig: RemoteRig, fault: Fault) -> None:
        rig.break_next(fault, reading=True)
        with pytest.raises(NetworkError):
            rig.network.find(outgoing(), since=datetime.now(UTC), taken=())
