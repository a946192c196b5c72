"""What every adapter that hears others has to do, beside the rest of the contract."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.networks.contract import Fault, RemoteRig, everything_said, outgoing
from vcp.networks.base import Inbound, NetworkError, Unauthorised, Visibility


def ago(seconds: float) -> datetime:
    return datetime.now(UTC) - timedelta(seconds=seconds)


def only(rig: RemoteRig) -> Inbound:
    (item,) = everything_said(rig.network, ago(60))
    return item


class InboundContract:
    """Subclasses give the fixture `rig`, and say what their network hasn't."""

    #: False where others can't put a warning before their words.
    hears_warnings = True

    def test_a_mention_is_heard_with_who_said_it_and_when(self, rig: RemoteRig) -> None:
        started = ago(1)
        remote_id = rig.say("Who do I ask about the lamp?\nIt's been a week")
        item = only(rig)
        assert item.remote_id == remote_id
        assert item.text.endswith("Who do I ask about the lamp?\nIt's been a week")
        assert item.handle
        assert item.handle == item.handle.lower()
        assert item.author_id
        assert item.posted_at
        assert started <= item.posted_at <= ago(-1)
        assert item.edited_at is None
        assert item.visibility == "public"
        assert item.in_reply_to_id is None

    def test_a_reply_names_what_it_answers(self, rig: RemoteRig) -> None:
        receipt = rig.network.publish(outgoing(visibility=Visibility.PUBLIC), "r-1")
        rig.say("Thank you", in_reply_to=receipt.remote_id)
        assert only(rig).in_reply_to_id == receipt.remote_id

    def test_what_is_for_us_only_is_told_as_that(self, rig: RemoteRig) -> None:
        if rig.is_public_only:
            rig.say("Everybody can read this")
            assert only(rig).visibility == "public"
            return
        if rig.is_public_only:
            return
        rig.say("Please don't tell anybody", visibility="direct")
        assert only(rig).visibility == "direct"

    def test_a_picture_comes_with_its_description(self, rig: RemoteRig) -> None:
        rig.say("", alt_text="Smoke over the roofs")
        (media,) = only(rig).media
        assert (media.kind, media.description) == ("image", "Smoke over the roofs")

    def test_a_content_warning_comes_apart(self, rig: RemoteRig) -> None:
        rig.say("It was awful", content_warning="Crash" if self.hears_warnings else "")
        assert only(rig).content_warning == ("Crash" if self.hears_warnings else None)

    def test_our_own_posts_are_nothing_said_to_us(self, rig: RemoteRig) -> None:
        rig.network.publish(outgoing(), "own-1")
        assert everything_said(rig.network, ago(60)) == []

    def test_a_hundred_mentions_come_by_pages(self, rig: RemoteRig) -> None:
        ids = {rig.say(f"Number {number}") for number in range(100)}
        first = rig.network.mentions(since=ago(60))
        assert 0 < len(first.items) < 100
        assert first.older is not None
        assert {item.remote_id for item in everything_said(rig.network, ago(60))} == ids

    def test_reading_ends_behind_the_moment_asked_for(self, rig: RemoteRig) -> None:
        rig.say("Before")
        page = rig.network.mentions(since=datetime.now(UTC) + timedelta(hours=1))
        assert page.older is None

    def test_an_edit_and_a_deletion_are_seen(self, rig: RemoteRig) -> None:
        remote_id = rig.say("Before")
        before = rig.network.message(remote_id)
        assert before
        assert before.edited_at is None
        rig.edit(remote_id, "After")
        after = rig.network.message(remote_id)
        assert after
        assert (after.edited_at is not None) or not rig.are_edits_dated
        assert after.text.endswith("After")
        rig.unsay(remote_id)
        assert rig.network.message(remote_id) is None

    def test_an_answer_goes_out_under_what_it_answers(self, rig: RemoteRig) -> None:
        visibility = Visibility.PUBLIC if rig.is_public_only else Visibility.DIRECT
        said = rig.say("When?", visibility=visibility.value)
        handle = only(rig).handle
        since = datetime.now(UTC)
        answer = outgoing(f"@{handle} At ten.", in_reply_to=said, visibility=visibility)
        receipt = rig.network.publish(answer, "answer-1")
        (kept,) = rig.kept()
        assert (kept.in_reply_to, kept.visibility) == (said, visibility.value)
        found = rig.network.find(answer, since=since, taken=())
        assert found
        assert found.remote_id == receipt.remote_id
        elsewhere = outgoing(answer.text, visibility=visibility)
        assert rig.network.find(elsewhere, since=since, taken=()) is None

    @pytest.mark.parametrize("fault", [Fault.UNAUTHORISED, Fault.RATE_LIMITED, Fault.GARBLED])
    def test_a_page_that_cannot_be_read_is_not_silence(self, rig: RemoteRig, fault: Fault) -> None:
        rig.break_next(fault, reading=True)
        with pytest.raises(NetworkError) as raised:
            rig.network.mentions(since=ago(60))
        assert isinstance(raised.value, Unauthorised) == (fault is Fault.UNAUTHORISED)
