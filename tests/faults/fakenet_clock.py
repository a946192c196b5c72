"""What time it is for fakenet, which a test may move."""

from datetime import UTC, datetime, timedelta

_offset = timedelta()


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.now(UTC) + _offset


def shift(seconds: float) -> None:
    """Have it be so many seconds later than it is, for every network of this process."""
    global _offset  # noqa: PLW0603 - one clock a process
    _offset = timedelta(seconds=seconds)
