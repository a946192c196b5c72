"""What this installation decided about posts."""

from datetime import timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from vcp.kernel.settings import settings
from vcp.triage.outbound import OutboundContext


def zone() -> ZoneInfo:
    """Return the zone in which staff type times."""
    return settings().zone


def zone_named(name: str) -> ZoneInfo:
    """Return the zone in which a time was typed and kept."""
    return ZoneInfo(name)


def longest_wait() -> timedelta:
    """Return how long after its due time an unsent post may still go out."""
    return timedelta(hours=settings().not_after_hours)


def page(path: str) -> str:
    """Return the full address of one of our pages, for an e-mail."""
    return settings().base_url + path


def screening_context(*, pre_election: bool = False) -> OutboundContext:
    """Return what the screen must know of this force, and of the time that is meant."""
    known = settings()
    hosts = (urlsplit(url).hostname or "" for url in (known.base_url, known.report_url))
    return OutboundContext(
        pre_election=known.pre_election or pre_election,
        force_phones=frozenset({known.emergency_number, known.non_emergency_number}),
        force_domains=frozenset(host for host in hosts if host),
    )
