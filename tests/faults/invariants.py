"""The invariant checker: our ledger against fakenet against the trail, after every fault test."""

import json
from collections import Counter, defaultdict
from typing import Any

from tests.faults.rig import Rig
from vcp.kernel.db import session as current_session
from vcp.posts.freezing import digest
from vcp.posts.models import Delivery
from vcp.posts.states import DELIVERY


def check(rig: Rig, *, deliveries: int) -> dict[str, int]:
    """Assert that nothing was lost, doubled or changed; return the figures."""
    ours = rig.deliveries()
    assert len(ours) == deliveries, f"{len(ours)} deliveries instead of {deliveries}"
    theirs = [post for post in rig.network_ledger()["posts"] if not post["deleted_at"]]
    published = [row for row in ours if row["state"] == "published"]
    lost = [row for row in ours if row["state"] != "published"]
    assert not lost, f"{len(lost)} not published: {Counter(row['state'] for row in lost)}"
    remote = {row["remote_id"]: row for row in published if row["network"] == "mastodon"}
    mastodon = [row for row in published if row["network"] == "mastodon"]
    assert len(remote) == len(mastodon), "one remote id settled two deliveries"
    ids = {post["id"] for post in theirs}
    assert len(theirs) == len(mastodon), f"{len(theirs) - len(mastodon)} doubled or missing"
    assert ids == set(remote), "an id in our ledger is not at the network"
    _same_words(rig, {post["id"]: post["text"] for post in theirs})
    _own_pages(rig, [row for row in published if row["network"] == "own"])
    _one_event_a_change(rig, ours)
    return {
        "deliveries": len(ours),
        "accepted by the network": len(theirs),
        "attempts": sum(row["attempts"] for row in ours),
        "lost": len(lost),
        "doubled": len(theirs) - len(mastodon),
    }


def _same_words(rig: Rig, shown: dict[str, str]) -> None:
    """What is out is what was approved, to the character."""
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
    """The trail of each delivery is one unbroken chain that ends where the delivery is."""
    chains: dict[str, list[Any]] = defaultdict(list)
    for event in rig.events():
        if event.subject_kind == DELIVERY.subject:
            chains[event.subject_id].append(event)
    for row in ours:
        moves = chains[row["id"]]
        state = None
        for event in moves:
            assert event.old_state == state, f"delivery {row['id']}: a gap before {event.verb}"
            state = event.new_state
        assert state == row["state"], f"delivery {row['id']} ends elsewhere than its trail"
        assert len([e for e in moves if e.verb == "claim"]) >= row["attempts"]
