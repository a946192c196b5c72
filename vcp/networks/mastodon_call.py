"""One call to a Mastodon server: Mastodon.py makes the requests, the wire says what they mean.

The library drops the headers, follows its own guesses about versions, and calls itself without
end when a server doesn't say which version it is.
"""

from collections.abc import Callable
from typing import Any

import mastodon
import requests

from vcp.networks.answers import Step, error_text, failure
from vcp.networks.base import NetworkError, Rejected, Unauthorised
from vcp.networks.wire import USER_AGENT, Exchange, Timeouts, Wire

#: Told to the library so that it never asks; anything that has /api/v2/media will do.
_ASSUMED_VERSION = "4.2.0"
# The library lets these through for answers that it didn't expect.
_LIBRARY_FAULTS = (
    mastodon.MastodonError,
    requests.RequestException,
    OSError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    RuntimeError,
)
#: What servers answer to a bad token, beside 401.
PERHAPS_SIGN_IN = (
    requests.codes.bad_request,
    requests.codes.forbidden,
    requests.codes.unprocessable,
)


class Call:
    """One call of the adapter: a wire, the library on it, and what its last request was for."""

    def __init__(self, base_url: str, token: str, timeouts: Timeouts) -> None:
        self.wire = Wire(base_url, timeouts)
        self.step = Step.READ
        self.client = mastodon.Mastodon(
            api_base_url=base_url,
            ratelimit_method="throw",
            request_timeout=timeouts.read_s,
            user_agent=USER_AGENT,
            mastodon_version=_ASSUMED_VERSION,
            version_check_mode="created",
            session=self.wire,
        )
        # Not given above: the library would open a file of that name.
        self.client.access_token = token
        self._bearer = {"Authorization": f"Bearer {token}"}

    def ask(self, step: Step, request: Callable[[], object]) -> Any:
        """The JSON that answers a request of the library.

        Raises: NetworkError for anything but a success that is JSON.
        """
        self.step = step
        self.wire.exchange = Exchange("")
        try:
            request()
        except _LIBRARY_FAULTS as error:
            if not self.wire.exchange.method:
                raise  # it asked nothing: our mistake, not the network's
            if not self._is_answered():
                raise self._failure() from error
        if not self._is_answered():
            raise self._failure()
        return self.wire.exchange.json()

    def ask_plainly(self, step: Step, method: str, path: str, **kwargs: Any) -> Any:
        """The same for a request that the library would get wrong."""
        headers = self._bearer | kwargs.pop("headers", {})
        address = f"{self.wire.base_url}{path}"
        return self.ask(step, lambda: self.wire.request(method, address, headers=headers, **kwargs))

    def _is_answered(self) -> bool:
        status = self.wire.exchange.status or 0
        if not requests.codes.ok <= status < requests.codes.multiple_choices:
            return False
        exchange = self.wire.exchange
        is_empty_delete = exchange.method == "DELETE" and not exchange.body.strip()
        return is_empty_delete or exchange.json() is not None

    def _failure(self) -> NetworkError:
        found = failure(self.wire, self.step)
        status = self.wire.exchange.status
        if not isinstance(found, Rejected) or status not in PERHAPS_SIGN_IN:
            return found
        # Some servers answer a bad token with 400 or 422 and no reason: ask who we are.
        if error_text(self.wire.exchange) or self._is_signed_in():
            return found
        return Unauthorised(
            f"{self.wire.host} no longer accepts our sign-in. Connect the channel again."
        )

    def _is_signed_in(self) -> bool:
        address = f"{self.wire.base_url}/api/v1/accounts/verify_credentials"
        try:
            answer = self.wire.get(address, headers=self._bearer)
        except requests.RequestException:
            return True  # not known, so the first answer stands
        return not requests.codes.bad_request <= answer.status_code < requests.codes.server_error
