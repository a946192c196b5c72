"""The schedule for other programs: a table, JSON lines, or a calendar file."""

import json
from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

from icalendar import Calendar, Event

from vcp.kernel import clock, sheets
from vcp.kernel.settings import settings
from vcp.posts import in_force
from vcp.posts.calendar import Entry

COLUMNS = ("when", "zone", "utc", "persona", "state", "text", "address")


def as_rows(entries: Sequence[Entry]) -> list[dict[str, str]]:
    """Return the entries as documented in docs/operating.md."""
    zone = in_force.zone()
    return [
        {
            "when": f"{entry.at.astimezone(zone):%Y-%m-%d %H:%M}",
            "zone": zone.key,
            "utc": entry.at.isoformat(),
            "persona": entry.persona,
            "state": entry.state,
            "text": entry.title,
            "address": address_of(entry),
        }
        for entry in entries
    ]


def address_of(entry: Entry) -> str:
    """Return where an entry can be looked at."""
    if entry.post_id is not None:
        return in_force.page(f"/staff/posts/{entry.post_id}")
    return in_force.page(f"/staff/series/{entry.series_id}")


def as_csv(entries: Sequence[Entry]) -> str:
    """Return a table; no cell is a formula."""
    return sheets.written(COLUMNS, as_rows(entries))


def as_json(entries: Sequence[Entry]) -> str:
    """Return one JSON object a line."""
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in as_rows(entries))


def as_ical(entries: Sequence[Entry]) -> str:
    """Return a calendar file; what isn't approved is tentative.

    Source: RFC 5545.
    """
    made = Calendar()
    made.add("prodid", "-//Virtual Community Policing//Schedule//EN")
    made.add("version", "2.0")
    host = urlsplit(settings().base_url).hostname or "localhost"
    for entry in entries:
        event = Event()
        own = entry.public_id or f"series-{entry.series_id}-{entry.at:%Y%m%d}"
        event.add("uid", f"{own}@{host}")
        event.add("dtstamp", clock.now())
        event.add("dtstart", entry.at)
        event.add("summary", f"{entry.persona}: {entry.title}")
        event.add("url", address_of(entry))
        is_firm = entry.state in {"scheduled", "publishing", "published", "partly_published"}
        event.add("status", "CONFIRMED" if is_firm else "TENTATIVE")
        made.add_component(event)
    return str(made.to_ical(), "utf-8")


#: How each kind of file is made, and what browsers call it.
KINDS: dict[str, tuple[Callable[[Sequence[Entry]], str], str]] = {
    "csv": (as_csv, "text/csv; charset=utf-8"),
    "json": (as_json, "application/x-ndjson"),
    "ics": (as_ical, "text/calendar; charset=utf-8"),
}
