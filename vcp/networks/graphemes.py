"""How many characters a person sees in a text: extended grapheme clusters.

Python's own tables are of Unicode 14. Where a younger Unicode joins more, this counts more, which
costs a warning; counting less would cost a refused post.

Source: Unicode Standard Annex 29, section 3.1.1, rules GB3 to GB13.
"""

import unicodedata
from bisect import bisect_right
from itertools import pairwise

_ZWJ, _ZWNJ = "\u200d", "\u200c"
_NONSPACING = ("Mn", "Me")
_MARKS = (*_NONSPACING, "Mc")
_CONTROLS = ("Cc", "Cf", "Zl", "Zp", "Cs")
#: Spacing marks that stand by themselves.
_LONE_MARKS = frozenset(
    "\u102b\u102c\u1038\u1062\u1063\u1064\u1067\u1068\u1069\u106a\u106b\u106c\u106d\u1083\u1087"
    "\u1088\u1089\u108a\u108b\u108c\u108f\u109a\u109b\u109c\u1a61\u1a63\u1a64\uaa7b\uaa7d"
    "\U00011720\U00011721"
)
#: Spacing marks that count as if they weren't. Source: PropList.txt, Other_Grapheme_Extend.
_WITHOUT_SPACE = frozenset(
    "\u09be\u09d7\u0b3e\u0b57\u0bbe\u0bd7\u0cc2\u0cd5\u0cd6\u0d3e\u0d57\u0dcf\u0ddf\u1b35"
    "\u302e\u302f\uff9e\uff9f"
)
_THAI_AND_LAO_AM = "\u0e33\u0eb3"
#: Viramas that join two consonants of their script.
_LINKERS = frozenset("\u094d\u09cd\u0acd\u0b4d\u0c4d\u0d4d")
_CONSONANTS = (
    (0x0915, 0x0939),
    (0x0958, 0x095F),
    (0x0978, 0x097F),
    (0x0995, 0x09A8),
    (0x09AA, 0x09B0),
    (0x09B2, 0x09B2),
    (0x09B6, 0x09B9),
    (0x09DC, 0x09DD),
    (0x09DF, 0x09DF),
    (0x09F0, 0x09F1),
    (0x0A95, 0x0AA8),
    (0x0AAA, 0x0AB0),
    (0x0AB2, 0x0AB3),
    (0x0AB5, 0x0AB9),
    (0x0AF9, 0x0AF9),
    (0x0B15, 0x0B28),
    (0x0B2A, 0x0B30),
    (0x0B32, 0x0B33),
    (0x0B35, 0x0B39),
    (0x0B5C, 0x0B5D),
    (0x0B5F, 0x0B5F),
    (0x0B71, 0x0B71),
    (0x0C15, 0x0C28),
    (0x0C2A, 0x0C39),
    (0x0C58, 0x0C5A),
    (0x0D15, 0x0D3A),
)
#: Korean letters: first consonants, vowels, last consonants; and whole syllables.
_JAMO = {
    "L": ((0x1100, 0x115F), (0xA960, 0xA97C)),
    "V": ((0x1160, 0x11A7), (0xD7B0, 0xD7C6)),
    "T": ((0x11A8, 0x11FF), (0xD7CB, 0xD7FB)),
}
_SYLLABLES = ((0xAC00, 0xD7A3),)
_SYLLABLES_A_VOWEL = 28
#: What an emoji may be made of. Source: emoji-data.txt, Extended_Pictographic.
_PICTURES = (
    (0x00A9, 0x00A9),
    (0x00AE, 0x00AE),
    (0x203C, 0x203C),
    (0x2049, 0x2049),
    (0x2122, 0x2122),
    (0x2139, 0x2139),
    (0x2194, 0x2199),
    (0x21A9, 0x21AA),
    (0x231A, 0x231B),
    (0x2328, 0x2328),
    (0x23CF, 0x23CF),
    (0x23E9, 0x23F3),
    (0x23F8, 0x23FA),
    (0x24C2, 0x24C2),
    (0x25AA, 0x25AB),
    (0x25B6, 0x25B6),
    (0x25C0, 0x25C0),
    (0x25FB, 0x25FE),
    (0x2600, 0x2604),
    (0x260E, 0x260E),
    (0x2611, 0x2611),
    (0x2614, 0x2615),
    (0x2618, 0x2618),
    (0x261D, 0x261D),
    (0x2620, 0x2620),
    (0x2622, 0x2623),
    (0x2626, 0x2626),
    (0x262A, 0x262A),
    (0x262E, 0x262F),
    (0x2638, 0x263A),
    (0x2640, 0x2640),
    (0x2642, 0x2642),
    (0x2648, 0x2653),
    (0x265F, 0x2660),
    (0x2663, 0x2663),
    (0x2665, 0x2666),
    (0x2668, 0x2668),
    (0x267B, 0x267B),
    (0x267E, 0x267F),
    (0x2692, 0x2697),
    (0x2699, 0x2699),
    (0x269B, 0x269C),
    (0x26A0, 0x26A1),
    (0x26A7, 0x26A7),
    (0x26AA, 0x26AB),
    (0x26B0, 0x26B1),
    (0x26BD, 0x26BE),
    (0x26C4, 0x26C5),
    (0x26C8, 0x26C8),
    (0x26CE, 0x26CF),
    (0x26D1, 0x26D1),
    (0x26D3, 0x26D4),
    (0x26E9, 0x26EA),
    (0x26F0, 0x26F5),
    (0x26F7, 0x26FA),
    (0x26FD, 0x26FD),
    (0x2702, 0x2702),
    (0x2705, 0x2705),
    (0x2708, 0x270D),
    (0x270F, 0x270F),
    (0x2712, 0x2712),
    (0x2714, 0x2714),
    (0x2716, 0x2716),
    (0x271D, 0x271D),
    (0x2721, 0x2721),
    (0x2728, 0x2728),
    (0x2733, 0x2734),
    (0x2744, 0x2744),
    (0x2747, 0x2747),
    (0x274C, 0x274C),
    (0x274E, 0x274E),
    (0x2753, 0x2755),
    (0x2757, 0x2757),
    (0x2763, 0x2764),
    (0x2795, 0x2797),
    (0x27A1, 0x27A1),
    (0x27B0, 0x27B0),
    (0x27BF, 0x27BF),
    (0x2934, 0x2935),
    (0x2B05, 0x2B07),
    (0x2B1B, 0x2B1C),
    (0x2B50, 0x2B50),
    (0x2B55, 0x2B55),
    (0x3030, 0x3030),
    (0x303D, 0x303D),
    (0x3297, 0x3297),
    (0x3299, 0x3299),
    (0x1F000, 0x1F0FF),
    (0x1F10D, 0x1F10F),
    (0x1F12F, 0x1F12F),
    (0x1F16C, 0x1F171),
    (0x1F17E, 0x1F17F),
    (0x1F18E, 0x1F18E),
    (0x1F191, 0x1F19A),
    (0x1F1AD, 0x1F1E5),
    (0x1F201, 0x1F20F),
    (0x1F21A, 0x1F21A),
    (0x1F22F, 0x1F22F),
    (0x1F232, 0x1F23A),
    (0x1F23C, 0x1F23F),
    (0x1F249, 0x1F3FA),
    (0x1F400, 0x1F53D),
    (0x1F546, 0x1F64F),
    (0x1F680, 0x1F6FF),
    (0x1F774, 0x1F77F),
    (0x1F7D5, 0x1F7FF),
    (0x1F80C, 0x1F80F),
    (0x1F848, 0x1F84F),
    (0x1F85A, 0x1F85F),
    (0x1F888, 0x1F88F),
    (0x1F8AE, 0x1F8FF),
    (0x1F90C, 0x1F93A),
    (0x1F93C, 0x1F945),
    (0x1F947, 0x1FAFF),
    (0x1FC00, 0x1FFFD),
)


