"""What X's JSON says, read without trusting its form, and what its refusals mean."""

import contextlib
import html
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import requests

from vcp.networks import x_length
from vcp.networks.answers import Step, failure
from vcp.networks.base import (
    AccountInfo,
    Limits,
    NetworkError,
    Reason,
    Rejected,
    RemotePost,
    Unauthorised,
    Unavailable,
)
from vcp.networks.readback import is_same_text
from vcp.networks.wire import Exchange, Wire

#: X gives no way to ask. Source: docs.x.com, "Counting characters" and "Media best practices".
LIMITS = Limits(
    characters=280,
    url_length=x_length.LINK,
    media_count=4,
    media_bytes=5 * 1024 * 1024,
    media_types=("image/jpeg", "image/png", "image/webp"),
    alt_characters=1000,
    supports_edit=False,
    supports_content_warning=False,
    probed_at=None,
    counting="weighted",
    # Source: docs.x.com, "Create or Edit Post".
    poll_choices=4,
    poll_choice_characters=25,
    video_bytes=512 * 1024 * 1024,
    video_seconds=140,
)
_DUPLICATE = re.compile(r"duplicate content", re.IGNORECASE)
_TOO_LONG = re.compile(r"shorter|too long|over the|character limit|280", re.IGNORECASE)
_MEDIA = re.compile(r"media", re.IGNORECASE)
# Refusals of the account or the app rather than of these words. "Locked" is our account; "blocked"
# is what one resident did to it, which mustn't stop the channel.
_ABOUT_SIGN_IN = re.compile(
    r"oauth|permission|authenticat|suspended|\blocked|enrolled|credentials|client-forbidden",
    re.IGNORECASE,
)
_MENTIONS = re.compile(r"^(?:@\w+\s+)+")
_SHORT_LINK = re.compile(r"https://t\.co/\w+")
_MOST_SAID = 200


def x_failure(wire: Wire, step: Step) -> NetworkError:
    """Our error for the wire's last exchange, which didn't end as it should."""
    status, host = wire.exchange.status, wire.host
    if status == requests.codes.payment_required:
        return Unavailable(
            f"The force's credit at {host} is used up. Top it up there; it will be tried again."
        )
    if status in (
        requests.codes.bad_request,
        requests.codes.unauthorized,
        requests.codes.forbidden,
        requests.codes.not_found,
    ):
        return _refused(wire.exchange, host, step)
    return failure(wire, step)


def said(exchange: Exchange) -> str:
    """X's own reasons, in one line; empty when its answer gives none."""
    answer = exchange.json()
    if not isinstance(answer, dict):
        return ""
    parts = [answer.get("detail"), answer.get("reason"), answer.get("type")]
    for row in _rows(answer.get("errors")):
        parts += [row.get("message"), row.get("detail"), row.get("type")]
    if not any(isinstance(part, str) and part for part in parts):
        parts = [answer.get("title")]
    known = dict.fromkeys(
        " ".join(part.split()) for part in parts if isinstance(part, str) and part != "about:blank"
    )
    return " ".join(part for part in known if part)[:_MOST_SAID]


def is_missing(answer: Any) -> bool:
    """True for the 200 whose errors say that the post isn't there."""
    return _has_error(answer, "resource-not-found")


def is_hidden(answer: Any) -> bool:
    """True for the 200 whose errors say that its author, or X, shows the post to us no more."""
    return _has_error(answer, "not-authorized-for-resource", "resource-unavailable")


def _has_error(answer: Any, *kinds: str) -> bool:
    if not isinstance(answer, dict) or "data" in answer:
        return False
    return any(str(row.get("type")).endswith(kinds) for row in _rows(answer.get("errors")))


def posts_in(answer: Any) -> int:
    """How many posts an answer gives to read; accounts and errors are none."""
    data = answer.get("data") if isinstance(answer, dict) else None
    rows = data if isinstance(data, list) else [data]
    return sum(isinstance(row, dict) and isinstance(row.get("text"), str) for row in rows)


def id_of(part: Any) -> str | None:
    """The id in an answer's data; None when it has none."""
    found = part.get("id") if isinstance(part, dict) else None
    return found if isinstance(found, str) and found.isascii() and found.isdigit() else None


def account_info(answer: Any, base_url: str) -> AccountInfo:
    """The account of the keys.

    Raises: Unavailable when the answer isn't an account.
    """
    data = answer.get("data") if isinstance(answer, dict) else None
    remote_id = id_of(data)
    name = data.get("username") if isinstance(data, dict) else None
    if not isinstance(data, dict) or remote_id is None or not isinstance(name, str):
        raise Unavailable(f"{base_url} gave an answer that isn't an account. Check the address.")
    return AccountInfo(
        remote_id=remote_id,
        handle=name,
        display_name=str(data.get("name") or name),
        url=f"https://x.com/{name}",
        profile_links=_profile_links(data.get("entities")),
    )


