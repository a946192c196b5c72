"""What every adapter that lists its own account has to do, beside the rest of the contract."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.networks.contract import Fault, RemoteRig, outgoing
from vcp.networks.base import Network, NetworkError, OwnPage, OwnPost


def ago(seconds: float) -> datetime:
    return datetime.now(UTC) - timedelta(seconds=seconds)


def pages(network: Network, since: datetime) -> list[OwnPage]:
    """All pages, as ingest reads them."""
    found = [network.own_posts(since=since)]
    while found[-1].older is not None:
        found.append(network.own_posts(since=since, before=found[-1].older))
    return found


def everything_shown(network: Network, since: datetime) -> dict[str, OwnPost]:
    """What is on all pages, by id."""
    return {post.remote_id: post for page in pages(network, since) for post in page.items}


class WatchContract:
    """Subclasses give the fixture `rig`, and say what their network hasn't."""

    #: False where a post can't be changed in place.
    can_correct = True

    def test_what_went_out_is_listed_as_it_is_shown(self, rig: RemoteRig) -> None:
        receipt = rig.network.publish(outgoing("Bore da.\n\nAt ten & not before"), "w-1")
        (shown,) = everything_shown(rig.network, ago(60)).values()
        assert shown.remote_id == receipt.remote_id
        assert shown.text == "Bore da.\n\nAt ten & not before"
        assert ago(30) < shown.created_at < ago(-30)
        assert (shown.is_boost, shown.media_count, shown.earlier_ids) == (False, 0, ())

    def test_a_hundred_and_more_come_by_pages(self, rig: RemoteRig) -> None:
        ids = {
            rig.network.publish(outgoing(f"Number {number}"), f"many-{number}").remote_id
            for number in range(105)
        }
        assert everything_shown(rig.network, ago(60)).keys() == ids
        assert len(pages(rig.network, ago(60))) > 1

    def test_an_edit_leaves_its_mark_and_nothing_else_does(self, rig: RemoteRig) -> None:
        if not self.can_correct:
            return
        post = outgoing("At ten.")
        remote_id = rig.network.publish(post, "w-3").remote_id
        marks = [everything_shown(rig.network, ago(60))[remote_id].edit_mark for _ in range(2)]
        better = outgoing("At 11.", reference=post.reference)
        rig.network.correct(remote_id, better, "w-4")
        after = everything_shown(rig.network, ago(60))[remote_id]
        assert marks[0] == marks[1] != after.edit_mark
        assert after.text == "At 11."

    def test_what_was_taken_down_is_listed_no_more(self, rig: RemoteRig) -> None:
        gone, kept = (
            rig.network.publish(outgoing(f"Number {number}"), f"w-{number}").remote_id
            for number in (5, 6)
        )
        rig.network.withdraw(gone)
        assert everything_shown(rig.network, ago(60)).keys() == {kept}

    @pytest.mark.parametrize("fault", [Fault.UNAUTHORISED, Fault.RATE_LIMITED, Fault.GARBLED])
    def test_a_list_that_cannot_be_read_is_not_an_empty_one(
        self, rig: RemoteRig, fault: Fault
    ) -> None:
        rig.break_next(fault, reading=True)
        with pytest.raises(NetworkError):
            rig.network.own_posts(since=ago(60))
