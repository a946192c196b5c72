"""What only Mastodon's adapter can get wrong; the rest is the contract's."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.faults.fakenet import FakeNet
from tests.networks.conftest import MOCK_TOKENS
from tests.networks.contract import eventually, outgoing, picture
from tests.networks.length_corpus import PIECES
from tests.networks.rigs import TIMEOUTS
from vcp.networks.base import (
    Limits,
    Network,
    NotSent,
    OutcomeUnknown,
    Outgoing,
    Reason,
    Receipt,
    Rejected,
    Unauthorised,
    Unavailable,
    count_characters,
)
from vcp.networks.fake import LIMITS
from vcp.networks.mastodon import MastodonNetwork
from vcp.networks.wire import Timeouts

pytestmark = pytest.mark.network

UPLOADS = {"method": "POST", "path": "^/api/v2/media$"}
CREDENTIALS = {"method": "GET", "path": "verify_credentials$"}
TIMELINE = {"method": "GET", "path": "/accounts/.*/statuses$"}


@pytest.fixture
def officer(net: FakeNet) -> Network:
    return MastodonNetwork(net.base_url, "token-officer", "id-officer", TIMEOUTS)


def _requests(net: FakeNet, method: str, path: str) -> int:
    found = [one for one in net.ledger.requests if one["method"] == method and path in one["path"]]
    return len(found)


def _find(network: Network, post: Outgoing, since: datetime) -> Receipt | None:
    return network.find(post, since=since, taken=())


class TestFinding:
    def test_pages_are_read_back_to_the_attempt(self, net: FakeNet, officer: Network) -> None:
        net.configure({"page_size": 5})
        since = datetime.now(UTC)
        first = outgoing("The first of many")
        wanted = officer.publish(first, "first")
        for number in range(22):
            officer.publish(outgoing(f"Post {number}"), f"key-{number}")
        found = _find(officer, first, since)
        assert found
        assert found.remote_id == wanted.remote_id
        assert _find(officer, outgoing("Never sent"), since) is None

    def test_reading_stops_behind_the_attempt(self, net: FakeNet, officer: Network) -> None:
        net.configure({"page_size": 5})
        for number in range(20):
            officer.publish(outgoing(f"Old {number}"), f"old-{number}")
        for post in net.ledger.posts:
            post.accepted_at -= timedelta(hours=1)
        assert _find(officer, outgoing("New"), datetime.now(UTC)) is None
        assert _requests(net, "GET", "/statuses") == 1

    def test_a_server_that_does_not_page_is_not_believed_on_a_full_page(
        self, net: FakeNet, officer: Network
    ) -> None:
        net.configure({"page_size": 20, "is_paging": False})
        since = datetime.now(UTC)
        for number in range(19):
            officer.publish(outgoing(f"Post {number}"), f"key-{number}")
        assert _find(officer, outgoing("Absent"), since) is None
        officer.publish(outgoing("Post 20"), "key-20")
        with pytest.raises(Unavailable, match="far enough"):
            _find(officer, outgoing("Absent"), since)

    @pytest.mark.parametrize("content", ["paragraphs", "bare", "shortened"])
    @pytest.mark.parametrize(
        "text",
        [
            "One line",
            "Two\nlines\n\nand a paragraph",
            "A & B < C > D \"quoted\" 'single' 100%",
            "Ask @ann@social.example, or see https://force.example/x",
            "https://force.example/news/an-address-that-servers-show-shortened?x=1&y=2#part ok",
            "Emoji 🚓👮🏽‍♀️ and accents: Llŷn, café",
            "#Kent #Safer",
        ],
    )
    def test_every_servers_html_is_recognised(
        self, net: FakeNet, officer: Network, content: str, text: str
    ) -> None:
        net.configure({"content": content, "has_source": False})
        since = datetime.now(UTC)
        post = outgoing(text)
        officer.publish(post, "key")
        assert _find(officer, post, since)

    def test_marks_that_a_server_swallows_are_looked_up_in_the_source(self, mock_url: str) -> None:
        officer = MastodonNetwork(mock_url, MOCK_TOKENS["officer"], None, TIMEOUTS)
        since = datetime.now(UTC)
        post = outgoing("**Closed** today, ~~open~~ `tomorrow`")
        receipt = officer.publish(post, "marks")
        assert _find(officer, outgoing("Closed today, open tomorrow?"), since) is None
        found = _find(officer, post, since)
        assert found
        assert found.remote_id == receipt.remote_id

    def test_without_a_source_other_punctuation_is_another_post(
        self, net: FakeNet, officer: Network
    ) -> None:
        net.configure({"has_source": False})
        since = datetime.now(UTC)
        officer.publish(outgoing("At *ten*"), "a")
        officer.publish(outgoing("👍"), "b")
        assert _find(officer, outgoing("At ten?"), since) is None
        assert _find(officer, outgoing("👎"), since) is None
        assert _find(officer, outgoing("At ten"), since)

    @pytest.mark.parametrize("skew_s", [-3600, 3600])
    def test_a_server_with_a_wrong_clock_is_read_by_its_own(
        self, net: FakeNet, officer: Network, skew_s: int
    ) -> None:
        net.configure({"clock_skew_s": skew_s})
        since = datetime.now(UTC)
        post = outgoing("By another clock")
        officer.publish(post, "clock")
        found = _find(officer, post, since)
        assert found
        assert abs(found.at - since) < timedelta(minutes=1), "receipts are by our clock"
        assert _find(officer, post, since + timedelta(minutes=10)) is None

    def test_a_post_is_found_once_the_server_shows_it(self, net: FakeNet, officer: Network) -> None:
        net.configure({"lag_s": [0.4, 0.4]})
        since = datetime.now(UTC)
        post = outgoing("Shown later")
        receipt = officer.publish(post, "lag")
        assert _find(officer, post, since) is None
        assert not officer.exists(receipt.remote_id)
        assert eventually(lambda: _find(officer, post, since)).remote_id == receipt.remote_id

    @pytest.mark.parametrize(
        "body", ['[{"id": "1"}]', '[{"id": "1", "created_at": "?", "content": ""}]', "[1]", "{}x"]
    )
    def test_a_strange_list_is_not_absence(self, net: FakeNet, officer: Network, body: str) -> None:
        rule = {"fault": "status", "status": 200, "body": body}
        net.configure({"plan": [rule | TIMELINE]})
        with pytest.raises(Unavailable):
            _find(officer, outgoing(), datetime.now(UTC))


class TestImages:
    def test_a_server_that_processes_later_is_waited_for(
        self, net: FakeNet, officer: Network, tmp_path: Path
    ) -> None:
        net.configure({"media_ready_s": 0.7})
        officer.publish(outgoing(media=(picture(tmp_path, "The hall"),)), "later")
        assert net.ledger.posts[0].alt_texts == ["The hall"]
        assert _requests(net, "GET", "/api/v1/media/") >= 2

    def test_images_that_are_never_ready_are_not_sent(self, net: FakeNet, tmp_path: Path) -> None:
        net.configure({"media_ready_s": 60})
        hasty = MastodonNetwork(net.base_url, "token-officer", None, Timeouts(0.2, 0.5, 2))
        with pytest.raises(NotSent):
            hasty.publish(outgoing(media=(picture(tmp_path, "The hall"),)), "never")
        assert net.ledger.posts == []

    @pytest.mark.parametrize("fault", ["refuse", "drop_before", "accept_drop", "garbled", "cut"])
    def test_a_failed_upload_is_never_ambiguous_and_the_rest_is_kept(
        self, net: FakeNet, officer: Network, tmp_path: Path, fault: str
    ) -> None:
        media = (picture(tmp_path, "First", "navy"), picture(tmp_path, "Second", "teal"))
        net.configure({"plan": [{"fault": fault, "after": 1} | UPLOADS]})
        post = outgoing(media=media)
        with pytest.raises(NotSent):
            officer.publish(post, "upload")
        assert net.ledger.posts == []
        officer.publish(post, "upload")
        assert net.ledger.posts[0].alt_texts == ["First", "Second"]
        assert _requests(net, "POST", "/api/v2/media") == 3  # the first isn't sent again

    def test_an_image_is_uploaded_again_for_another_post(
        self, net: FakeNet, officer: Network, tmp_path: Path
    ) -> None:
        """A server lets an upload belong to one post."""
        for key in ("one", "two"):
            officer.publish(outgoing(media=(picture(tmp_path, "The hall"),)), key)
        assert _requests(net, "POST", "/api/v2/media") == 2

    def test_an_image_that_was_changed_after_approval_is_refused(
        self, net: FakeNet, officer: Network, tmp_path: Path
    ) -> None:
        image = picture(tmp_path, "The hall")
        image.path.write_bytes(b"other bytes")
        with pytest.raises(Rejected) as refused:
            officer.publish(outgoing(media=(image,)), "changed")
        assert refused.value.reason is Reason.MEDIA
        assert net.ledger.requests == []

    def test_an_image_that_the_server_refuses_is_refused_as_one(
        self, net: FakeNet, officer: Network, tmp_path: Path
    ) -> None:
        net.configure({"plan": [{"fault": "status", "status": 422} | UPLOADS]})
        with pytest.raises(Rejected) as refused:
            officer.publish(outgoing(media=(picture(tmp_path, "The hall"),)), "media")
        assert refused.value.reason is Reason.MEDIA


class TestOddServers:
    @pytest.mark.parametrize("status, body", [(400, "Bad token"), (422, "<h1>422</h1>"), (403, "")])
    def test_a_bad_token_without_a_reason_is_told_by_asking_who_we_are(
        self, net: FakeNet, officer: Network, status: int, body: str
    ) -> None:
        rule = {"fault": "status", "status": status, "body": body, "count": 5}
        net.configure({"plan": [rule, rule | CREDENTIALS, rule | TIMELINE]})
        with pytest.raises(Unauthorised):
            officer.publish(outgoing(), "bad")
        with pytest.raises(Unauthorised):
            officer.account()
        with pytest.raises(Unauthorised):
            _find(officer, outgoing(), datetime.now(UTC))

    def test_a_refusal_without_a_reason_with_a_good_token_is_a_refusal(
        self, net: FakeNet, officer: Network
    ) -> None:
        net.configure({"plan": [{"fault": "status", "status": 400, "body": "No"}]})
        with pytest.raises(Rejected) as refused:
            officer.publish(outgoing(), "no")
        assert refused.value.reason is Reason.INVALID

    def test_a_revoked_token_is_noticed_everywhere(self, net: FakeNet, officer: Network) -> None:
        receipt = officer.publish(outgoing(), "before")
        net.configure({"revoke": ["token-officer"]})
        for call in (
            lambda: officer.publish(outgoing(), "after"),
            lambda: officer.withdraw(receipt.remote_id),
            lambda: officer.correct(receipt.remote_id, outgoing(), "after"),
            lambda: officer.exists(receipt.remote_id),
            officer.account,
        ):
            with pytest.raises(Unauthorised):
                call()

    def test_limits_come_from_the_older_document_where_there_is_no_newer(
        self, net: FakeNet, officer: Network
    ) -> None:
        net.configure({"has_instance_v2": False, "characters": 5000})
        limits = officer.limits()
        assert (limits.characters, limits.url_length, limits.alt_characters) == (5000, 23, 1500)
        assert limits.probed_at

    @pytest.mark.parametrize(
        "answer, kind, message",
        [
            ({"fault": "status", "status": 404, "body": "Not here"}, Rejected, "no Mastodon API"),
            ({"fault": "garbled"}, Unavailable, "web page instead of the Mastodon API"),
            ({"fault": "status", "status": 200, "body": "[]"}, Unavailable, "describe itself"),
        ],
    )
    def test_a_server_of_another_kind_is_named_with_what_to_do(
        self,
        net: FakeNet,
        officer: Network,
        answer: dict[str, Any],
        kind: type[Exception],
        message: str,
    ) -> None:
        rule = {"method": "GET", "path": "^/api/v./instance$", "count": 9} | answer
        net.configure({"plan": [rule]})
        with pytest.raises(kind, match=message):
            officer.limits()

    def test_limits_that_make_no_sense_are_replaced(self, net: FakeNet, officer: Network) -> None:
        body = (
            '{"configuration": {"statuses": {"max_characters": -1, "max_media_attachments": "4"},'
            '"media_attachments": {"supported_mime_types": ["video/mp4"]}}}'
        )
        rule = {"method": "GET", "path": "/instance$", "fault": "status", "status": 200}
        net.configure({"plan": [rule | {"body": body}]})
        limits: Limits = officer.limits()
        assert (limits.characters, limits.media_count) == (500, 4)
        assert limits.media_types == ("image/jpeg", "image/png")

    def test_a_server_that_cannot_edit_says_so_in_our_words(
        self, net: FakeNet, officer: Network
    ) -> None:
        receipt = officer.publish(outgoing(), "edit")
        net.configure({"plan": [{"method": "PUT", "path": ".", "fault": "status", "status": 404}]})
        with pytest.raises(Rejected) as refused:
            officer.correct(receipt.remote_id, outgoing("Better"), "edit-2")
        assert refused.value.reason is Reason.UNSUPPORTED

    def test_an_empty_answer_to_a_deletion_is_a_deletion(
        self, net: FakeNet, officer: Network
    ) -> None:
        deleting = {"method": "DELETE", "path": ".", "fault": "status", "body": ""}
        net.configure({"plan": [deleting | {"status": 204}, deleting | {"status": 500}]})
        officer.withdraw("any")
        with pytest.raises(OutcomeUnknown):
            officer.withdraw("any")

    def test_a_redirect_is_refused_with_what_to_do(self, net: FakeNet, officer: Network) -> None:
        headers = {"Location": "https://other.example/api/v1/statuses"}
        rule = {"fault": "status", "status": 308, "headers": headers, "body": ""}
        net.configure({"plan": [rule]})
        with pytest.raises(Rejected) as refused:
            officer.publish(outgoing(), "moved")
        assert refused.value.reason is Reason.ADDRESS
        assert refused.value.detail == headers["Location"]

    def test_an_id_cannot_lead_to_another_address(self, net: FakeNet, officer: Network) -> None:
        assert not officer.exists("../accounts/verify_credentials?x=")
        assert net.ledger.requests[-1]["path"] == (
            "/api/v1/statuses/..%2Faccounts%2Fverify_credentials%3Fx%3D"
        )

    def test_an_account_has_its_servers_name_and_its_links(self, officer: Network) -> None:
        account = officer.account()
        assert account.remote_id == "id-officer"
        assert account.handle.startswith("officer@127.0.0.1:")
        assert account.profile_links == ("https://force.example/officers/officer",)

    def test_a_server_that_is_away_was_sent_nothing(self) -> None:
        away = MastodonNetwork("http://127.0.0.1:9", "token", "1", TIMEOUTS)
        with pytest.raises(NotSent):
            away.publish(outgoing(), "away")
        with pytest.raises(NotSent):
            _find(away, outgoing(), datetime.now(UTC))


def test_the_mock_s_verdict_on_a_length_is_the_known_one(mock_server: str) -> None:
    """It counts links and names as typed, so the texts have none."""
    kinds = [piece for piece in PIECES if "://" not in piece.text]
    taken, known = [], []
    for number, piece in enumerate(kinds):
        fits = (500 + 1) // (piece.mastodon + 1)
        for pieces in (fits, fits + 1):
            words = f"{number} " + " ".join([piece.text] * pieces)
            length = len(f"{number} ") + pieces * (piece.mastodon + 1) - 1
            headers = {"Authorization": f"Bearer {MOCK_TOKENS['officer']}"}
            answer = requests.post(
                f"{mock_server}/api/v1/statuses",
                json={"status": words},
                headers=headers,
                timeout=10,
            )
            assert answer.status_code in (200, 422)
            taken.append(answer.ok)
            known.append(length <= 500)
            assert count_characters(words, LIMITS) == length
    assert taken == known
