"""What an emoji says, in words that rules can read."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

#: Below this code there are letters, punctuation and signs such as (c), which are no emoji.
_FIRST_EMOJI = 0x2300

#: Where the name that Unicode gives is not the word people would use for it.
_MEANT = {
    "🔪": "knife",
    "🗡": "knife",
    "🤺": "sword",
    "⚔": "swords",
    "🔫": "gun",
    "🏹": "bow",
    "🪓": "axe",
    "🪚": "saw",
    "🩸": "blood",
    "💥": "bang",
    "🧨": "firework",
    "🧪": "chemical",
    "💊": "pills",
    "💉": "needle",
    "🪦": "grave",
    "⚰": "coffin",
    "☠": "skull",
    "🪢": "rope",
    "🎯": "target",
    "🚨": "siren",
    "🆘": "sos",
    "🐷": "pig",
    "🐽": "pig",
    "🐖": "pig",
    "👮": "officer",
    "🚓": "patrol car",
    "🚔": "patrol car",
    "🏚": "house",
    "🏡": "house",
    "🏘": "houses",
    "👧": "child",
    "👦": "child",
    "🧒": "child",
    "🤫": "shush",
    "🤐": "silenced",
    "😂": "laughing",
    "🤣": "laughing",
    "😆": "laughing",
    "😹": "laughing",
    "😜": "joking",
    "🤪": "joking",
    "😉": "winking",
    "😭": "crying",
    "😢": "crying",
    "😱": "scared",
    "😨": "scared",
    "😰": "scared",
    "😡": "angry",
    "🤬": "angry",
    "🌊": "water",
    "⛓": "chains",
    "🕯": "candle",
    "👊": "fist",
    "🤛": "fist",
    "🤜": "fist",
    "♂": "",
    "♀": "",
}


@lru_cache(maxsize=4096)
def emoji_name(letter: str) -> str | None:
    """Return what the emoji says, in lower case; none when the character is no emoji.

    A part of an emoji that says nothing by itself has an empty name.
    """
    if ord(letter) < _FIRST_EMOJI or unicodedata.category(letter) != "So":
        return None
    if (meant := _MEANT.get(letter)) is not None:
        return meant
    return unicodedata.name(letter, "sign").lower()
