"""One call to X: tweepy makes the requests, the wire says what they mean.

The library has X's address fixed in it, knows no time-out, waits out rate limits when it may, and
writes keys into its log at DEBUG.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import requests
import tweepy  # type: ignore[import-untyped]  # ships no types

from vcp.networks.answers import Step
from vcp.networks.base import Unauthorised
from vcp.networks.wire import USER_AGENT, Exchange, Timeouts, Wire
from vcp.networks.x_answers import posts_in, x_failure

#: Where the library sends everything.
_LIBRARY_ADDRESS = "https://api.twitter.com/"
#: Each writes keys, or what is signed with them, at DEBUG.
_TALKATIVE = ("tweepy", "oauthlib", "requests_oauthlib")
for _name in _TALKATIVE:
    logging.getLogger(_name).setLevel(logging.INFO)
# The library lets these through for answers that it didn't expect.
_LIBRARY_FAULTS = (
    tweepy.TweepyException,
    requests.RequestException,
    OSError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
)
#: What X gives for one app and one account, by the names that credentials are kept under.
KEY_NAMES = ("consumer_key", "consumer_secret", "access_token", "access_token_secret")


@dataclass(frozen=True)
class Keys:
    """The app's key and the account's, each with its secret: OAuth 1.0a, which doesn't run out."""

    consumer_key: str = field(repr=False)
    consumer_secret: str = field(repr=False)
    access_token: str = field(repr=False)
    access_token_secret: str = field(repr=False)

    @classmethod
    def of(cls, credentials: Mapping[str, str]) -> "Keys":
        """Take the four keys.

        Raises: Unauthorised when one is missing or can't be a key.
        """
        found = [credentials.get(name, "") for name in KEY_NAMES]
        if not all(key and key.isascii() and key.isprintable() and " " not in key for key in found):
            raise Unauthorised("X needs four keys, as its developer portal gives them. Paste all.")
        return cls(*found)


class _XWire(Wire):
    """A wire that takes the library's fixed address for the channel's own server."""

    def prepare_request(self, request: requests.Request) -> requests.PreparedRequest:
        if isinstance(request.url, str) and request.url.startswith(_LIBRARY_ADDRESS):
            # Before it is signed: the signature covers the server's name.
            request.url = f"{self.base_url}/{request.url.removeprefix(_LIBRARY_ADDRESS)}"
        return super().prepare_request(request)


class Call:
    """One call of the adapter: a wire, the library on it, and what its last request was for."""

    def __init__(self, base_url: str, keys: Keys, timeouts: Timeouts) -> None:
        self.wire: Wire = _XWire(base_url, timeouts)
        self.step = Step.READ
        #: How many posts X gave us to read, each of which it charges for.
        self.posts_read = 0
        self.client = tweepy.Client(
            consumer_key=keys.consumer_key,
            consumer_secret=keys.consumer_secret,
            access_token=keys.access_token,
            access_token_secret=keys.access_token_secret,
            return_type=dict,
            wait_on_rate_limit=False,
        )
        self.client.session = self.wire
        self.client.user_agent = USER_AGENT

    def ask(self, step: Step, request: Callable[[], object]) -> dict[str, Any]:
        """The JSON that answers a request of the library; empty for a success without any.

        Raises: NetworkError for anything else.
        """
        self.step = step
        self.wire.exchange = Exchange("")
        try:
            request()
        except _LIBRARY_FAULTS as error:
            if not self.wire.exchange.method:
                raise  # it asked nothing: our mistake, not the network's
            answer = self._answer()
            if answer is None:
                raise x_failure(self.wire, step) from error
        else:
            answer = self._answer()
            if answer is None:
                raise x_failure(self.wire, step)
        if step is Step.READ:
            self.posts_read += posts_in(answer)
        return answer

    def ask_plainly(
        self, step: Step, method: str, route: str, *, json: Any = None, params: Any = None
    ) -> dict[str, Any]:
        """The same for what the library has no function for; it still signs."""
        return self.ask(
            step,
            lambda: self.client.request(method, route, params=params, json=json, user_auth=True),
        )

    def _answer(self) -> dict[str, Any] | None:
        exchange = self.wire.exchange
        if not requests.codes.ok <= (exchange.status or 0) < requests.codes.multiple_choices:
            return None
        if self.step is Step.UPLOAD and not exchange.body.strip():
            return {}
        answer = exchange.json()
        return answer if isinstance(answer, dict) else None
