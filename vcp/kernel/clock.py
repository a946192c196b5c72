"""The only reading of the time."""

from datetime import UTC, datetime, timedelta

_offset = timedelta()


def now() -> datetime:
    """Return the present moment, aware, in UTC."""
    return datetime.now(UTC) + _offset


def shift(offset: timedelta) -> None:
    """Move the clock of this process.

    `vcp.kernel.settings` allows it in test mode only; `vcp.seed` does while it makes a demo's past.
    """
    global _offset  # noqa: PLW0603 - one clock a process is the point of this module
    _offset = offset
