"""What machines read: the register, tables of posts, and the few files that every site has."""

import csv
import io
import json
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time
from pathlib import Path

from PIL import Image
from sqlalchemy.orm import Session

from vcp.kernel import clock
from vcp.kernel.places import static_folder
from vcp.residents import queries
from vcp.residents.addresses import (
    FIGURES,
    FIXED,
    HOME,
    OFFICERS,
    PLACES,
    POSTS,
    REGISTER,
    STATEMENTS,
    place_path,
    post_path,
    record_path,
)
from vcp.residents.archive import put_map
from vcp.residents.site import Site
from vcp.residents.views import Account, OfficerView, shown_account
from vcp.residents.words import cell

REGISTER_HEADS = (
    "name",
    "kind",
    "rank",
    "number",
    "place",
    "status",
    "verified_on",
    "verified_until",
    "ended_on",
    "page",
    "accounts",
)
RECORD_HEADS = (
    "published",
    "officer",
    "place",
    "language",
    "content_warning",
    "text",
    "image_descriptions",
    "withdrawn",
    "withdrawal_reason",
    "page",
)
ICON_SIDES = ((16, 16), (32, 32), (48, 48))


def first_moment(day: date) -> datetime:
    """Return when a day begins, in UTC."""
    return datetime.combine(day, time(), UTC)


def put_register(site: Site, session: Session, everyone: Sequence[OfficerView]) -> None:
    """Put the register of genuine officers and accounts: as a page, as JSON and as a table."""
    accounts = [shown_account(channel) for channel in queries.accounts(session)]
    in_use = [account for account in accounts if account.state != "disconnected"]
    site.put_page(
        REGISTER,
        "register.html",
        officers=everyone,
        accounts=in_use,
        given_up=[account for account in accounts if account not in in_use],
    )
    document = {
        "force": site.settings.force_name,
        "officers": [_register_entry(site, officer) for officer in everyone],
        "accounts": [_account_entry(account) | {"state": account.state} for account in accounts],
    }
    data = json.dumps(document, ensure_ascii=False, indent=1).encode()
    site.files.put("register.json", data)
    rows = (_register_row(site, officer) for officer in everyone)
    site.files.put("register.csv", _table(REGISTER_HEADS, rows))


def _register_entry(site: Site, officer: OfficerView) -> dict[str, object]:
    return {
        "name": officer.name,
        "kind": officer.kind,
        "rank": officer.rank,
        "number": officer.number,
        "place": officer.place,
        "status": officer.status,
        "verified_on": _day(site, officer.verified_at),
        "verified_until": _day(site, officer.expires_at),
        "ended_on": _day(site, officer.ended_at),
        "page": site.absolute(officer.url),
        "accounts": [_account_entry(account) for account in officer.accounts],
    }


def _account_entry(account: Account) -> dict[str, object]:
    return {
        "network": account.network,
        "name": account.name,
        "handle": account.handle,
        "url": account.url,
        "shared": account.is_shared,
    }


def _register_row(site: Site, officer: OfficerView) -> list[object]:
    entry = _register_entry(site, officer)
    handles = " | ".join(account.url or account.handle for account in officer.accounts)
    return [*(entry[name] for name in REGISTER_HEADS[:-1]), handles]


def _day(site: Site, at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(site.settings.zone).date().isoformat()


def put_record(site: Site, session: Session, area_id: int, month: str) -> None:
    """Put an area's posts of one month, `2026-11`, as a table; those of areas below it too."""
    area = queries.areas(session).get(area_id)
    if area is None:
        return
    year, number = map(int, month.split("-"))
    zone = site.settings.zone
    since = datetime(year, number, 1, tzinfo=zone)
    until = datetime(year + number // 12, number % 12 + 1, 1, tzinfo=zone)
    rows = (
        [
            line.released_at.astimezone(zone).isoformat(timespec="seconds"),
            line.officer,
            line.area,
            line.language,
            None if line.withdrawn_at else line.content_warning,
            None if line.withdrawn_at else line.text,
            None if line.withdrawn_at else line.image_descriptions,
            _day(site, line.withdrawn_at),
            line.withdrawal_reason,
            site.absolute(post_path(line.public_id)),
        ]
        for line in queries.record_lines(session, area.path, since, until)
    )
    site.files.put(record_path(area.slug, month).lstrip("/"), _table(RECORD_HEADS, rows))


def put_all_records(site: Site, session: Session, area_id: int) -> None:
    """Put an area's posts of every month that has any."""
    area = queries.areas(session).get(area_id)
    for month in sorted(
        {month_of(site, at) for at in queries.release_times(session, area.path)} if area else ()
    ):
        put_record(site, session, area_id, month)


def month_of(site: Site, at: datetime) -> str:
    """Return the local month of a moment, as `2026-11`."""
    return f"{at.astimezone(site.settings.zone):%Y-%m}"


def months_of(site: Site, slug: str) -> list[dict[str, str]]:
    """Return the months whose table an area has, newest first."""
    folder = Path(site.files.root, record_path(slug, "any").lstrip("/")).parent
    found = sorted((path.stem for path in folder.glob("[0-9]*.csv")), reverse=True)
    return [
        {"text": f"{date.fromisoformat(f'{month}-01'):%B %Y}", "href": record_path(slug, month)}
        for month in found
    ]


def _table(heads: Iterable[str], rows: Iterable[Iterable[object]]) -> bytes:
    """Return a table as CSV that spreadsheets open rightly.

    Source: RFC 4180, and a byte order mark, without which spreadsheets guess the letters.
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(heads)
    writer.writerows([cell(value) for value in row] for row in rows)
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def put_fixed(site: Site, session: Session, everyone: Sequence[OfficerView]) -> None:
    """Put the pages of words alone, and what browsers and search engines look for."""
    for path, template in FIXED:
        site.put_page(path, template, now=clock.now())
    missing = site.templates.get_template("errors/error.html").render(status=404, me=None)
    site.files.put("404.html", missing.encode())
    rules = f"User-agent: *\nDisallow: /staff/\nSitemap: {site.absolute('/sitemap.xml')}\n"
    site.files.put("robots.txt", rules.encode())
    site.files.put("favicon.ico", _icon())
    places = [place_path(area.slug) for area in queries.areas(session).values()]
    lists = [HOME, PLACES, OFFICERS, POSTS, REGISTER, STATEMENTS, FIGURES]
    pages = [*lists, *(path for path, _ in FIXED)]
    put_map(site, "sitemap-site.xml", pages + places + [officer.url for officer in everyone])


def _icon() -> bytes:
    out = io.BytesIO()
    with Image.open(static_folder() / "images" / "icon-192.png") as image:
        image.save(out, "ICO", sizes=ICON_SIDES)
    return out.getvalue()
