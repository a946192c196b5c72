from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.networks.contract import outgoing, picture
from tests.networks.rigs import FolderWriter
from vcp.networks.base import NotSent, Outgoing, Reason, Rejected
from vcp.networks.own import LIMITS, OwnFeed


class FullDisk(FolderWriter):
    def write(self, outgoing: Outgoing, key: str) -> str:
        raise OSError(28, "No space left on device")

    def remove(self, reference: str) -> None:
        raise OSError(30, "Read-only file system")


def test_a_folder_that_cannot_be_written_is_not_sent_and_says_so(tmp_path: Path) -> None:
    feed = OwnFeed(FullDisk(tmp_path))
    with pytest.raises(NotSent, match="folder can't be written"):
        feed.publish(outgoing(), "key")
    with pytest.raises(NotSent):
        feed.withdraw("post-1")


def test_a_page_of_other_words_is_not_found_as_this_one(tmp_path: Path) -> None:
    feed = OwnFeed(FolderWriter(tmp_path))
    old = outgoing("Old")
    feed.publish(old, "key")
    corrected = outgoing("New", reference=old.reference)
    assert feed.find(corrected, since=datetime.now(UTC), taken=()) is None
    feed.correct(old.reference, corrected, "key-2")
    assert feed.find(corrected, since=datetime.now(UTC), taken=())


def test_the_receipt_gives_the_pages_address(tmp_path: Path) -> None:
    post = outgoing()
    receipt = OwnFeed(FolderWriter(tmp_path)).publish(post, "key")
    assert receipt.remote_id == post.reference
    assert receipt.url == f"http://127.0.0.1:8000/posts/{post.reference}"


def test_more_images_than_the_site_takes_are_refused(tmp_path: Path) -> None:
    media = (picture(tmp_path, "A picture"),) * (LIMITS.media_count + 1)
    with pytest.raises(Rejected) as refused:
        OwnFeed(FolderWriter(tmp_path)).publish(outgoing(media=media), "key")
    assert refused.value.reason is Reason.MEDIA
