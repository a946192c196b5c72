"""What every adapter does with a thread, and with a poll where it says that it has them."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.networks.contract import Fault, RemoteRig, Rig, eventually, outgoing, picture
from vcp.networks.base import Ballot, OutcomeUnknown, Outgoing, Receipt, Rejected

POLL = Ballot(("Tuesday evening", "Saturday morning", "Neither"), 180)


def published(rig: Rig, parts: list[Outgoing]) -> list[Receipt]:
    """Publish parts, each in answer to the one before."""
    receipts: list[Receipt] = []
    for place, part in enumerate(parts):
        answered = _after(part, receipts[-1]) if receipts else part
        receipts.append(rig.network.publish(answered, f"t-{part.reference}-{place}"))
        parts[place] = answered
    return receipts


def _after(part: Outgoing, before: Receipt) -> Outgoing:
    return Outgoing(**{**vars(part), "in_reply_to": before.remote_id})


class ThreadContract:
    """Subclasses give `rig` and say what the counterpart has kept of a poll."""

    def kept_poll(self, rig: Rig, remote_id: str) -> tuple[tuple[str, ...], int] | None:
        raise NotImplementedError

    def test_a_thread_of_three_hangs_together(self, rig: RemoteRig, tmp_path: Path) -> None:
        media = (picture(tmp_path, "The bridge"), picture(tmp_path, "The library", "teal"))
        parts = [
            outgoing("The bridge is shut.", media=media[:1]),
            outgoing("Go round by the library.", media=media[1:]),
            outgoing("It opens again on Friday."),
        ]
        first, second, third = published(rig, parts)
        shown = {kept.remote_id: kept for kept in rig.kept()}
        assert [shown[one.remote_id].in_reply_to for one in (first, second, third)] == [
            None,
            first.remote_id,
            second.remote_id,
        ]
        assert [shown[one.remote_id].text for one in (first, second, third)] == [
            part.text for part in parts
        ]
        assert shown[second.remote_id].alt_texts == ("The library",)

    def test_every_part_is_found_by_what_it_answers(self, rig: RemoteRig) -> None:
        since = datetime.now(UTC)
        parts = [outgoing("At ten."), outgoing("At noon."), outgoing("At four.")]
        receipts = published(rig, parts)
        for part, receipt in zip(parts, receipts, strict=True):
            found = rig.network.find(part, since=since, taken=())
            assert found is not None
            assert found.remote_id == receipt.remote_id
        elsewhere = Outgoing(**{**vars(parts[1]), "in_reply_to": receipts[1].remote_id})
        assert rig.network.find(elsewhere, since=since, taken=()) is None

    def test_a_part_whose_answer_is_lost_is_found(self, rig: RemoteRig) -> None:
        since = datetime.now(UTC)
        (first,) = published(rig, [outgoing("The road is shut.")])
        second = _after(outgoing("Go round by the park."), first)
        rig.break_next(Fault.LOST_ANSWER)
        with pytest.raises(OutcomeUnknown):
            rig.network.publish(second, "t-lost")
        found = eventually(lambda: rig.network.find(second, since=since, taken=()))
        (kept,) = [one for one in rig.kept() if one.remote_id == found.remote_id]
        assert kept.in_reply_to == first.remote_id

    def test_a_poll_is_asked_where_that_is_declared(self, rig: RemoteRig) -> None:
        limits = rig.network.limits()
        post = outgoing("When shall we come?", poll=POLL)
        if not limits.poll_choices:
            with pytest.raises(Rejected):
                rig.network.publish(post, "p-1")
            assert rig.kept() == []
            return
        assert limits.poll_choices >= len(POLL.choices)
        receipt = rig.network.publish(post, "p-1")
        assert self.kept_poll(rig, receipt.remote_id) == (POLL.choices, POLL.minutes)
        found = rig.network.find(post, since=datetime.now(UTC), taken=())
        assert found is not None
        assert found.remote_id == receipt.remote_id
