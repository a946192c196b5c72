"""Overt only: a persona shows who is speaking, by name or by collar number; pure."""

import unicodedata

NOT_OVERT = (
    "A persona is overt: its public name carries the officer's surname, or the collar number is "
    "given and shown beside it. Pseudonyms can't be used."
)
UNSIGNED = "The signature carries the officer's surname or collar number, as in “PC 4417”."


def is_overt(display_name: str, collar_number: str, officer_name: str) -> bool:
    """Say whether the public learns who this officer is."""
    return bool(collar_number.strip()) or _carries(display_name, officer_name)


def is_signed(signature: str, collar_number: str, officer_name: str) -> bool:
    """Say whether a signature on a shared channel tells this officer from another."""
    number = _words(collar_number)
    return _carries(signature, officer_name) or bool(number and number <= _words(signature))


def _carries(shown: str, officer_name: str) -> bool:
    """Compare whole words: "Okoro" is not in "Okorowski"."""
    name = officer_name.split()
    return bool(name) and _words(name[-1]) <= _words(shown)


def _words(text: str) -> set[str]:
    plain = unicodedata.normalize("NFKD", text).casefold()
    letters = "".join(
        character if character.isalnum() else " "
        for character in plain
        if not unicodedata.combining(character)
    )
    return set(letters.split())
