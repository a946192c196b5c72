"""What looks like something of ours without being it: pure functions over names and hosts."""

import re
import unicodedata
from functools import lru_cache
from urllib.parse import urlsplit

from vcp.triage.normalise import plain

#: Letters and digits that one takes for another in a hurry; longer ones come first.
_SAME = (("rn", "m"), ("vv", "w"), ("cl", "d"), ("0", "o"), ("1", "l"), ("i", "l"), ("5", "s"))
_BETWEEN = re.compile(r"[\W_]+", re.ASCII)
#: What somebody adds to a name to seem to be its owner.
_ADDED = (
    *("official", "genuine", "real", "verified", "online", "the", "team", "page", "news", "info"),
    *("support", "service", "help", "desk", "alerts", "police", "pc", "pcso", "sgt", "uk", "gb"),
)
#: What somebody puts into a host besides the force's own name.
_TRADE = ("police", "constabulary", "cops", "policing")
#: Digits that were added, as `skeleton` leaves them.
_DIGITS = "0123456789ols"
_JOINERS = "\u200c\u200d"
_ENDS_A_HOST = "/?#@:"
#: Shorter names are like too much.
SHORTEST = 5
_TWO_FAULTS_FROM = 9


def tidied(typed: str) -> str:
    """Return what was typed without width, case and invisible signs; what has another look stays.

    Two names are the same only when this is: marks, `ß` and what joins letters make other names,
    and other hosts. Source: https://www.unicode.org/reports/tr46/#Deviations
    """
    kept = (
        letter
        for letter in unicodedata.normalize("NFKC", typed)
        if letter in _JOINERS or unicodedata.category(letter) not in ("Cf", "Cc")
    )
    return "".join(kept).strip().lower()


@lru_cache(maxsize=50_000)
def our_spelling(name: str) -> str:
    """Return a name of ours, tidied; kept, as what was typed must not be."""
    return tidied(name)


def skeleton(name: str) -> str:
    """Return what a hurried reader sees: two names with one skeleton look the same."""
    seen = plain(name).text.casefold()
    for one, other in _SAME:
        seen = seen.replace(one, other)
    return _BETWEEN.sub("", seen)


@lru_cache(maxsize=50_000)
def our_skeleton(name: str) -> str:
    """Return the skeleton of a name of ours; kept, as what was typed must not be."""
    return skeleton(name)


def resembles(name: str, ours: str) -> bool:
    """Say whether a name could be taken for one of ours; the same name isn't asked about."""
    return looks_like(skeleton(name), our_skeleton(ours))


def looks_like(seen: str, wanted: str) -> bool:
    """Say whether one skeleton could be taken for another, that of ours."""
    if not seen or len(wanted) < SHORTEST:
        return seen == wanted and bool(seen)
    if seen == wanted:
        return True
    if wanted in seen and _is_padding(seen.replace(wanted, "", 1)):
        return True
    return is_near(seen, wanted, 2 if len(wanted) >= _TWO_FAULTS_FROM else 1)


def _is_padding(rest: str) -> bool:
    """Say whether what is left of a name is only words and digits that pretenders add."""
    for word in _PADDING:
        rest = rest.replace(word, "")
    return not rest.strip(_DIGITS)


_PADDING = tuple(sorted(map(skeleton, _ADDED), key=len, reverse=True))


def host_resembles(host: str, ours: str, force_words: frozenset[str]) -> bool:
    """Say whether a host could be taken for one of ours; the same host isn't asked about."""
    if f".{ours}." in f".{host}." or host.startswith(f"{ours}-"):
        return True
    seen, wanted = skeleton(host), our_skeleton(ours)
    if seen == wanted or is_near(seen, wanted, 2 if len(wanted) >= _TWO_FAULTS_FROM else 0):
        return True
    words = {skeleton(word) for word in force_words}
    has_trade = any(skeleton(word) in seen for word in _TRADE)
    return bool(words) and has_trade and all(word in seen for word in words)


def is_near(one: str, other: str, most: int) -> bool:
    """Say whether so many letters changed, added, left out or swapped turn one into the other."""
    if abs(len(one) - len(other)) > most:
        return False
    before: list[int] = []
    row = list(range(len(other) + 1))
    for here, letter in enumerate(one, start=1):
        last, before, row = before, row, [here]
        for there, wanted in enumerate(other, start=1):
            cost = min(
                before[there] + 1, row[there - 1] + 1, before[there - 1] + (letter != wanted)
            )
            swapped = (
                here > 1 and there > 1 and (letter, one[here - 2]) == (other[there - 2], wanted)
            )
            row.append(min(cost, last[there - 2] + 1) if swapped else cost)
        if min(row) > most:
            return False
    return row[-1] <= most


def plain_host(host: str) -> str:
    """Return a host with its letters as people see them: `xn--…` is written out."""
    host = host.lower().rstrip(".").removeprefix("www.")
    return ".".join(map(_written_out, host.split(".")))


def _written_out(label: str) -> str:
    if not label.startswith("xn--"):
        return label
    try:
        written = label[4:].encode("ascii").decode("punycode")
    except UnicodeError:
        return label
    # Plain letters are never written so: no browser goes to the host that they would make.
    return label if written.isascii() else written


def is_disguised(typed: str, asked: str) -> bool:
    """Say whether a browser may go elsewhere with an address than its reader thinks.

    `asked` is what was typed, tidied. Source: https://url.spec.whatwg.org/#url-parsing
    """
    if "\\" in asked:  # which browsers take for a slash
        return True
    if "/" not in asked:
        return False
    # A wide `/` or `@` doesn't end a host, but would seem to once it is tidied.
    if any(typed.count(sign) != asked.count(sign) for sign in _ENDS_A_HOST):
        return True
    scheme, mark, rest = asked.partition("://")
    if not mark:
        return False
    is_web = scheme in ("http", "https")
    return "@" in re.split(r"[/?#]", rest)[0] or ("/" not in scheme and not is_web)


def bare_address(url: str) -> str:
    """Return host and path of an address: what tells one profile from another."""
    parts = urlsplit(url.lower())
    return f"{plain_host(parts.hostname or '')}{parts.path.rstrip('/')}"


def host_of(url: str) -> str:
    """Return the host of an address, written plainly."""
    return plain_host(urlsplit(url).hostname or "")


def netloc(url: str) -> str:
    """Return host and port of an address, written plainly; empty when it is none."""
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return ""
    return plain_host(parts.hostname or "") + port
