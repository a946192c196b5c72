"""The answers of a Mastodon-shaped server, worked out from the ledger; no sockets here."""

import base64
import hashlib
import html
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from email import message_from_bytes
from email.policy import HTTP
from typing import Any
from urllib.parse import parse_qs, urlencode

from tests.faults.fakenet_clock import now
from tests.faults.fakenet_faults import Behaviour
from tests.faults.fakenet_inbox import Inbox
from tests.faults.fakenet_ledger import TOKEN_PREFIX, FakePost, Ledger, Media

_LINK = re.compile(r"https?://[^\s<>\"]+")
_MENTION = re.compile(r"@(\w+)@([\w.-]+\w)")


@dataclass(frozen=True)
class Call:
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    base_url: str

    @property
    def token(self) -> str:
        return self.headers.get("authorization", "").removeprefix("Bearer ")


@dataclass(frozen=True)
class Reply:
    status: int
    body: bytes
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)


class Refusal(Exception):
    """An answer that is an error; `status` and a Mastodon-shaped body."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def as_reply(value: Any, status: int = 200) -> Reply:
    return Reply(status, json.dumps(value).encode())


class Api:
    """One server; `answer` does what a request asks and gives the reply."""

    def __init__(self, ledger: Ledger, behaviour: Behaviour, inbox: Inbox) -> None:
        self.ledger = ledger
        self.inbox = inbox
        self.behaviour = behaviour
        post = r"^/api/v1/statuses/([^/]+)"
        self._routes: list[tuple[str, str, Callable[..., Reply]]] = [
            ("GET", "^/api/v2/instance$", self._instance_v2),
            ("GET", "^/api/v1/instance$", self._instance_v1),
            ("POST", "^/api/v1/apps$", self._register_app),
            ("GET", "^/oauth/authorize$", self._authorise),
            ("POST", "^/oauth/token$", self._token),
            ("GET", "^/api/v1/accounts/verify_credentials$", self._credentials),
            ("GET", "^/api/v1/accounts/([^/]+)/statuses$", self._timeline),
            ("POST", "^/api/v2/media$", self._upload),
            ("GET", "^/api/v1/media/([^/]+)$", self._media),
            ("GET", "^/api/v1/notifications$", self._notifications),
            ("POST", "^/api/v1/statuses$", self._create),
            ("GET", post + "/source$", self._source),
            ("GET", post + "$", self._show),
            ("PUT", post + "$", self._edit),
            ("DELETE", post + "$", self._delete),
        ]

    def answer(self, call: Call, fault: str | None = None) -> Reply:
        for method, pattern, action in self._routes:
            found = re.search(pattern, call.path)
            if found and method == call.method:
                try:
                    if action == self._create:
                        return self._create(call, fault)
                    return action(call, *found.groups())
                except Refusal as refusal:
                    return as_reply({"error": str(refusal)}, refusal.status)
        return as_reply({"error": "Record not found"}, 404)

    # --- server, sign-in and account ---

    def _configuration(self, call: Call) -> dict[str, Any]:
        stream = call.base_url.replace("http", "ws", 1) if self.behaviour.streams else None
        return {
            "urls": {"streaming": stream},
            "statuses": {
                "max_characters": self.behaviour.characters,
                "max_media_attachments": 4,
                "characters_reserved_per_url": 23,
            },
            "media_attachments": {
                "supported_mime_types": ["image/jpeg", "image/png", "image/webp"],
                "image_size_limit": 16777216,
                "description_limit": 1500,
            },
            "polls": {"max_options": 4, "max_characters_per_option": 50},
        }

    def _instance_v2(self, call: Call) -> Reply:
        if not self.behaviour.has_instance_v2:
            raise Refusal(404, "Record not found")
        return as_reply(
            {
                "domain": "fakenet.example",
                "title": "fakenet",
                "version": "4.5.0",
                "configuration": self._configuration(call),
            }
        )

    def _instance_v1(self, call: Call) -> Reply:
        return as_reply(
            {
                "uri": "fakenet.example",
                "title": "fakenet",
                "version": "4.5.0",
                "configuration": self._configuration(call),
            }
        )

    def _register_app(self, call: Call) -> Reply:
        form = _form(call)
        if not form.get("client_name") or not form.get("redirect_uris"):
            raise Refusal(422, "Validation failed: Name can't be blank")
        app = {"client_id": self.ledger.new_id(), "client_secret": self.ledger.new_id()}
        about = app | {"redirect_uri": form["redirect_uris"], "scopes": form.get("scopes", "read")}
        self.ledger.apps[app["client_id"]] = about
        return as_reply({"id": "1", "name": form["client_name"], **app})

    def _authorise(self, call: Call) -> Reply:
        """Says yes at once, for the account named by `login`, else for "officer"."""
        app = self.ledger.apps.get(call.query.get("client_id", ""))
        if app is None or call.query.get("redirect_uri") != app["redirect_uri"]:
            raise Refusal(401, "Client authentication failed")
        code = self.ledger.new_id()
        self.ledger.codes[code] = {
            "client_id": app["client_id"],
            "account": call.query.get("login", "officer"),
            "scope": call.query.get("scope", "read"),
            "challenge": call.query.get("code_challenge", ""),
        }
        back = urlencode({"code": code, "state": call.query.get("state", "")})
        return Reply(302, b"", headers={"Location": f"{app['redirect_uri']}?{back}"})

    def _token(self, call: Call) -> Reply:
        form = _form(call)
        app = self.ledger.apps.get(form.get("client_id", ""), {})
        code = self.ledger.codes.pop(form.get("code", ""), None)
        is_right = (
            code is not None
            and code["client_id"] == app.get("client_id")
            and form.get("client_secret") == app.get("client_secret")
            and form.get("redirect_uri") == app.get("redirect_uri")
            and code["challenge"] in ("", _s256(form.get("code_verifier", "")))
        )
        if code is None or not is_right:
            return as_reply(
                {"error": "invalid_grant", "error_description": "The code is not valid."}, 400
            )
        token = TOKEN_PREFIX + code["account"]
        return as_reply({"access_token": token, "token_type": "Bearer", "scope": code["scope"]})

    def _credentials(self, call: Call) -> Reply:
        name = self._account(call)
        link = "https://force.example/officers/" + name
        value = f'<a href="{link}" rel="me nofollow noopener">force.example</a>'
        return as_reply(self._account_json(call, name) | {"fields": [{"value": value}]})

    def _account(self, call: Call) -> str:
        account = self.ledger.account_of(call.token)
        if account is None:
            raise Refusal(401, "The access token is invalid")
        return account

    def _account_json(self, call: Call, name: str) -> dict[str, Any]:
        return {
            "id": f"id-{name}",
            "username": name,
            "acct": name,
            "display_name": name.title(),
            "url": f"{call.base_url}/@{name}",
            "note": "",
            "fields": [],
        }

    # --- media ---

    def _upload(self, call: Call) -> Reply:
        account = self._account(call)
        head = b"Content-Type: " + call.headers.get("content-type", "").encode() + b"\r\n\r\n"
        parts: dict[str, Any] = {}
        for part in message_from_bytes(head + call.body, policy=HTTP).iter_parts():
            parts[str(part.get_param("name", header="content-disposition"))] = part
        if "file" not in parts:
            raise Refusal(422, "Validation failed: File can't be blank")
        content = parts["file"].get_payload(decode=True)
        text = parts["description"].get_payload(decode=True) if "description" in parts else b""
        about = {
            "media_type": parts["file"].get_content_type(),
            "description": text.decode(),
        }
        media = self.ledger.upload(account, content, about, self.behaviour.media_ready_s)
        return as_reply(_media_json(media), 202 if self.behaviour.media_ready_s else 200)

    def _media(self, call: Call, media_id: str) -> Reply:
        media = self.ledger.media.get(media_id)
        if media is None or media.account != self._account(call):
            raise Refusal(404, "Record not found")
        is_ready = media.ready_at <= now()
        return as_reply(_media_json(media), 200 if is_ready else 206)

    # --- posts ---

    def _wanted(self, call: Call, account: str, own: FakePost | None) -> dict[str, Any]:
        form = _form(call)
        media_ids = _listed(call, "media_ids")
        length = len(_LINK.sub("x" * 23, form.get("status", ""))) + len(
            form.get("spoiler_text", "")
        )
        if not form.get("status", "").strip() and not media_ids:
            raise Refusal(422, "Validation failed: Text can't be blank")
        if length > self.behaviour.characters:
            limit = self.behaviour.characters
            raise Refusal(422, f"Validation failed: Text character limit of {limit} exceeded")
        for media_id in media_ids:
            media = self.ledger.media.get(media_id)
            is_own = own is not None and media_id in own.media_ids
            if media is None or media.account != account or (media.attached and not is_own):
                raise Refusal(422, "Validation failed: Media not found")
            if media.ready_at > now():
                raise Refusal(422, "Cannot attach files that have not finished processing.")
        return {
            "text": form.get("status", ""),
            "content_warning": form.get("spoiler_text", ""),
            "language": form.get("language"),
            "media_ids": media_ids,
        }

    def _create(self, call: Call, fault: str | None = None) -> Reply:
        account = self._account(call)
        key = call.headers.get("idempotency-key")
        with self.ledger.lock:
            before = self.ledger.with_key(account, key)
            if before and self.behaviour.keys == "replay_500":
                raise Refusal(500, "An unexpected error occurred")
            if before and self.behaviour.keys == "honoured":
                return as_reply(self._status_json(call, before))
            wanted = self._wanted(call, account, None)
            form = _form(call)
            wanted |= {"visibility": form.get("visibility", "unlisted"), "key": key}
            wanted |= {"in_reply_to": form.get("in_reply_to_id"), "poll": form.get("poll")}
            wanted |= {"sensitive": str(form.get("sensitive")).lower() in {"true", "1"}}
            if wanted["poll"] and wanted["media_ids"]:
                raise Refusal(422, "Cannot attach files to a post with a poll")
            soonest, latest = self.behaviour.lag_s
            post = self.ledger.create(account, wanted | {"fault": fault}, (soonest, latest))
        return as_reply(self._status_json(call, post))

    def _own(self, call: Call, post_id: str) -> FakePost:
        post = self.ledger.find(self._account(call), post_id)
        if post is None:
            raise Refusal(404, "Record not found")
        return post

    def _edit(self, call: Call, post_id: str) -> Reply:
        post = self._own(call, post_id)
        self.ledger.edit(post, self._wanted(call, post.account, post))
        return as_reply(self._status_json(call, post))

    def _delete(self, call: Call, post_id: str) -> Reply:
        post = self._own(call, post_id)
        self.ledger.delete(post)
        return as_reply(self._status_json(call, post) | {"text": post.text})

    def _show(self, call: Call, post_id: str) -> Reply:
        said = self.inbox.status(post_id, self._account(call))
        if said is not None:
            return as_reply(said)
        return as_reply(self._status_json(call, self._own(call, post_id)))

    def _source(self, call: Call, post_id: str) -> Reply:
        if not self.behaviour.has_source:
            raise Refusal(404, "Record not found")
        post = self._own(call, post_id)
        return as_reply({"id": post.id, "text": post.text, "spoiler_text": post.content_warning})

    def _notifications(self, call: Call) -> Reply:
        return as_reply(self.inbox.page(self._account(call), call.query))

    def _timeline(self, call: Call, account_id: str) -> Reply:
        account = self._account(call)
        if account_id != f"id-{account}":
            raise Refusal(404, "Record not found")
        size = min(int(call.query.get("limit", 20)), self.behaviour.page_size)
        max_id = call.query.get("max_id") if self.behaviour.is_paging else None
        page = list(self.ledger.timeline(account, max_id))[:size]
        return as_reply([self._status_json(call, post) for post in page])

    def _status_json(self, call: Call, post: FakePost) -> dict[str, Any]:
        url = f"{call.base_url}/@{post.account}/{post.id}"
        shown_at = post.accepted_at + timedelta(seconds=self.behaviour.clock_skew_s)
        return {
            "id": post.id,
            "uri": url,
            "url": url,
            "created_at": shown_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "edited_at": post.edited_at.isoformat() if post.edited_at else None,
            "content": render(post.text, self.behaviour.content),
            "spoiler_text": post.content_warning,
            "sensitive": post.sensitive,
            "visibility": post.visibility,
            "language": post.language,
            "account": self._account_json(call, post.account),
            "media_attachments": [_media_json(self.ledger.media[one]) for one in post.media_ids],
            "in_reply_to_id": post.in_reply_to,
            "mentions": [],
            "reblog": None,
        }


def render(text: str, form: str) -> str:
    """The HTML that servers of this kind make of a text."""
    made = html.escape(text, quote=False)
    made = _MENTION.sub(
        r'<span class="h-card"><a href="#" class="u-url">@<span>\1</span></a></span>', made
    )
    made = _LINK.sub(lambda found: _link(found.group(), form), made)
    if form == "bare":
        return made.replace("\n", "<br>")
    paragraphs = (part.replace("\n", "<br />") for part in made.split("\n\n"))
    return "".join(f"<p>{part}</p>" for part in paragraphs)


def _link(url: str, form: str) -> str:
    scheme, rest = url.split("://", 1)
    if form == "shortened" and len(rest) > 30:
        return f'<a href="{url}" rel="nofollow">{rest[:30]}…</a>'
    if form == "bare":
        return f'<a href="{url}">{url}</a>'
    return (
        f'<a href="{url}"><span class="invisible">{scheme}://</span>'
        f'<span class="ellipsis">{rest[:30]}</span><span class="invisible">{rest[30:]}</span></a>'
    )


def _media_json(media: Media) -> dict[str, Any]:
    is_ready = media.ready_at <= now()
    url = f"https://fakenet.example/media/{media.id}" if is_ready else None
    return {"id": media.id, "type": "image", "url": url, "description": media.description}


def _s256(verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _form(call: Call) -> dict[str, str]:
    if call.headers.get("content-type", "").startswith("application/json"):
        return {name: value for name, value in json.loads(call.body).items() if value is not None}
    return {name: values[-1] for name, values in _fields(call).items()}


def _listed(call: Call, name: str) -> list[str]:
    if call.headers.get("content-type", "").startswith("application/json"):
        return list(json.loads(call.body).get(name) or [])
    form = _fields(call)
    return form.get(f"{name}[]", form.get(name, []))


def _fields(call: Call) -> dict[str, list[str]]:
    return parse_qs(call.body.decode(), keep_blank_values=True)
