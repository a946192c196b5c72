"""Moments of the invented past: days ago and local times, from the present on backwards."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from vcp.posts import timing


@dataclass(frozen=True)
class Calendar:
    """The present moment, and the zone in which people here read the time."""

    now: datetime
    zone: ZoneInfo

    def day(self, days_ago: int, clock: str) -> datetime:
        """Return that local time of that day; no day before or after tomorrow is too far."""
        local = self.now.astimezone(self.zone).date() - timedelta(days=days_ago)
        return datetime.combine(local, time.fromisoformat(clock), self.zone)

    def ago(self, minutes: float) -> datetime:
        """Return the moment so many minutes ago."""
        return self.now - timedelta(minutes=minutes)

    def typed(self, days_ago: int, clock: str) -> str:
        """Return that local time as people would type it."""
        return timing.typed_as(self.day(days_ago, clock), self.zone)