def count(text: str) -> int:
    """Return how many extended grapheme clusters a text has, or a few more."""
    if text.isascii():
        return len(text) - text.count("\r\n")
    breaks = 0
    before = _Before()
    for left, right in pairwise(text):
        before.take(left)
        breaks += not before.joins(left, right)
    return breaks + 1


class _Before:
    """What the characters so far end in, as far as the rules look back."""

    def __init__(self) -> None:
        self._flags = 0
        self._is_picture = self._is_joint = False
        self._has_consonant = self._has_linker = False

    def take(self, left: str) -> None:
        """Go on by one character."""
        self._flags = self._flags + 1 if _is_flag(left) else 0
        self._is_joint = self._is_picture and left == _ZWJ
        self._is_picture = _is_in(_PICTURES, left) or (
            self._is_picture and left != _ZWJ and _extends(left, _NONSPACING)
        )
        if _is_in(_CONSONANTS, left):
            self._has_consonant, self._has_linker = True, False
        elif self._has_consonant and left in _LINKERS:
            self._has_linker = True
        elif left == _ZWNJ or not _extends(left, _NONSPACING):
            self._has_consonant = self._has_linker = False

    def joins(self, left: str, right: str) -> bool:
        """Return whether the next character belongs to the same cluster."""
        if left == "\r" and right == "\n":
            return True
        if _is_control(left) or _is_control(right):
            return False
        if _extends(right) or right in _THAI_AND_LAO_AM or _hangul_joins(left, right):
            return True
        if self._is_joint and _is_in(_PICTURES, right):
            return True
        if self._has_linker and _is_in(_CONSONANTS, right):
            return True
        return self._flags % 2 == 1 and _is_flag(right)


def _is_in(ranges: tuple[tuple[int, int], ...], character: str) -> bool:
    code = ord(character)
    place = bisect_right(ranges, (code, 0x110000)) - 1
    return place >= 0 and code <= ranges[place][1]


def _is_flag(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"


def _extends(character: str, marks: tuple[str, ...] = _MARKS) -> bool:
    if character.isascii():
        return False
    if character in (_ZWJ, _ZWNJ) or character in _WITHOUT_SPACE:
        return True
    if "\U0001f3fb" <= character <= "\U0001f3ff" or "\U000e0020" <= character <= "\U000e007f":
        return True
    return unicodedata.category(character) in marks and character not in _LONE_MARKS


def _is_control(character: str) -> bool:
    is_control = unicodedata.category(character) in _CONTROLS
    return is_control and not _extends(character)


def _hangul_joins(left: str, right: str) -> bool:
    before, after = _hangul(left), _hangul(right)
    if before == "L":
        return after in ("L", "V", "LV", "LVT")
    if before in ("LV", "V"):
        return after in ("V", "T")
    return before in ("LVT", "T") and after == "T"


def _hangul(character: str) -> str:
    for kind, ranges in _JAMO.items():
        if _is_in(ranges, character):
            return kind
    if not _is_in(_SYLLABLES, character):
        return ""
    return "LV" if (ord(character) - _SYLLABLES[0][0]) % _SYLLABLES_A_VOWEL == 0 else "LVT"
