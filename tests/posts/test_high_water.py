"""The newest attempt, remembered in a file beside the database."""

import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

from vcp.posts.high_water import FILE_NAME, HighWater, Mark

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def test_an_older_attempt_never_takes_the_place_of_a_newer(tmp_path: Path) -> None:
    water = HighWater(tmp_path)
    newer = Mark(uuid.uuid4(), AT)
    water.note(newer)
    water.note(Mark(uuid.uuid4(), AT - timedelta(seconds=1)))
    assert water.read() == newer


def test_of_attempts_that_were_stored_together_one_is_enough(tmp_path: Path) -> None:
    water = HighWater(tmp_path)
    first = Mark(uuid.uuid4(), AT)
    water.note(first)
    water.note(Mark(uuid.uuid4(), AT))
    assert water.read() == first


def test_a_file_that_is_damaged_tells_nothing(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text('{"attempt": "half')
    assert HighWater(tmp_path).read() is None
