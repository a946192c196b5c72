"""Whether English rules can judge a text at all; what they cannot, a person must read."""

from __future__ import annotations

import re

#: Welsh words that English does not have; three of them make a text, or a part of it, Welsh.
_WELSH = frozenset(
    [
        *("mae", "yn", "yr", "ydy", "ydi", "yw", "gan", "gyda", "ein", "eich", "chi", "nhw"),
        *("fydd", "bydd", "byddwn", "oes", "hefyd", "neu", "ond", "diolch", "ffoniwch", "heddlu"),
        *("peidiwch", "rhowch", "dewch", "ddydd", "dydd", "nos", "yfory", "heno", "heddiw", "ddoe"),
        *("bawb", "pawb", "rhwng", "trwy", "drwy", "wrth", "mewn", "yma", "yno", "rwy", "dwi"),
        *("sydd", "sy", "wnaeth", "gafodd", "cael", "gael", "plant", "ysgol", "gwybod", "newydd"),
        *("gwybodaeth", "nid", "ddim", "croeso", "noson", "bore", "prynhawn", "dros", "gyfer"),
        *("ac", "wedi", "eisiau", "gallwch", "helpu", "cymuned", "swyddog", "swyddogion", "ond"),
        *("roedd", "bod", "fod", "hwn", "hyn", "dyn", "dynes", "lle", "pwy", "beth", "pryd"),
        *("gennym", "gynnon", "gwefan", "plentyn", "stryd", "ffordd", "dref", "tref", "pentref"),
        *("unrhyw", "ar", "ei", "eu", "fy", "dy", "ni", "siwr", "y"),
        *("sadwrn", "sul", "llun", "mawrth", "mercher", "iau", "gwener", "weld", "gweld", "dod"),
        *("mynd", "haf", "gaeaf", "gwanwyn", "hydref", "rhyw", "byd", "amdano", "gwych", "iawn"),
        *("dda", "fawr", "mawr", "bach", "holl", "pob", "bob", "gorau", "merch", "bachgen"),
        *("griw", "criw", "gair", "amser", "oed", "blwydd", "cyfarfod", "pobl", "wych"),
    ],
)
_WELSH_ENOUGH = 3
#: The commonest English words: six words without one of them are not English prose.
_ENGLISH = frozenset(
    [
        *("the", "of", "and", "to", "in", "is", "it", "you", "that", "he", "was", "for", "on"),
        *("are", "with", "as", "his", "they", "be", "at", "one", "have", "this", "from", "or"),
        *("had", "by", "but", "not", "what", "all", "were", "we", "when", "your", "can", "said"),
        *("there", "an", "each", "which", "she", "do", "how", "their", "if", "will", "up", "our"),
        *("out", "about", "who", "get", "her", "him", "us", "no", "so", "has", "been", "my", "me"),
        *("more", "any", "just", "only", "now", "new", "its", "don", "re", "ll", "ve", "off"),
        *("after", "here", "too", "am", "i", "a", "please", "thanks", "thank", "some", "than"),
    ],
)
_ENGLISH_NEEDED_FROM = 6
_FOREIGN_SCRIPT_SHARE = 0.3
_WORD = re.compile(r"[^\W\d_]+")


def has_other_language(original: str, plain: str) -> bool:
    """Say whether some of the text is Welsh, another language or another script."""
    words = [word.lower() for word in _WORD.findall(plain)]
    if not words:
        return False
    if sum(word in _WELSH for word in words) >= _WELSH_ENOUGH:
        return True
    if len(words) >= _ENGLISH_NEEDED_FROM and not any(word in _ENGLISH for word in words):
        return True
    return is_other_script(original)


def is_other_script(original: str) -> bool:
    """Say whether many letters are of no Latin script: look-alikes in a plate are only a few."""
    letters = [letter for letter in original if letter.isalpha()]
    foreign = sum(_is_beyond_latin(letter) for letter in letters)
    return foreign > _FOREIGN_SCRIPT_SHARE * len(letters)


def _is_beyond_latin(letter: str) -> bool:
    """Tell other scripts from Latin letters with accents and from letters drawn as symbols."""
    code = ord(letter)
    return 0x0370 <= code < 0x1E00 or 0x2E80 <= code < 0xFB00 or 0xFB50 <= code < 0xFE00  # noqa: PLR2004
