"""Listing the records that a Bluesky account has; `vcp.networks.bluesky` gives the call.

Moments and keys are what their writer chose, so a record may lie anywhere in the list.
"""

from datetime import datetime, timedelta
from typing import Any

from vcp.kernel import clock
from vcp.networks.answers import Step
from vcp.networks.base import OwnPage, OwnPost
from vcp.networks.bluesky_answers import problem
from vcp.networks.bluesky_call import Call
from vcp.networks.bluesky_record import POSTS, Address
from vcp.networks.mastodon_inbound import moment, safe_text

REPOSTS = "app.bsky.feed.repost"
OVERLAP = timedelta(minutes=2)
_PAGE_SIZE = 100
_LONGEST_TEXT = 50_000
_LONGEST_ID = 500


def own_posts(call: Call, did: str, since: datetime, before: str | None) -> OwnPage:
    """One page of posts by descending key; when they end, pages of reposts follow."""
    collection, _, cursor = (before or f"{POSTS} ").partition(" ")
    answer = call.get(
        "com.atproto.repo.listRecords",
        repo=did,
        collection=collection,
        limit=_PAGE_SIZE,
        cursor=cursor or None,
    )
    rows = answer.get("records")
    if not isinstance(rows, list):
        raise problem(call.wire, Step.READ)
    items = tuple(_own_post(row, did, collection, call) for row in rows)
    more = answer.get("cursor")
    is_old = all(item.created_at < since - OVERLAP for item in items)
    if isinstance(more, str) and more not in ("", cursor) and items and not is_old:
        return OwnPage(items, f"{collection} {more}")
    return OwnPage(items, f"{REPOSTS} " if collection == POSTS else None)


def _own_post(row: Any, did: str, collection: str, call: Call) -> OwnPost:
    part = _part(row)
    uri, cid = part.get("uri"), part.get("cid")
    if not isinstance(uri, str) or len(uri) > _LONGEST_ID or not isinstance(cid, str):
        raise problem(call.wire, Step.READ)
    value = _part(part.get("value"))
    is_boost = collection == REPOSTS
    said = _part(value.get("subject")).get("uri") if is_boost else value.get("text")
    images = _part(value.get("embed")).get("images")
    address = Address(did, collection, uri.rpartition("/")[2])
    return OwnPost(
        remote_id=uri,
        url=None if is_boost else address.url,
        text=safe_text(said if isinstance(said, str) else "")[:_LONGEST_TEXT],
        # What claims no moment is taken as new: it was never seen before.
        created_at=moment(value.get("createdAt")) or clock.now(),
        edit_mark=cid,
        media_count=len(images) if isinstance(images, list) else 0,
        is_boost=is_boost,
    )


def _part(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
