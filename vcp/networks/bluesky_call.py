"""One request to a Bluesky server: XRPC as plain JSON over our wire.

The network's Python library isn't used: it leaves out a `swapRecord` that is null, which turns
"create if absent" into "overwrite", and can't say whether a request left this machine.
"""

from collections.abc import Mapping
from typing import Any

import requests

from vcp.networks.answers import Step
from vcp.networks.bluesky_answers import problem
from vcp.networks.wire import Exchange, Timeouts, Wire


class Call:
    """Requests within one deadline; `step` is what the last one was for."""

    def __init__(self, base_url: str, token: str | None, timeouts: Timeouts) -> None:
        self.wire = Wire(base_url, timeouts)
        self.step = Step.READ
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}

    def get(self, method: str, **params: Any) -> dict[str, Any]:
        """The answer of a query; None among the parameters is left out.

        Raises: NetworkError.
        """
        return self._ask(Step.READ, "GET", method, params=params)

    def post(self, step: Step, method: str, said: Mapping[str, Any] | None) -> dict[str, Any]:
        """The answer of a procedure, whose input is sent as it is, null included.

        Raises: NetworkError.
        """
        return self._ask(step, "POST", method, **({} if said is None else {"json": said}))

    def upload(self, content: bytes, media_type: str) -> dict[str, Any]:
        """The answer to a blob.

        Raises: NetworkError.
        """
        headers = {"Content-Type": media_type}
        return self._ask(
            Step.UPLOAD, "POST", "com.atproto.repo.uploadBlob", data=content, headers=headers
        )

    def _ask(self, step: Step, verb: str, method: str, **about: Any) -> dict[str, Any]:
        self.step = step
        self.wire.exchange = Exchange("")
        address = f"{self.wire.base_url}/xrpc/{method}"
        headers = self._headers | about.pop("headers", {})
        try:
            self.wire.request(verb, address, headers=headers, **about)
        except (requests.RequestException, OSError) as error:
            raise problem(self.wire, step) from error
        exchange = self.wire.exchange
        is_success = requests.codes.ok <= (exchange.status or 0) < requests.codes.multiple_choices
        if is_success and not exchange.body.strip():
            return {}
        answer = exchange.json() if is_success else None
        if not isinstance(answer, dict):
            raise problem(self.wire, step)
        return answer
