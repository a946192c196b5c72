"""The card of a link: where people see what a link leads to before they follow it.

Our server fetches nothing that stands in a post. The card of one of our own pages is made from
our own records; that of any other is what its author typed, or there is none.
"""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

LONGEST_TITLE = 200
LONGEST_DESCRIPTION = 300
#: Networks that show the card which comes with a post; others fetch one by themselves, or none.
WITH_CARDS = frozenset({"bluesky"})

_LINK = re.compile(r"(?<![\w@/.])https?://[^\s<>\"“”]+", re.IGNORECASE)


@dataclass(frozen=True)
class LinkCard:
    """What a card says of the first link of a text."""

    uri: str
    title: str
    description: str = ""
    #: Digest and type of a stored picture.
    image: tuple[str, str] | None = None

    @property
    def host(self) -> str:
        """The server that the link leads to."""
        return urlsplit(self.uri).hostname or self.uri


def first_link(text: str) -> str | None:
    """Return the first address in a text, without what ends the sentence."""
    for found in _LINK.finditer(text):
        address = found.group().rstrip(".,;:!?'’…")
        while address.endswith(")") and address.count(")") > address.count("("):
            address = address[:-1].rstrip(".,;:!?'’…")
        try:
            if urlsplit(address).hostname:
                return address
        except ValueError:
            continue
    return None
