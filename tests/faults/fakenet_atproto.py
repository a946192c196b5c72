"""The part of fakenet that is shaped as Bluesky: sessions, records, blobs, notifications.

The account NAME signs in as "NAME" with the app password "app-NAME". Refresh tokens work once: one
that is used again ends every sign-in of its account, as the strictest servers do.
"""

import base64
import hashlib
import itertools
import json
import random
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from tests.faults.fakenet_api import Call, Refusal, Reply, as_reply
from tests.faults.fakenet_clock import now
from tests.faults.fakenet_faults import Behaviour

PREFIX = "/xrpc/"
POSTS = "app.bsky.feed.post"
_LONGEST = 300
_LONGEST_BYTES = 3000
_LARGEST_BLOB = 5 * 1024 * 1024


class Named(Refusal):
    """An answer that is an error with a name, as this API's are."""

    def __init__(self, name: str, message: str, status: int = 400) -> None:
        super().__init__(status, message)
        self.name = name


class AtprotoApi:
    """One server; safe to use from several threads."""

    def __init__(self, behaviour: Behaviour) -> None:
        self.behaviour = behaviour
        self.revoked: set[str] = set()
        #: Accounts that somebody gave another handle.
        self.renamed: dict[str, str] = {}
        self.records: dict[tuple[str, str, str], dict[str, Any]] = {}
        #: What was written, in order; a put that changes nothing writes nothing.
        self.commits: list[dict[str, str]] = []
        #: Accounts whose sign-ins all ended, since a refresh token was used again.
        self.families_lost: list[str] = []
        self.sessions: list[str] = []
        self._access: dict[str, str] = {}
        self._refresh: dict[str, str] = {}
        self._dead: set[str] = set()
        self._said: list[dict[str, Any]] = []
        #: When each record can be read: a put knows of it before.
        self._shown_at: dict[tuple[str, str, str], datetime] = {}
        self._chance = random.Random(1)
        self._lock = threading.RLock()
        self._numbers = itertools.count(1)
        self._methods: dict[str, Callable[[Call], dict[str, Any]]] = {
            "com.atproto.server.createSession": self._create_session,
            "com.atproto.server.refreshSession": self._refresh_session,
            "com.atproto.server.getSession": self._get_session,
            "com.atproto.server.describeServer": lambda _: {"did": "did:web:fakenet.test"},
            "com.atproto.identity.resolveHandle": self._resolve,
            "com.atproto.repo.putRecord": self._put,
            "com.atproto.repo.getRecord": self._get,
            "com.atproto.repo.listRecords": self._list,
            "com.atproto.repo.deleteRecord": self._delete,
            "com.atproto.repo.uploadBlob": self._upload,
            "app.bsky.notification.listNotifications": self._notifications,
            "app.bsky.feed.getPosts": self._posts,
        }

    def answer(self, call: Call, fault: str | None = None) -> Reply:
        """Do what a request asks."""
        method = self._methods.get(call.path.removeprefix(PREFIX))
        if method is None:
            return as_reply({"error": "MethodNotImplemented", "message": "Not here"}, 501)
        try:
            with self._lock:
                if method == self._put:
                    return as_reply(self._put(call, fault))
                return as_reply(method(call))
        except Named as refusal:
            said = {"error": refusal.name, "message": str(refusal)}
            return as_reply(said, refusal.status)

    def as_json(self) -> dict[str, Any]:
        with self._lock:
            return {
                "records": [{"uri": _uri(*key), **record} for key, record in self.records.items()],
                "commits": list(self.commits),
                "sessions": list(self.sessions),
                "families_lost": list(self.families_lost),
            }

    def expire(self, account: str) -> None:
        """Have the account's access tokens be two hours old."""
        with self._lock:
            for token in [one for one, name in self._access.items() if name == account]:
                self._dead.add(token)

    # --- what others say ---

    def say(self, to: str, items: list[dict[str, Any]]) -> list[str]:
        """Each has `text` and may have `in_reply_to`, `alt_text`, `label` and `raw`."""
        return [self._say(to, item) for item in items]

    def edit(self, uri: str, text: str) -> None:
        with self._lock:
            self._of(uri)["record"]["text"] = text

    def unsay(self, uri: str) -> None:
        with self._lock:
            self._said.remove(self._of(uri))

    def _say(self, to: str, item: dict[str, Any]) -> str:
        with self._lock:
            record: dict[str, Any] = {
                "$type": POSTS,
                "text": f"@{handle_of(to)} {item['text']}",
                "createdAt": _now(),
                "langs": ["en"],
            }
            if item.get("in_reply_to"):
                at = {"uri": item["in_reply_to"], "cid": "bafyreireply"}
                record["reply"] = {"root": at, "parent": at}
            if item.get("alt_text") is not None:
                image = {"alt": item["alt_text"], "image": {}}
                record["embed"] = {"$type": "app.bsky.embed.images", "images": [image]}
            if item.get("label"):
                record["labels"] = {"values": [{"val": item["label"]}]}
            key = f"3aaaaaa{next(self._numbers):06d}".translate(str.maketrans("0189", "wxyz"))
            uri = _uri(did_of("robin"), POSTS, key)
            author = {
                "did": did_of("robin"),
                "handle": "Robin.fakenet.test",
                "displayName": "Robin",
            }
            entry = {
                "to": to,
                "uri": uri,
                "cid": _cid(record),
                "author": author,
                "reason": "reply" if "reply" in record else "mention",
                "record": record,
                "indexedAt": _now(),
            }
            self._said.append(item["raw"] | {"to": to} if "raw" in item else entry)
            return uri

    def _of(self, uri: str) -> dict[str, Any]:
        return next(one for one in self._said if one.get("uri") == uri)

    # --- signing in ---

    def _create_session(self, call: Call) -> dict[str, Any]:
        said = json.loads(call.body)
        name, password = said["identifier"], said["password"]
        if password != f"app-{name}" or password in self.revoked:
            raise Named("AuthenticationRequired", "Invalid identifier or password", 401)
        self.sessions.append(f"create {name}")
        return self._new_pair(name)

    def _refresh_session(self, call: Call) -> dict[str, Any]:
        name = self._refresh.get(call.token)
        if name is None:
            raise Named("InvalidToken", "Token could not be verified")
        if call.token in self._dead:
            self.families_lost.append(name)
            self._dead |= {one for one, owner in self._access.items() if owner == name}
            self._dead |= {one for one, owner in self._refresh.items() if owner == name}
            raise Named("ExpiredToken", "Token has been revoked")
        self._dead.add(call.token)
        self.sessions.append(f"refresh {name}")
        return self._new_pair(name)

    def _new_pair(self, name: str) -> dict[str, Any]:
        claims = {"scope": "com.atproto.appPass", "sub": did_of(name), "n": next(self._numbers)}
        body = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
        access, refresh = f"h.{body}.access", f"h.{body}.refresh"
        self._access[access], self._refresh[refresh] = name, name
        return {
            "accessJwt": access,
            "refreshJwt": refresh,
            "did": did_of(name),
            "handle": handle_of(name),
        }

    def account_of(self, token: str) -> str | None:
        """Whose token it is, or was."""
        return self._access.get(token) or self._refresh.get(token)

    def _account(self, call: Call) -> str:
        if not call.token:
            raise Named("AuthMissing", "Authentication Required", 401)
        name = self._access.get(call.token)
        if name is None:
            raise Named("InvalidToken", "Token could not be verified")
        if call.token in self._dead:
            raise Named("ExpiredToken", "Token has expired")
        return name

    def _get_session(self, call: Call) -> dict[str, Any]:
        name = self._account(call)
        handle = self.renamed.get(name, handle_of(name))
        return {"did": did_of(name), "handle": handle, "active": True}

    def _resolve(self, call: Call) -> dict[str, Any]:
        name, _, server = call.query.get("handle", "").partition(".")
        if server != "fakenet.test":
            raise Named("InvalidRequest", "Unable to resolve handle")
        return {"did": did_of(name)}

    # --- records ---

    def _put(self, call: Call, fault: str | None = None) -> dict[str, Any]:
        said = json.loads(call.body)
        key = self._own(call, said)
        record = said["record"]
        if said["collection"] == POSTS:
            _check(record)
        before, cid = self.records.get(key), _cid(record)
        answer = {"uri": _uri(*key), "cid": cid, "validationStatus": "valid"}
        if before is not None and before["cid"] == cid:
            if self.behaviour.keys == "replay_500":
                raise Named("InternalServerError", "Internal Server Error", 500)
            return answer
        if "swapRecord" in said and said["swapRecord"] != (before and before["cid"]):
            found = before["cid"] if before else "null"
            raise Named("InvalidSwap", f"Record was at {found}")
        shown_at = now() + timedelta(seconds=self._chance.uniform(*self.behaviour.lag_s))
        self.records[key] = {"cid": cid, "value": record, "at": _now(), "fault": fault}
        self._shown_at[key] = shown_at
        self.commits.append({"what": "put", "uri": _uri(*key), "cid": cid})
        return answer | {"commit": {"cid": cid, "rev": str(next(self._numbers))}}

    def _get(self, call: Call) -> dict[str, Any]:
        key = call.query["repo"], call.query["collection"], call.query["rkey"]
        found = self.records.get(key)
        if found is not None and self._shown_at[key] <= now():
            return {"uri": _uri(*key), "cid": found["cid"], "value": found["value"]}
        for one in self._said:
            if one.get("uri") == _uri(*key):
                return {"uri": one["uri"], "cid": one["cid"], "value": one["record"]}
        raise Named("RecordNotFound", f"Could not locate record: {_uri(*key)}")

    def _list(self, call: Call) -> dict[str, Any]:
        wanted = call.query["repo"], call.query["collection"]
        rows = [
            {"uri": _uri(*key), "cid": record["cid"], "value": record["value"]}
            for key, record in sorted(self.records.items(), reverse=True)
            if key[:2] == wanted and self._shown_at[key] <= now()
        ]
        start, size = int(call.query.get("cursor") or 0), int(call.query.get("limit", 50))
        more = {"cursor": str(start + size)} if start + size < len(rows) else {}
        return {"records": rows[start : start + size], **more}

    def _delete(self, call: Call) -> dict[str, Any]:
        key = self._own(call, json.loads(call.body))
        if self.records.pop(key, None) is not None:
            self.commits.append({"what": "delete", "uri": _uri(*key), "cid": ""})
        return {}

    def _upload(self, call: Call) -> dict[str, Any]:
        self._account(call)
        if len(call.body) > _LARGEST_BLOB:
            raise Named("PayloadTooLarge", "request entity too large", 413)
        digest = hashlib.sha256(call.body).digest()
        code = base64.b32encode(bytes((0x01, 0x55, 0x12, 0x20)) + digest).decode().lower()
        is_png = call.body.startswith(b"\x89PNG")
        blob = {
            "$type": "blob",
            "ref": {"$link": "b" + code.rstrip("=")},
            "mimeType": "image/png" if is_png else "*/*",
            "size": len(call.body),
        }
        return {"blob": blob}

    def _own(self, call: Call, said: dict[str, Any]) -> tuple[str, str, str]:
        if said["repo"] != did_of(self._account(call)):
            raise Named("AuthenticationRequired", "Not your repo", 401)
        return said["repo"], said["collection"], said["rkey"]

    # --- the view of the network ---

    def _notifications(self, call: Call) -> dict[str, Any]:
        name = self._account(call)
        self._check_view()
        own = [one for one in reversed(self._said) if one["to"] == name]
        start = int(call.query.get("cursor") or 0)
        size = min(int(call.query.get("limit", 50)), self.behaviour.page_size)
        page = [{k: v for k, v in one.items() if k != "to"} for one in own[start : start + size]]
        more = {"cursor": str(start + size)} if start + size < len(own) else {}
        return {"notifications": page, **more}

    def _posts(self, call: Call) -> dict[str, Any]:
        self._account(call)
        self._check_view()
        return {"posts": [one for one in self._said if one.get("uri") == call.query.get("uris")]}

    def _check_view(self) -> None:
        if not self.behaviour.has_view:
            raise Named("UpstreamFailure", "Upstream service unreachable", 502)


