"""What an account shows beside our posts: what it passes on, and edits that make new ids."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import requests

from tests.faults.proxy import LossyProxy
from tests.networks.conftest import MOCK_TOKENS
from tests.networks.contract import outgoing
from tests.networks.rigs import MockRig
from tests.networks.watch_contract import everything_shown
from vcp.networks.x_watching import own_post

AT = datetime(2026, 11, 22, 10, tzinfo=UTC)


@pytest.fixture
def mock(mock_url: str) -> Iterator[MockRig]:
    with LossyProxy(int(mock_url.rsplit(":", 1)[1])) as proxy:
        yield MockRig(mock_url, MOCK_TOKENS, proxy)


@pytest.mark.network
def test_a_boost_at_mastodon_is_told_from_what_was_written(mock: MockRig, mock_url: str) -> None:
    ours = mock.network.publish(outgoing("Ours"), "k").remote_id
    theirs = mock.say("Buy this")
    headers = {"Authorization": f"Bearer {MOCK_TOKENS['officer']}"}
    address = f"{mock_url}/api/v1/statuses/{theirs}/reblog"
    made = requests.post(address, headers=headers, timeout=10).json()
    shown = everything_shown(mock.network, datetime.now(UTC) - timedelta(minutes=1))
    assert shown.keys() == {ours, made["id"]}
    assert shown[made["id"]].is_boost
    assert shown[made["id"]].text.endswith("Buy this")
    assert not shown[ours].is_boost


def test_a_repost_at_x_is_told_from_what_was_written() -> None:
    row = {
        "id": "12",
        "text": "RT @somebody: Buy this",
        "created_at": "2026-11-22T10:00:05.000Z",
        "referenced_tweets": [{"type": "retweeted", "id": "11"}],
        "edit_history_tweet_ids": ["12"],
    }
    found = own_post(row, timedelta(seconds=5))
    assert (found.is_boost, found.created_at, found.earlier_ids) == (True, AT, ())


def test_an_edit_at_x_names_the_ids_that_the_post_had() -> None:
    row = {
        "id": "13",
        "text": "At eleven",
        "created_at": "2026-11-22T10:00:00.000Z",
        "edit_history_tweet_ids": ["11", "12", "13"],
    }
    found = own_post(row, timedelta())
    assert (found.remote_id, found.earlier_ids) == ("13", ("11", "12"))
