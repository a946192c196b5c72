"""The publisher is killed while X has the words and hasn't answered: one copy, found by reading."""

import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from tests.faults.rig import Rig, approve_posts, running_rig
from vcp.kernel.settings import Settings

#: The first reading is a minute after the loss is noticed, which the lease puts off by 15 s.
SETTLED_WITHIN_S = 120
TEXTS = [f"Notice number {number} from your neighbourhood team." for number in range(4)]


def x_ledger(rig: Rig) -> dict[str, Any]:
    found: dict[str, Any] = rig.network_ledger()["x"]
    return found


@pytest.mark.faults_long
@pytest.mark.timeout(400)
def test_a_kill_between_the_words_and_the_answer_leaves_one_copy(
    app: Flask, settings: Settings, tmp_path: Path
) -> None:
    with running_rig(app, settings, tmp_path, channels=1, seed=1, networks=["x"]) as rig:
        hang = {"fault": "hang", "path": "^/2/tweets$", "seconds": 40, "after": 1}
        rig.configure_network(plan=[hang])
        approve_posts(rig, TEXTS)
        rig.start("publisher")
        ends_at = time.monotonic() + 60
        while len(x_ledger(rig)["posts"]) < 2:
            assert time.monotonic() < ends_at, "the second post never reached X"
            time.sleep(0.1)
        rig.kill("publisher")
        rig.start("publisher")
        rig.wait_until_settled(SETTLED_WITHIN_S)
        posts = x_ledger(rig)["posts"]
        rows = [row for row in rig.deliveries() if row["network"] == "x"]
    assert Counter(row["state"] for row in rows) == {"published": len(TEXTS)}
    assert sorted(post["text"] for post in posts) == TEXTS
    assert {row["remote_id"] for row in rows} == {post["id"] for post in posts}
