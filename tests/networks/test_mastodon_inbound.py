"""What only Mastodon's reading of others can get wrong; the rest is the contract's."""

import copy
import json
import random
import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.faults.fakenet import FakeNet
from tests.networks.conftest import MOCK_TOKENS
from tests.networks.contract import everything_said
from tests.networks.rigs import TIMEOUTS
from vcp.networks import mastodon_stream
from vcp.networks.base import UNREADABLE, Reason, Rejected, Unavailable
from vcp.networks.mastodon import MastodonNetwork
from vcp.networks.mastodon_inbound import inbound, moment, noticed
from vcp.networks.readback import plain_text_of_others

HOST = "social.example"
NOTIFICATION: dict[str, Any] = {
    "id": "n1",
    "type": "mention",
    "created_at": "2026-06-15T09:00:00.000Z",
    "account": {"id": "7", "acct": "robin@towns.example"},
    "status": {
        "id": "s1",
        "created_at": "2026-06-15T08:59:59.000Z",
        "edited_at": None,
        "in_reply_to_id": "109",
        "visibility": "public",
        "language": "en",
        "spoiler_text": "",
        "content": "<p>Somebody is in my garden</p>",
        "url": "https://towns.example/@robin/s1",
        "account": {
            "id": "7",
            "username": "robin",
            "acct": "Robin@Towns.Example",
            "display_name": "Robin 🌳",
            "url": "https://towns.example/@robin",
        },
        "media_attachments": [
            {"type": "image", "description": "A gate", "url": "https://t.example/1"}
        ],
        "mentions": [{"acct": "officer"}],
    },
}


@pytest.fixture
def officer(net: FakeNet) -> MastodonNetwork:
    return MastodonNetwork(net.base_url, "token-officer", "id-officer", TIMEOUTS)


def minute_ago() -> datetime:
    return datetime.now(UTC) - timedelta(minutes=1)


def without(part: str) -> dict[str, Any]:
    """The notification, with one part of its status left out."""
    found = copy.deepcopy(NOTIFICATION)
    del found["status"][part]
    return found


@pytest.mark.network
class TestPages:
    def say(self, net: FakeNet, number: int) -> set[str]:
        return set(net.inbox.say("officer", [{"text": f"Number {one}"} for one in range(number)]))

    def test_pages_that_overlap_are_read_to_the_end(
        self, net: FakeNet, officer: MastodonNetwork
    ) -> None:
        net.configure({"page_size": 10, "overlap": 4})
        ids = self.say(net, 95)
        assert {item.remote_id for item in everything_said(officer, minute_ago())} == ids

    def test_a_page_that_shrank_is_not_the_last(
        self, net: FakeNet, officer: MastodonNetwork
    ) -> None:
        net.configure({"page_size": 20, "shrink": 0.6})
        ids = self.say(net, 400)
        found = {item.remote_id for item in everything_said(officer, minute_ago())}
        assert 100 < len(found) < 250, "the server leaves out what it pleases"
        net.configure({"shrink": 0.0})
        assert {item.remote_id for item in everything_said(officer, minute_ago())} == ids

    def test_what_is_older_than_asked_for_is_not_paged_through(
        self, net: FakeNet, officer: MastodonNetwork
    ) -> None:
        net.inbox.say("officer", [{"text": "Old", "age_s": 3600} for _ in range(200)])
        everything_said(officer, minute_ago())
        asked = [one for one in net.ledger.requests if "notifications" in one["path"]]
        assert len(asked) == 1

    def test_a_server_that_does_not_page_is_not_believed(
        self, net: FakeNet, officer: MastodonNetwork
    ) -> None:
        net.configure({"is_paging": False, "page_size": 20})
        self.say(net, 50)
        with pytest.raises(Unavailable, match="far enough"):
            everything_said(officer, minute_ago())

    @pytest.mark.parametrize("skew_s", [-3600, 3600])
    def test_a_server_with_a_wrong_clock_is_read_by_its_own(
        self, net: FakeNet, officer: MastodonNetwork, skew_s: int
    ) -> None:
        net.configure({"clock_skew_s": skew_s, "page_size": 20})
        ids = self.say(net, 50)
        assert {item.remote_id for item in everything_said(officer, minute_ago())} == ids

    def test_one_hostile_entry_stops_nothing_behind_it(
        self, net: FakeNet, officer: MastodonNetwork
    ) -> None:
        net.configure({"page_size": 3})
        raws: list[Any] = [[1, 2], "x", {"id": None}, {"id": 5, "content": 7}, {"id": "a\u0000b"}]
        for raw in raws:
            net.inbox.say("officer", [{"text": "Hidden", "raw": raw}, {"text": "Seen"}])
        found = everything_said(officer, minute_ago())
        assert len(found) == 2 * len(raws)
        assert sum(item.remote_id.startswith(UNREADABLE) for item in found) == 4
        assert all(json.loads(item.raw) is not None for item in found)

    def test_a_token_without_the_right_to_read_still_posts(
        self, net: FakeNet, officer: MastodonNetwork
    ) -> None:
        body = '{"error": "This action is outside the authorized scopes"}'
        rule = {"method": "GET", "path": "notifications$", "fault": "status", "status": 403}
        net.configure({"plan": [rule | {"body": body}]})
        with pytest.raises(Rejected, match="Connect the channel again") as refused:
            officer.mentions(since=minute_ago())
        assert refused.value.reason is Reason.FORBIDDEN

    def test_what_has_no_id_is_never_asked_for(self, officer: MastodonNetwork) -> None:
        """A server that doesn't know it would seem to say that it was deleted."""
        with pytest.raises(Rejected):
            officer.message(f"{UNREADABLE}abc")


