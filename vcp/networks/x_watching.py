"""What X's list of an account says of each post, for telling ours from others."""

from datetime import timedelta
from typing import Any

from vcp.networks.base import OwnPost
from vcp.networks.mastodon_inbound import safe_text
from vcp.networks.x_answers import shown_post


def own_post(row: Any, ahead: timedelta) -> OwnPost:
    """An entry of the account's list; `ahead` is by how much X's clock is ahead of ours.

    Raises: ValueError, TypeError, AttributeError or LookupError when it isn't one.
    """
    shown = shown_post(row)
    versions = [str(one) for one in row.get("edit_history_tweet_ids") or ()]
    earlier = tuple(one for one in versions if one != shown.post.remote_id)
    return OwnPost(
        remote_id=shown.post.remote_id,
        url=shown.post.url,
        text=safe_text(shown.post.text),
        created_at=shown.post.created_at - ahead,
        edit_mark=shown.post.remote_id,
        media_count=shown.post.media_count,
        is_edited=bool(earlier),
        is_boost=shown.is_repost,
        earlier_ids=earlier,
    )
