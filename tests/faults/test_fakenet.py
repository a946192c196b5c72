"""Fakenet does what its ledger says, so that the other tests may believe it."""

import contextlib
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.faults.fakenet import FakeNet
from tests.faults.fakenet_faults import CHANCE

STATUSES = "/api/v1/statuses"


class Client:
    def __init__(self, base_url: str, account: str = "ann") -> None:
        self._base_url = base_url
        self._headers = {"Authorization": f"Bearer token-{account}", "Connection": "close"}

    def post(self, text: str, key: str | None = None) -> requests.Response:
        headers = self._headers | ({"Idempotency-Key": key} if key else {})
        return requests.post(
            self._base_url + STATUSES, data={"status": text}, headers=headers, timeout=10
        )

    def get(self, path: str) -> requests.Response:
        return requests.get(self._base_url + path, headers=self._headers, timeout=10)

    def shown(self) -> list[str]:
        posts = self.get("/api/v1/accounts/id-ann/statuses").json()
        return [post["content"] for post in posts]


@pytest.fixture
def net(tmp_path: Path) -> Iterator[FakeNet]:
    server = FakeNet(0, tmp_path / "journal.jsonl")
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def ann(net: FakeNet) -> Client:
    return Client(net.base_url)


def _journal(tmp_path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (tmp_path / "journal.jsonl").read_text().splitlines()]


def test_everything_that_was_accepted_is_in_the_journal(
    net: FakeNet, ann: Client, tmp_path: Path
) -> None:
    post_id = ann.post("One", "key-1").json()["id"]
    url = f"{net.base_url}{STATUSES}/{post_id}"
    headers = {"Authorization": "Bearer token-ann"}
    requests.put(url, data={"status": "Two"}, headers=headers, timeout=10)
    requests.delete(url, headers=headers, timeout=10)
    entries = _journal(tmp_path)
    assert [(one["event"], one["text"]) for one in entries] == [
        ("create", "One"),
        ("edit", "Two"),
        ("delete", "Two"),
    ]
    assert {(one["account"], one["token"], one["key"], one["id"]) for one in entries} == {
        ("ann", "token-ann", "key-1", post_id)
    }
    assert net.ledger.as_json()["posts"][0]["deleted_at"]


@pytest.mark.parametrize("keys, posts, last", [("honoured", 1, 200), ("ignored", 2, 200)])
def test_keys_are_honoured_or_ignored(
    net: FakeNet, ann: Client, keys: str, posts: int, last: int
) -> None:
    net.configure({"keys": keys})
    statuses = [ann.post("One", "key-1").status_code for _ in range(2)]
    assert statuses == [200, last]
    assert len(net.ledger.posts) == posts


def test_a_replayed_key_may_answer_an_error_although_the_post_is_there(
    net: FakeNet, ann: Client
) -> None:
    net.configure({"keys": "replay_500"})
    assert [ann.post("One", "k").status_code for _ in range(2)] == [200, 500]
    assert len(net.ledger.posts) == 1


def test_a_key_is_one_accounts_own(net: FakeNet, ann: Client) -> None:
    ann.post("One", "key-1")
    Client(net.base_url, "bob").post("One", "key-1")
    assert [post.account for post in net.ledger.posts] == ["ann", "bob"]


@pytest.mark.parametrize(
    "fault, is_accepted",
    [
        ("refuse", False),
        ("drop_before", False),
        ("accept_drop", True),
        ("accept_late", True),
        ("garbled", True),
        ("cut", True),
    ],
)
def test_a_fault_accepts_or_not_as_it_says(
    net: FakeNet, ann: Client, fault: str, is_accepted: bool
) -> None:
    net.configure({"plan": [{"fault": fault}], "late_s": [0.2, 0.2]})
    answer: Any = None
    with contextlib.suppress(requests.RequestException, ValueError):
        answer = ann.post("One").json()
    assert not (answer or {}).get("id")
    if fault == "accept_late":
        assert net.ledger.posts == []
        ends_at = datetime.now(UTC) + timedelta(seconds=5)
        while not net.ledger.posts and datetime.now(UTC) < ends_at:
            threading.Event().wait(0.05)
    assert len(net.ledger.posts) == int(is_accepted)
    assert ann.post("Two").ok, "the fault is spent"


def test_a_lag_hides_a_post_from_lists_and_by_its_id(net: FakeNet, ann: Client) -> None:
    net.configure({"lag_s": [0.3, 0.3]})
    post_id = ann.post("One").json()["id"]
    assert ann.shown() == []
    assert ann.get(f"{STATUSES}/{post_id}").status_code == 404
    threading.Event().wait(0.4)
    assert ann.shown() == ["<p>One</p>"]
    assert ann.get(f"{STATUSES}/{post_id}").ok


def test_chance_follows_its_seed_and_its_rates(tmp_path: Path) -> None:
    def drawn(seed: int) -> list[str | None]:
        server = FakeNet(0, None, seed)
        server.configure({"rates": {"refuse": 0.1, "accept_drop": 0.2}})
        rules = [server.draw("POST", STATUSES, "t")[0] for _ in range(2000)]
        server.server_close()
        return [rule.fault if rule else None for rule in rules]

    first = drawn(7)
    assert first == drawn(7)
    assert first != drawn(8)
    assert first.count("refuse") == pytest.approx(200, abs=50)
    assert first.count("accept_drop") == pytest.approx(400, abs=70)


def test_chance_leaves_readings_alone(net: FakeNet, ann: Client) -> None:
    net.configure({"rates": dict.fromkeys(CHANCE, 1 / len(CHANCE))})
    assert ann.get("/api/v1/accounts/verify_credentials").ok


def test_a_plan_hits_one_account_after_some_requests(net: FakeNet, ann: Client) -> None:
    rule = {"fault": "status", "status": 403, "token": "token-ann", "after": 1}
    net.configure({"plan": [rule]})
    bob = Client(net.base_url, "bob")
    assert [one.post("x").status_code for one in (ann, bob, ann, ann)] == [200, 200, 403, 200]


@pytest.mark.parametrize(
    "values",
    [
        {"latency": 5},
        {"keys": "sometimes"},
        {"content": "markdown"},
        {"rates": {"sunspots": 1}},
        {"plan": [{"fault": "sunspots"}]},
        {"plan": [{"fault": "refuse", "wrong": 1}]},
    ],
)
def test_the_control_plane_refuses_what_it_does_not_know(
    net: FakeNet, values: dict[str, Any]
) -> None:
    answer = requests.post(f"{net.base_url}/_fakenet/config", json=values, timeout=10)
    assert answer.status_code == 422


def test_it_runs_as_a_process_of_its_own(tmp_path: Path) -> None:
    journal = tmp_path / "journal.jsonl"
    command = [sys.executable, "-m", "tests.faults.fakenet", "--journal", str(journal)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        base_url = process.stdout.readline().strip()
        Client(base_url).post("One", "key")
        ledger = requests.get(f"{base_url}/_fakenet/ledger", timeout=10).json()
        process.kill()
    assert [post["text"] for post in ledger["posts"]] == ["One"]
    assert ledger["requests"][0]["key"] == "key"
    assert "One" in journal.read_text(), "what was accepted outlives the process"