@dataclass(frozen=True)
class ShownPost:
    """One entry of an account's list."""

    post: RemotePost
    is_repost: bool


def shown_post(row: Any) -> ShownPost:
    """An entry of an account's list.

    Raises: ValueError, TypeError, AttributeError or LookupError when it isn't one.
    """
    remote_id = id_of(row)
    if remote_id is None:
        raise ValueError("A post without an id.")
    kinds = {one["type"]: str(one["id"]) for one in row.get("referenced_tweets") or ()}
    post = RemotePost(
        remote_id=remote_id,
        url=address_of(remote_id),
        text=text_of(row),
        created_at=datetime.fromisoformat(row["created_at"]),
        content_warning=None,
        media_count=len((row.get("attachments") or {}).get("media_keys") or ()),
        in_reply_to=kinds.get("replied_to"),
    )
    return ShownPost(post, is_repost="retweeted" in kinds)


def address_of(remote_id: str) -> str:
    """Where people see a post; X finds it by its id whatever name is before it."""
    return f"https://x.com/i/status/{remote_id}"


def text_of(row: Any) -> str:
    """What was typed: short links turned back, those of pictures taken out, signs made plain."""
    long = row.get("note_tweet")
    part = long if isinstance(long, dict) and isinstance(long.get("text"), str) else row
    targets: dict[str, str] = {}
    for one in _rows((row.get("entities") or {}).get("urls")) + _rows(
        (part.get("entities") or {}).get("urls")
    ):
        expanded = "" if one.get("media_key") else one.get("expanded_url")
        if isinstance(one.get("url"), str) and isinstance(expanded, str):
            targets[one["url"]] = expanded
    text = _SHORT_LINK.sub(lambda found: targets.get(found[0], found[0]), part["text"])
    return html.unescape(text).strip()


def is_same_post(shown: str, wanted: str, *, is_reply: bool) -> bool:
    """True when two texts say the same but for white space and how a link is written."""
    if is_reply:
        # X may put whom a reply answers before it, or leave it out.
        shown, wanted = _MENTIONS.sub("", shown), _MENTIONS.sub("", wanted)
    return is_same_text(_with_plain_links(shown), _with_plain_links(wanted))


def _with_plain_links(text: str) -> str:
    for link in sorted(set(x_length.links(text)), key=len, reverse=True):
        text = text.replace(link, _link_key(link))
    return text


def _link_key(link: str) -> str:
    """A link without what X adds or takes: scheme, letters of the name, the last slash."""
    parts = urlsplit(link if "://" in link else f"http://{link}")
    name = parts.netloc.lower()
    with contextlib.suppress(UnicodeError):
        name = name.encode("idna").decode()
    rest = link.partition("://")[2] if "://" in link else link
    return (name + rest[len(parts.netloc) :]).rstrip("/")


def _refused(exchange: Exchange, host: str, step: Step) -> NetworkError:
    status, detail = exchange.status, said(exchange)
    quoted = f' It says: "{detail}".' if detail else ""
    if status == requests.codes.forbidden and _DUPLICATE.search(detail):
        return Rejected(
            f"{host} says that it has a post with these words already. Look at the account.",
            reason=Reason.ALREADY_POSTED,
            detail=detail,
        )
    if status == requests.codes.unauthorized or (
        status == requests.codes.forbidden and _ABOUT_SIGN_IN.search(detail)
    ):
        return Unauthorised(
            f"{host} no longer accepts our keys.{quoted} Connect the channel again."
        )
    if not isinstance(exchange.json(), dict):
        return Rejected(f"{host} isn't X's API. Check the address.", reason=Reason.ADDRESS)
    reason = _reason(status or 0, detail, step)
    return Rejected(f"{host} refused this.{quoted}", reason=reason, detail=detail)


def _reason(status: int, detail: str, step: Step) -> Reason:
    if step is Step.UPLOAD:
        return Reason.MEDIA
    if status == requests.codes.not_found:
        return Reason.NOT_FOUND
    if _TOO_LONG.search(detail):
        return Reason.TOO_LONG
    if _MEDIA.search(detail):
        return Reason.MEDIA
    return Reason.FORBIDDEN if status == requests.codes.forbidden else Reason.INVALID


def _profile_links(entities: Any) -> tuple[str, ...]:
    part = entities if isinstance(entities, dict) else {}
    rows = [
        row
        for name in ("url", "description")
        if isinstance(part.get(name), dict)
        for row in _rows(part[name].get("urls"))
    ]
    found = [row.get("expanded_url") for row in rows]
    return tuple(
        dict.fromkeys(
            link
            for link in found
            if isinstance(link, str) and link.startswith(("http://", "https://"))
        )
    )


def _rows(value: Any) -> list[dict[str, Any]]:
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []
