"""The invariant checker: our ledger against fakenet against the trail, after every fault test."""

import json
from collections import Counter, defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from tests.faults.fakenet_atproto import POSTS
from tests.faults.fakenet_faults import WRITES
from tests.faults.rig import Rig
from vcp.kernel.db import session as current_session
from vcp.posts.freezing import digest
from vcp.posts.models import Attempt, Delivery, Post
from vcp.posts.states import DELIVERY, POST

#: What a send may have come to while nobody knows whether the network has the post.
UNCERTAIN = (None, "ambiguous")


@dataclass(frozen=True)
class Copy:
    """A post that a network has, whether or not it shows it yet."""

    network: str
    remote_id: str
    text: str


def copies(rig: Rig) -> list[Copy]:
    """Everything that is at the networks now."""
    ledger = rig.network_ledger()
    return [
        *(_copy("mastodon", post) for post in ledger["posts"] if not post["deleted_at"]),
        *(_copy("x", post) for post in ledger["x"]["posts"] if not post["deleted_at"]),
        *(
            Copy("bluesky", record["uri"], record["value"]["text"])
            for record in ledger["atproto"]["records"]
            if f"/{POSTS}/" in record["uri"]
        ),
    ]


def _copy(network: str, post: dict[str, Any]) -> Copy:
    return Copy(network, post["id"], post["text"])


def writes(rig: Rig, network: str) -> int:
    """Return how many requests for a new post a network got."""
    wanted = WRITES[network]
    requests = rig.network_ledger()["requests"]
    return sum(one["method"] == "POST" and one["path"] == wanted for one in requests)


def check(
    rig: Rig, *, deliveries: int, taken_down: int = 0, may_ask_a_person: Collection[str] = ()
) -> dict[str, int]:
    """Assert that nothing was lost, doubled or changed; return the figures.

    On the networks of `may_ask_a_person` a row may have ended with a person, with a copy or none.
    """
    ours = rig.deliveries()
    assert len(ours) == deliveries, f"{len(ours)} deliveries instead of {deliveries}"
    by_state = defaultdict(list)
    for row in ours:
        is_honest = row["state"] == "needs_person" and row["network"] in may_ask_a_person
        by_state["asked" if is_honest else row["state"]].append(row)
    published, asked, withdrawn = (
        by_state.pop(state, []) for state in ("published", "asked", "withdrawn")
    )
    assert not by_state, f"lost: {Counter(row['state'] for row in ours)}"
    assert len(withdrawn) == taken_down
    theirs = copies(rig)
    extra = _without_known(theirs, published)
    doubled = _without_asked(rig, extra, asked)
    assert not doubled, f"{len(doubled)} doubled, or there though taken down: {doubled[:3]}"
    _same_words(rig, theirs)
    _own_pages(rig, [row for row in published if row["network"] == "own"])
    _one_event_a_change(rig, ours)
    _attempts(rig)
    return {
        "deliveries": len(ours),
        "accepted by the networks": len(theirs),
        "attempts": sum(row["attempts"] for row in ours),
        "with a person": len(asked),
        "taken down": len(withdrawn),
        "lost": 0,
        "doubled": len(doubled),
    }


def _without_known(theirs: list[Copy], published: list[dict[str, Any]]) -> list[Copy]:
    """The copies that no published delivery owns; each delivery has to own exactly one."""
    owned = {row["remote_id"]: row for row in published if row["network"] != "own"}
    remote = [row for row in published if row["network"] != "own"]
    assert len(owned) == len(remote), "one remote id settled two deliveries"
    there = {copy.remote_id: copy.network for copy in theirs}
    for remote_id, row in owned.items():
        assert there.get(remote_id) == row["network"], f"{remote_id} is not at the network"
    return [copy for copy in theirs if copy.remote_id not in owned]


def _without_asked(rig: Rig, extra: list[Copy], asked: list[dict[str, Any]]) -> list[Copy]:
    """The copies that stay when each delivery that a person is asked about takes one."""
    networks = {row["id"]: row["network"] for row in asked}
    with rig.app.app_context():
        texts = Counter(
            (networks[str(row_id)], json.loads(payload)["text"])
            for row_id, payload in current_session().execute(select(Delivery.id, Delivery.payload))
            if str(row_id) in networks
        )
    left = []
    for copy in extra:
        if texts[copy.network, copy.text] > 0:
            texts[copy.network, copy.text] -= 1
        else:
            left.append(copy)
    return left


def _same_words(rig: Rig, theirs: list[Copy]) -> None:
    """What is out is what was approved, to the character."""
    shown = {copy.remote_id: copy.text for copy in theirs}
    with rig.app.app_context():
        for delivery in current_session().query(Delivery):
            assert digest(delivery.payload) == delivery.payload_sha256
            if delivery.remote_id in shown:
                assert shown[delivery.remote_id] == json.loads(delivery.payload)["text"]


def _own_pages(rig: Rig, rows: list[dict[str, Any]]) -> None:
    """Every post of our own feed has its page."""
    missing = [
        row["post"]
        for row in rows
        if not list((rig.settings.site / "posts" / row["post"]).glob("index.html"))
    ]
    assert not missing, f"{len(missing)} posts have no page"


def _one_event_a_change(rig: Rig, ours: list[dict[str, Any]]) -> None:
    """The trail of each post and delivery is one unbroken chain that ends where the row is."""
    chains: dict[tuple[str, str], list[Any]] = defaultdict(list)
    for event in rig.events():
        if event.new_state is not None:
            chains[event.subject_kind, event.subject_id].append(event)
    for subject, row_id, ends in [
        *((DELIVERY.subject, row["id"], row["state"]) for row in ours),
        *((POST.subject, str(row_id), state) for row_id, state in _posts(rig)),
    ]:
        state = None
        for event in chains[subject, row_id]:
            assert event.old_state == state, f"{subject} {row_id}: a gap before {event.verb}"
            state = event.new_state
        assert state == ends, f"{subject} {row_id} ends elsewhere than its trail"
    _claims(rig, ours, chains)


def _posts(rig: Rig) -> list[tuple[int, str]]:
    with rig.app.app_context():
        rows = current_session().execute(select(Post.id, Post.state))
        return [(row_id, state.value) for row_id, state in rows]


def _claims(rig: Rig, ours: list[dict[str, Any]], chains: dict[tuple[str, str], list[Any]]) -> None:
    """Every attempt was claimed, and after every one of unknown outcome it was looked for."""
    with rig.app.app_context():
        tries = list(current_session().execute(select(Attempt.delivery_id, Attempt.outcome)))
    uncertain = Counter(str(row_id) for row_id, outcome in tries if outcome in UNCERTAIN)
    for row in ours:
        moves = chains[DELIVERY.subject, row["id"]]
        claims, lost = (len([e for e in moves if e.verb == verb]) for verb in ("claim", "lose"))
        assert claims >= row["attempts"]
        unsure = uncertain[row["id"]]
        assert lost >= unsure, f"delivery {row['id']} was sent again without being looked for"


def _attempts(rig: Rig) -> None:
    """No delivery has two attempts that succeeded."""
    with rig.app.app_context():
        sent = Counter(
            current_session().scalars(
                select(Attempt.delivery_id).where(Attempt.outcome == "published")
            )
        )
    assert max(sent.values(), default=0) <= 1, "a delivery succeeded twice"
