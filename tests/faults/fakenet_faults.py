"""Which request goes wrong and how: a scripted plan first, else seeded chance."""

import random
import re
from dataclasses import dataclass, field, fields
from typing import Any

#: Where each network takes a new post.
WRITES = {
    "mastodon": "/api/v1/statuses",
    "x": "/2/tweets",
    "bluesky": "/xrpc/com.atproto.repo.putRecord",
}
ANY_WRITE = f"^({'|'.join(map(re.escape, WRITES.values()))})$"
#: Faults that chance may draw for a new post, and what each does.
CHANCE = {
    "refuse": "503, nothing accepted",
    "drop_before": "the connection closes before the body is read",
    "accept_drop": "accepted, then the connection closes without an answer",
    "accept_late": "504 at once, accepted `late_s` later",
    "garbled": "accepted, then 200 with a web page",
    "cut": "accepted, then half of the answer and the connection closes",
}
#: Faults for a scripted plan only, beside those of CHANCE.
SCRIPTED = {
    "status": "answers `status`, `headers` and `body`; nothing accepted",
    "hang": "accepted, the answer comes `seconds` later",
    "black_hole": "nothing accepted, the connection is held for `seconds`",
    "drip": "accepted, the answer comes one byte each tenth of a second",
    "huge": "accepted, the answer is 32 MB long",
}


@dataclass
class Rule:
    """One line of a plan: `after` requests pass, `count` are hit, then the rule is spent.

    It hits new posts on any network; `path` says otherwise, `account` narrows it to one account.
    """

    fault: str
    method: str = "POST"
    path: str = ANY_WRITE
    account: str | None = None
    token: str | None = None
    after: int = 0
    count: int = 1
    status: int = 500
    headers: dict[str, str] = field(default_factory=dict)
    body: str = '{"error": "scripted"}'
    seconds: float = 30.0

    def __post_init__(self) -> None:
        if self.fault not in CHANCE and self.fault not in SCRIPTED:
            raise ValueError(f"There is no fault called {self.fault}.")

    def hits(self, method: str, path: str, token: str, account: str | None) -> bool:
        return (
            self.count > 0
            and method == self.method
            and re.search(self.path, path) is not None
            and self.token in (None, token)
            and self.account in (None, account)
        )


@dataclass
class Behaviour:
    """What the control plane sets; a name left out keeps its value, `plan` is replaced whole."""

    latency_ms: tuple[float, float] = (0, 0)
    lag_s: tuple[float, float] = (0, 0)
    late_s: tuple[float, float] = (1, 3)
    media_ready_s: float = 0.0
    #: Seconds by which it is later for all networks than it is.
    clock_offset_s: float = 0.0
    #: Mastodon's Idempotency-Key; on Bluesky, whose keys are the records' own, only `replay_500`
    #: makes a difference; X has none, see `refuses_duplicates`.
    keys: str = "honoured"
    #: Bluesky only: whether what others say can be read.
    has_view: bool = True
    #: X only: whether the same words twice are refused.
    refuses_duplicates: bool = True
    content: str = "paragraphs"
    has_source: bool = True
    has_instance_v2: bool = True
    characters: int = 500
    page_size: int = 40
    is_paging: bool = True
    clock_skew_s: float = 0.0
    #: Whether a stream of hints is offered.
    streams: bool = False
    #: Notifications: entries given again with the next page; how likely a young one is left out.
    overlap: int = 0
    shrink: float = 0.0
    shrinks_for_s: float = 10.0
    rates: dict[str, float] = field(default_factory=dict)
    plan: list[Rule] = field(default_factory=list)

    def update(self, values: dict[str, Any]) -> None:
        """Raises: ValueError for a name, fault or kind of keys that doesn't exist."""
        unknown = values.keys() - {spec.name for spec in fields(self)}
        unknown |= values.get("rates", {}).keys() - CHANCE.keys()
        if unknown:
            raise ValueError(f"Unknown: {', '.join(sorted(unknown))}.")
        if values.get("keys", "ignored") not in ("honoured", "ignored", "replay_500"):
            raise ValueError("keys is honoured, ignored or replay_500.")
        if values.get("content", "bare") not in ("paragraphs", "bare", "shortened"):
            raise ValueError("content is paragraphs, bare or shortened.")
        for name, value in values.items():
            setattr(self, name, [Rule(**rule) for rule in value] if name == "plan" else value)

    def draw(
        self,
        method: str,
        path: str,
        token: str,
        chance: random.Random,
        account: str | None = None,
    ) -> Rule | None:
        """The fault for this request, if any; spends a scripted one."""
        for rule in self.plan:
            if not rule.hits(method, path, token, account):
                continue
            if rule.after == 0:
                rule.count -= 1
                return rule
            rule.after -= 1
        if method != "POST" or path not in WRITES.values():
            return None
        dice = chance.random()
        for fault, rate in self.rates.items():
            if dice < rate:
                return Rule(fault)
            dice -= rate
        return None
