"""X's adapter against its part of fakenet, in the form that the contract asks for."""

import time
from collections.abc import Sequence
from typing import Any

import requests

from tests.faults.fakenet_x_shapes import SECRET, user_id
from tests.networks.contract import RETRY_AFTER_S, Fault, Kept
from tests.networks.rigs import TIMEOUTS
from vcp.networks.base import Network
from vcp.networks.wire import Timeouts
from vcp.networks.x import XNetwork


def x_network(base_url: str, account: str, timeouts: Timeouts = TIMEOUTS) -> XNetwork:
    """The adapter of one of fakenet's accounts."""
    keys = {
        "consumer_key": "app",
        "consumer_secret": SECRET,
        "access_token": f"token-{account}",
        "access_token_secret": SECRET,
    }
    return XNetwork(base_url, keys, user_id(account), timeouts)


class XRig:
    can_replace_images = False
    is_public_only = True

    def __init__(self, base_url: str, account: str) -> None:
        self.base_url = base_url
        self.account = account
        self.network: Network = x_network(base_url, account)

    def ledger(self) -> dict[str, Any]:
        answer = requests.get(f"{self.base_url}/_fakenet/ledger", timeout=10)
        return dict(answer.json()["x"])

    def configure(self, **values: Any) -> None:
        self._tell("config", values)

    def posts(self) -> list[dict[str, Any]]:
        own = [post for post in self.ledger()["posts"] if post["account"] == self.account]
        return [post for post in own if not post["deleted_at"]]

    def kept(self) -> Sequence[Kept]:
        found = []
        for post in self.posts():
            first, _, rest = post["text"].partition("\n\n")
            warning = first.removeprefix("⚠️ ") if first.startswith("⚠️ ") else ""
            found.append(
                Kept(
                    post["id"],
                    rest if warning else post["text"],
                    None,
                    "public",
                    warning,
                    tuple(post["alt_texts"]),
                    post["in_reply_to"],
                )
            )
        return found

    def say(self, text: str, **more: Any) -> str:
        alt_text, reply = more.pop("alt_text", None), more.pop("in_reply_to", None)
        item = {"text": text, "in_reply_to_id": reply, **more}
        item["descriptions"] = [] if alt_text is None else [alt_text]
        (said_id,) = self._tell("say", {"to": self.account, "items": [item]})
        return str(said_id)

    def edit(self, remote_id: str, text: str) -> None:
        self._tell("edit", {"id": remote_id, "text": text})

    def unsay(self, remote_id: str) -> None:
        self._tell("unsay", {"id": remote_id})

    def break_next(self, fault: Fault, *, reading: bool = False) -> None:
        reset = str(int(time.time() + RETRY_AFTER_S + 0.5))
        rules: dict[Fault, dict[str, Any]] = {
            Fault.UNAUTHORISED: {"fault": "status", "status": 401},
            Fault.RATE_LIMITED: {
                "fault": "status",
                "status": 429,
                "headers": {"x-rate-limit-reset": reset},
            },
            Fault.LOST_ANSWER: {"fault": "accept_drop"},
            Fault.GARBLED: {"fault": "garbled"},
        }
        what = {"path": "^/2/tweets$"}
        if reading:
            what = {"method": "GET", "path": "^/2/users/[0-9]+/(tweets|mentions)$"}
        self.configure(plan=[rules[fault] | what])

    def _tell(self, what: str, about: dict[str, Any]) -> Any:
        if what != "config":
            about = about | {"network": "x"}
        answer = requests.post(f"{self.base_url}/_fakenet/{what}", json=about, timeout=10)
        assert answer.ok, answer.text
        return answer.json()
