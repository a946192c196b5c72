"""Asking a Mastodon server what was said to the account; `vcp.networks.mastodon` gives the call."""

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, urlsplit

from vcp.kernel import clock
from vcp.networks.answers import Step, clock_ahead, failure
from vcp.networks.base import (
    UNREADABLE,
    Inbound,
    InboundPage,
    Reason,
    Rejected,
    Unauthorised,
    Unavailable,
)
from vcp.networks.mastodon_call import Call
from vcp.networks.mastodon_inbound import Noticed, inbound, noticed

#: Read again before the moment asked for: pages shrink and come late.
OVERLAP = timedelta(minutes=2)
#: The most that Mastodon gives; others give fewer.
_PAGE_SIZE = 80
#: A full page of the smallest kind: a server that gives it again and again doesn't page.
_SMALLEST_PAGE = 20


def mentions(call: Call, own_id: str, since: datetime, before: str | None) -> InboundPage:
    """One page of the account's notifications, newest first; `since_id` isn't dependable."""
    page = [noticed(entry, _host(call), own_id) for entry in _entries(call, before)]
    start = since + clock_ahead(call.wire.exchange, clock.now()) - OVERLAP
    items = tuple(one.item for one in page if one.item is not None)
    return InboundPage(items, _older(call, page, start, before))


def message(call: Call, remote_id: str) -> Inbound | None:
    """The status as it is now; None when the server doesn't show it, whoever took it away."""
    if remote_id.startswith(UNREADABLE):
        raise Rejected("This message has no id that can be asked for.", reason=Reason.INVALID)
    path = f"/api/v1/statuses/{quote(remote_id, safe='')}"
    try:
        answer = call.ask_plainly(Step.READ, "GET", path)
    except Rejected as refused:
        if refused.reason is Reason.NOT_FOUND:
            return None
        raise
    if not isinstance(answer, dict) or "content" not in answer:
        raise failure(call.wire, Step.READ)
    return inbound(answer, _host(call), None)


def _entries(call: Call, before: str | None) -> list[Any]:
    # Newcomers' words are filtered on some servers, and they may be those who need us most.
    asked = {"types[]": "mention", "limit": _PAGE_SIZE, "include_filtered": "true"}
    if before is not None:
        asked["max_id"] = before
    try:
        answer = call.ask_plainly(Step.READ, "GET", "/api/v1/notifications", params=asked)
    except Unauthorised as refused:
        if call.wire.exchange.status == 403:  # noqa: PLR2004 - HTTP's Forbidden
            # Posting still works: the account was connected before we asked for this right.
            raise Rejected(
                f"{call.wire.host} doesn't let us read what is said to the account. Connect the "
                "channel again, and say yes to reading notifications.",
                reason=Reason.FORBIDDEN,
            ) from refused
        raise
    if not isinstance(answer, list):
        raise failure(call.wire, Step.READ)
    return answer


def _older(call: Call, page: list[Noticed], start: datetime, before: str | None) -> str | None:
    """Where the next page begins; a short page isn't the end, since servers leave entries out."""
    if not page or all(one.at is not None and one.at < start for one in page):
        return None
    last_id = next((one.id for one in reversed(page) if one.id is not None), None)
    if last_id is not None and last_id != before:
        return last_id
    if len(page) < _SMALLEST_PAGE:
        return None
    raise Unavailable(f"{call.wire.host} doesn't show what was said far enough back.")


def _host(call: Call) -> str:
    return urlsplit(call.wire.base_url).netloc
