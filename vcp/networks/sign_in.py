"""What an adapter keeps between calls where a sign-in is a pair of tokens that are used up.

An access token lives for hours, and a refresh token works once: two who renew at the same time
would end the sign-in for both.
"""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Tokens:
    """A pair, and the account that it belongs to; both tokens are secrets."""

    access: str
    refresh: str
    did: str


class SessionStore(Protocol):
    """Where the tokens of one account are kept, for all who speak for it."""

    def load(self) -> Tokens | None:
        """The pair that was stored last; None when there is none."""

    def save(self, tokens: Tokens | None) -> None:
        """Stores a pair, or forgets it; when this returns, all others see it."""

    def turn(self) -> AbstractContextManager[object]:
        """Waits until nobody else signs in or renews; others wait until the block is over.

        Raises: NetworkError when the turn didn't come in time.
        """
