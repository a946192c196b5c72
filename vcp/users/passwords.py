"""Passwords: what makes one good enough, and how it is kept."""

import itertools
import re
from collections.abc import Iterable
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from vcp.kernel.errors import Invalid

SHORTEST = 12
LONGEST = 200
#: At least this many different characters; `aaaaaaaaaaaa` has one.
FEWEST_DIFFERENT = 5
#: Left of the password without what is easily guessed, at least this much must remain.
FEWEST_OWN = 5
#: The start of nearly every password in published lists of stolen ones.
COMMON = re.findall(
    r"\w+",
    "password passphrase passwort qwertyuiop qwerty qwertz azerty asdfghjkl asdfgh zxcvbnm "
    "zxcvbn uiop asdf ghjkl zxcv qazwsx letmein welcome admin administrator login signin "
    "changeme secret default master dragon monkey football baseball liverpool chelsea arsenal "
    "sunshine princess iloveyou trustno superman batman pokemon starwars computer internet "
    "whatever michael jordan charlie shadow killer hunter soccer hockey ranger buster thomas "
    "summer winter spring autumn january february march april june july august september "
    "october november december monday tuesday wednesday thursday friday saturday sunday "
    "police constable sergeant inspector officer community policing neighbourhood force beat "
    "district mastodon poiuyt lkjhgf mnbvcx abcdefghijklmnopqrstuvwxyz test testing demo "
    "example user guest hello freedom london england britain united correcthorsebatterystaple "
    "correct horse battery staple",
)
LOOK_ALIKES = str.maketrans("013457$@!|", "oieastsaii")

# RFC 9106 asks for more memory than a small server can spare for several people at once; these
# figures are OWASP's second choice, about 40 ms here.
_hasher = PasswordHasher(time_cost=3, memory_cost=32 * 1024, parallelism=1)


def hashed(password: str) -> str:
    """Return what is stored of a password."""
    return _hasher.hash(password)


def matches(stored: str | None, password: str) -> bool:
    """Say whether this is the password; as slow for an account that doesn't exist."""
    try:
        _hasher.verify(stored or _nobodys(), password)
    except (VerificationError, InvalidHashError):
        return False
    return stored is not None


def is_outdated(stored: str) -> bool:
    """Say whether the stored form was made with weaker figures than today's."""
    return _hasher.check_needs_rehash(stored)


@cache
def _nobodys() -> str:
    return _hasher.hash("the password of an account that does not exist")


def check_new(password: str, known: Iterable[str] = ()) -> None:
    """Check a new password; `known` are words about the person, such as their name.

    Raises: Invalid, saying what to do, when it is short, long, common or about the person.
    Source: NIST SP 800-63B, 3.1.1.2: length and guessability, no rules about kinds of character.
    """
    if len(password) < SHORTEST:
        raise Invalid(
            f"Use {SHORTEST} characters or more. Three or four unusual words are easy to keep.",
            field="password",
        )
    if len(password) > LONGEST:
        raise Invalid(f"Use {LONGEST} characters or fewer.", field="password")
    if is_guessable(password, known):
        raise Invalid(
            "That password is easy to guess: it is short, common or about you once numbers and "
            "repeats are taken away. Choose three or four unusual words.",
            field="password",
        )


def is_guessable(password: str, known: Iterable[str] = ()) -> bool:
    """Say whether little is left once common words, words about the person and runs are gone."""
    plain = password.casefold()
    if len(set(plain)) < FEWEST_DIFFERENT:
        return True
    own = {part for word in known for part in re.split(r"[\W_]+", word.casefold())}
    words = sorted({*COMMON, *(part for part in own if len(part) > 2)}, key=len, reverse=True)  # noqa: PLR2004
    return any(len(_rest(form, words)) < FEWEST_OWN for form in (plain, _unmasked(plain)))


def _unmasked(plain: str) -> str:
    return plain.translate(LOOK_ALIKES)


def _rest(plain: str, words: Iterable[str]) -> str:
    for word in words:
        plain = plain.replace(word, " ")
    # Numbers and signs hung on either end of a word are what everybody does.
    parts = (re.sub(r"^[\W\d_]+|[\W\d_]+$", "", part) for part in plain.split())
    return _without_runs("".join(parts))


def _without_runs(letters: str) -> str:
    """Drop letters that repeat the one before, or follow it in the alphabet."""
    followed = itertools.pairwise(letters)
    return letters[:1] + "".join(b for a, b in followed if abs(ord(b) - ord(a)) > 1)