class TestEntries:
    def test_everything_is_read(self) -> None:
        found = noticed(NOTIFICATION, HOST, "id-officer")
        item = found.item
        assert item
        assert (item.remote_id, item.handle) == ("s1", "robin@towns.example")
        assert item.display_name == "Robin 🌳"
        assert item.posted_at == datetime(2026, 6, 15, 8, 59, 59, tzinfo=UTC)
        assert item.noticed_at == found.at == datetime(2026, 6, 15, 9, tzinfo=UTC)
        assert item.in_reply_to_id == "109"
        assert json.loads(item.raw) == NOTIFICATION["status"]

    @pytest.mark.parametrize("kind", ["favourite", "reblog", "follow", "poll", None, 7])
    def test_what_isnt_said_is_passed_over(self, kind: Any) -> None:
        found = noticed(NOTIFICATION | {"type": kind}, HOST, "id-officer")
        assert (found.id, found.item) == ("n1", None)

    def test_a_status_that_is_gone_is_passed_over(self) -> None:
        assert noticed(NOTIFICATION | {"status": None}, HOST, "x").item is None

    def test_our_own_words_are_passed_over(self) -> None:
        assert noticed(NOTIFICATION, HOST, "7").item is None

    @pytest.mark.parametrize("part", [name for name in NOTIFICATION["status"] if name != "id"])
    def test_a_part_that_is_missing_costs_that_part_only(self, part: str) -> None:
        item = noticed(without(part), HOST, "x").item
        assert item
        assert item.remote_id == "s1"

    def test_what_nobody_can_tell_is_treated_as_said_to_us_alone(self) -> None:
        item = noticed(without("visibility"), HOST, "x").item
        assert item
        assert item.visibility == "direct"

    def test_a_neighbour_on_the_same_server_has_its_name_behind_theirs(self) -> None:
        assert inbound({"account": {"acct": "Ann"}}, HOST, None).handle == "ann@social.example"
        assert inbound({}, HOST, None).handle == "unknown@social.example"

    @pytest.mark.parametrize(
        "url", ["javascript:alert(1)", "//x", "data:text/html,x", "http://", 1]
    )
    def test_only_web_addresses_are_kept(self, url: Any) -> None:
        status = {"id": "1", "url": url, "account": {"url": url}}
        item = inbound(status | {"media_attachments": [{"url": url}]}, HOST, None)
        assert (item.url, item.profile_url, item.media[0].url) == (None, None, "")

    @pytest.mark.parametrize(
        "said", ["", "yesterday", 5, None, "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"]
    )
    def test_a_moment_that_isnt_one_is_none(self, said: Any) -> None:
        assert moment(said) is None


@pytest.mark.parametrize(
    "content, text",
    [
        ("<p>One</p><p>Two<br>Three</p>", "One\n\nTwo\nThree"),
        ('<a href="https://x.example/a">https://x.example/a</a>', "https://x.example/a"),
        (
            '<a href="https://evil.example/">https://police.example</a>',
            "https://police.example (https://evil.example/)",
        ),
        (
            '<a href="https://evil.example/" class="mention">my bank</a>',
            "my bank (https://evil.example/)",
        ),
        ('<a href="https://s.example/@ann" class="mention">@<span>ann</span></a> hi', "@ann hi"),
        ('<a href="javascript:alert(1)">help</a>', "help"),
        ("<script>help", "help"),
        ("<style>help</style><!-- x -->", "help"),
        ("<img src=x onerror=alert(1)>help", "help"),
        ("5 < 6 & I <3 you", "5 < 6 & I <3 you"),
        ("<![if x", ""),
        ("he<b>lp</b>", "help"),
    ],
)
def test_the_words_of_others_are_all_there_and_links_tell_where_they_lead(
    content: str, text: str
) -> None:
    assert plain_text_of_others(content) == text