def did_of(name: str) -> str:
    code = base64.b32encode(hashlib.sha256(name.encode()).digest()).decode().lower()
    return f"did:plc:{code[:24]}"


def handle_of(name: str) -> str:
    return f"{name}.fakenet.test"


def _check(record: dict[str, Any]) -> None:
    text = record["text"]
    size = len(text.encode())
    # Code points: the real counting is tried against the real server.
    if len(text) > _LONGEST:
        message = f"grapheme too big (maximum 300, got {len(text)}) at $.record.text"
        raise Named("InvalidRequest", message)
    if size > _LONGEST_BYTES:
        raise Named("InvalidRequest", f"string too big (maximum 3000, got {size}) at $.record.text")
    if datetime.fromisoformat(record["createdAt"]).tzinfo is None:
        raise Named("InvalidRequest", "Invalid datetime at $.record.createdAt")
    for facet in record.get("facets", []):
        # The real server takes such an index without a word.
        if not 0 <= facet["index"]["byteStart"] < facet["index"]["byteEnd"] <= size:
            raise Named("InvalidRequest", "Facet out of range")


def _uri(did: str, collection: str, key: str) -> str:
    return f"at://{did}/{collection}/{key}"


def _cid(record: dict[str, Any]) -> str:
    digest = hashlib.sha256(json.dumps(record, sort_keys=True).encode()).digest()
    return "bafyrei" + base64.b32encode(digest).decode().lower().rstrip("=")


def _now() -> str:
    return now().isoformat(timespec="milliseconds").replace("+00:00", "Z")
