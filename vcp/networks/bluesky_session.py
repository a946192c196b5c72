"""Being signed in to a Bluesky server: signing in is rare and limited, so that pairs are kept.

Whoever shares an account shares one `SessionStore`, which lets one at a time sign in or renew; the
others take what that one stored.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from vcp.networks.answers import Step
from vcp.networks.base import NotSent, Unauthorised, Unavailable
from vcp.networks.bluesky_answers import is_whole_account
from vcp.networks.bluesky_call import Call
from vcp.networks.sign_in import SessionStore, Tokens


class InProcessStore:
    """Keeps the pair in memory, for the threads of one process."""

    def __init__(self) -> None:
        self._tokens: Tokens | None = None
        self._lock = threading.Lock()

    def load(self) -> Tokens | None:
        """The pair that was stored last."""
        return self._tokens

    def save(self, tokens: Tokens | None) -> None:
        """Stores a pair, or forgets it."""
        self._tokens = tokens

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Waits for the lock."""
        with self._lock:
            yield


#: Makes one request of its own: with this bearer token, to this method, with this input.
Asking = Callable[[str | None, str, dict[str, Any] | None], dict[str, Any]]


class Sessions:
    """The sign-in of one account; `did` is the account that it has to be, None for any."""

    def __init__(
        self, identifier: str, app_password: str, did: str | None, store: SessionStore
    ) -> None:
        self._identifier = identifier
        self._app_password = app_password
        self._did = did
        self._store = store

    def stored(self) -> Tokens | None:
        """The pair that is there, which may be used up."""
        return self._store.load()

    def renewed(self, old: Tokens | None, ask: Asking) -> Tokens:
        """A pair that isn't `old`: what somebody else got meanwhile, else a new one.

        Asks twice at most: a renewal whose answer was lost has used the old pair up, and only the
        app password is left then.

        Raises: Unauthorised when the server takes neither; NotSent or Unavailable, to be tried
        later, when it can't be asked.
        """
        with self._store.turn():
            found = self._store.load()
            if found is not None and found != old:
                return found
            tokens = None if old is None else self._renew(old, ask)
            return tokens or self._sign_in(ask)

    def _renew(self, old: Tokens, ask: Asking) -> Tokens | None:
        try:
            answer = ask(old.refresh, "com.atproto.server.refreshSession", None)
        except (Unauthorised, Unavailable):
            # Refused, or lost on its way back: this pair is of no use any more.
            self._store.save(None)
            return None
        return self._kept(answer)

    def _sign_in(self, ask: Asking) -> Tokens:
        said = {"identifier": self._identifier, "password": self._app_password}
        answer = ask(None, "com.atproto.server.createSession", said)
        if is_whole_account(str(answer.get("accessJwt"))):
            raise Unauthorised(
                "This is the account's own password. Make an app password in the account's "
                "settings, under privacy and security, and connect with that."
            )
        return self._kept(answer)

    def _kept(self, answer: dict[str, Any]) -> Tokens:
        found = [answer.get(name) for name in ("accessJwt", "refreshJwt", "did")]
        if not all(isinstance(value, str) and value for value in found):
            raise NotSent("The server gave an answer that isn't a sign-in. It will be tried again.")
        tokens = Tokens(*map(str, found))
        if self._did not in (None, tokens.did):
            raise Unauthorised(
                f"The sign-in belongs to another account ({tokens.did}). Connect the channel again."
            )
        # Before it is used: a pair that only this call knows would be lost with it.
        self._store.save(tokens)
        return tokens


def asked(call: Call, method: str, said: dict[str, Any] | None) -> dict[str, Any]:
    """One request about the sign-in; a lost answer is no reason to think that a post went out."""
    return call.post(Step.READ, method, said)