@pytest.mark.parametrize("piece", ["<a ", "<a href='", "<!--", "<p>", "<![CDATA[", "&", "<b><p>"])
def test_no_html_takes_long_to_read(piece: str) -> None:
    """The slowest of these took 22 seconds in the library's own parser."""
    ended = threading.Event()

    def read() -> None:
        plain_text_of_others(piece * 20_000)
        ended.set()

    threading.Thread(target=read, daemon=True).start()
    assert ended.wait(5)


_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters())
    | st.sampled_from(["\x00", "\ud800", "2026-06-15T09:00:00Z", "0001-01-01T00:00:00+14:00"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3)
    ),
    max_leaves=6,
)


def _paths(value: Any, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    if not isinstance(value, dict | list):
        return [here]
    rows = value.items() if isinstance(value, dict) else enumerate(value)
    return [here, *(path for name, one in rows for path in _paths(one, (*here, name)))]


_ODD: tuple[Any, ...] = (
    None,
    7,
    "",
    "x" * 1000,
    "\x00",
    "\ud800",
    [],
    {},
    [None],
    {"id": 1},
    True,
    -1.5,
    "9999-13-99",
)


def mutated(chance: random.Random) -> dict[str, Any]:
    """A notification with an id of its own, of which up to three parts are something odd."""
    entry = copy.deepcopy(NOTIFICATION)
    entry["status"]["id"] = f"s{chance.getrandbits(64)}"
    for _ in range(chance.randint(1, 3)):
        *above, name = chance.choice([path for path in _paths(entry) if path])
        part: Any = entry
        for step in above:
            part = part[step]
        part[name] = chance.choice(_ODD)
    return entry


@settings(max_examples=400, deadline=None)
@given(data=st.data())
def test_whatever_a_server_sends_is_read_without_a_fault(data: st.DataObject) -> None:
    """Mutated answers: each gives an item that can be stored, or nothing; never an exception."""
    entry = copy.deepcopy(NOTIFICATION)
    for _ in range(data.draw(st.integers(1, 3))):
        *above, name = data.draw(st.sampled_from([path for path in _paths(entry) if path]))
        part: Any = entry
        for step in above:
            part = part[step]
        part[name] = data.draw(_JSON)
    item = noticed(entry, HOST, "id-officer").item
    if item is not None:
        assert item.remote_id
        for text in (item.text, item.display_name, item.handle, item.content_warning or ""):
            text.encode()
            assert "\x00" not in text
        json.loads(item.raw)


class TestStreams:
    @pytest.mark.parametrize(
        "base_url, said, address",
        [
            ("https://social.example", "wss://social.example", "https://social.example"),
            (
                "https://social.example",
                "wss://stream.social.example/",
                "https://stream.social.example",
            ),
            ("https://social.example", "wss://evil.example", None),
            ("https://social.example", "wss://evilsocial.example", None),
            ("https://social.example", "ws://social.example", None),
            ("http://127.0.0.1:8900", "ws://127.0.0.1:8900", "http://127.0.0.1:8900"),
            ("https://social.example", "gopher://social.example", None),
            ("https://social.example", "", None),
            ("https://social.example", 7, None),
        ],
    )
    def test_only_the_server_itself_is_given_the_token(
        self, base_url: str, said: Any, address: str | None
    ) -> None:
        new = {"configuration": {"urls": {"streaming": said}}}
        old = {"urls": {"streaming_api": said}}
        assert mastodon_stream.stream_address(base_url, new) == address
        assert mastodon_stream.stream_address(base_url, old) == address
        assert mastodon_stream.stream_address(base_url, [new]) is None

    @pytest.mark.network
    def test_a_server_without_a_stream_says_so(self, officer: MastodonNetwork) -> None:
        assert not officer.listen(lambda: None, lambda: False)

    @pytest.mark.network
    def test_a_hint_comes_as_soon_as_something_is_said(self, mock_url: str) -> None:
        officer = MastodonNetwork(mock_url, MOCK_TOKENS["officer"], None, TIMEOUTS)
        hints, is_over = threading.Semaphore(0), threading.Event()
        args = (hints.release, is_over.is_set)
        thread = threading.Thread(target=officer.listen, args=args, daemon=True)
        thread.start()
        assert hints.acquire(timeout=20), "the stream stands"

        def say(text: str) -> None:
            headers = {"Authorization": f"Bearer {MOCK_TOKENS['other']}"}
            form = {"status": text}
            requests.post(f"{mock_url}/api/v1/statuses", data=form, headers=headers, timeout=10)

        say("@officer hello")
        assert hints.acquire(timeout=10)
        is_over.set()
        say("@officer hello again")
        thread.join(10)
        assert not thread.is_alive()
