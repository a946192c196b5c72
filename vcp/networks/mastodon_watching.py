"""Asking a Mastodon server what an account shows; `vcp.networks.mastodon` gives the call."""

from datetime import datetime
from typing import Any
from urllib.parse import quote

from vcp.kernel import clock
from vcp.networks.answers import Step, clock_ahead, failure
from vcp.networks.base import OwnPage, OwnPost, Unavailable
from vcp.networks.mastodon_answers import shown_post
from vcp.networks.mastodon_call import Call
from vcp.networks.mastodon_inbound import safe_text
from vcp.networks.mastodon_reading import OVERLAP

_PAGE_SIZE = 40
#: A full page of the smallest kind: a server that gives it again and again doesn't page.
_SMALLEST_PAGE = 20


def own_posts(call: Call, own_id: str, since: datetime, before: str | None) -> OwnPage:
    """One page of the account's statuses, newest first; `since_id` isn't dependable."""
    asked = {"limit": _PAGE_SIZE} | ({} if before is None else {"max_id": before})
    path = f"/api/v1/accounts/{quote(own_id, safe='')}/statuses"
    answer = call.ask_plainly(Step.READ, "GET", path, params=asked)
    try:
        page = [_own_post(status, call) for status in answer]
    except (ValueError, TypeError, LookupError, AttributeError) as error:
        raise failure(call.wire, Step.READ) from error
    return OwnPage(tuple(page), _older(call, page, since - OVERLAP, before))


def _own_post(status: Any, call: Call) -> OwnPost:
    other = status.get("reblog")
    shown = shown_post(status).post
    words = shown if other is None else shown_post(other).post
    warning = f"{words.content_warning}\n\n" if words.content_warning else ""
    # By our clock, so that it can be compared with when we sent.
    ahead = clock_ahead(call.wire.exchange, clock.now())
    return OwnPost(
        remote_id=shown.remote_id,
        url=words.url,
        text=safe_text(warning + words.text),
        created_at=shown.created_at - ahead,
        edit_mark=str(status.get("edited_at") or ""),
        media_count=words.media_count,
        is_edited=bool(status.get("edited_at")),
        is_boost=other is not None,
    )


def _older(call: Call, page: list[OwnPost], start: datetime, before: str | None) -> str | None:
    """Where the next page begins; a short page isn't the end, since servers leave entries out."""
    if not page or all(post.created_at < start for post in page):
        return None
    last_id = page[-1].remote_id
    if last_id != before:
        return last_id
    if len(page) < _SMALLEST_PAGE:
        return None
    raise Unavailable(f"{call.wire.host} doesn't show the account's posts far enough back.")
