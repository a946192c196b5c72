"""Whether a resident wrote in a language that the rules do not know.

A draft comes with its language; a message comes with none, or with a wrong one, is short, and is
spelt as it is spoken. So a single word proves nothing, and plain English is believed over a label.
"""

from __future__ import annotations

import re

from vcp.triage.language import has_other_language, is_other_script

_WORD = re.compile(r"[^\W\d_]+")
#: Letters that English does not borrow: Polish, Romanian, Welsh, Turkish, Czech and others.
_LETTERS = frozenset("ąćęłńśźżăâîșțşţğıőűěřůčšžđðþøåæœßñãõŵŷēūāīģķļņěħ")
#: Words that only a language other than English has; two different ones tell it.
_OTHER = frozenset(
    [
        # Welsh as it is spoken.
        *("dwi", "dw", "ydi", "ydy", "yw", "mae", "maen", "yn", "wedi", "efo", "gyda", "fory"),
        *("nawr", "rwan", "isio", "eisiau", "angen", "gwbod", "gwybod", "heddlu", "weud", "nhw"),
        *("hefyd", "diolch", "rhywun", "rywun", "ddim", "sydd", "beth", "pryd", "sut", "oedd"),
        *("mewn", "heno", "neithiwr", "allwch", "helo", "ond", "cyngor", "tu", "iawn"),
        # Polish, Romanian, Lithuanian, Czech and Slovak.
        *("nie", "jest", "mnie", "prosze", "jak", "czy", "moj", "moja", "dziekuje", "sie", "ktos"),
        *("gdzie", "teraz", "dzien", "dobry", "va", "rog", "sunt", "este", "casa", "sotul"),
        *("vreau", "buna", "unde", "multumesc", "yra", "mano", "kur", "labas", "prasau", "neni"),
        # Portuguese, Spanish, French, Italian and German.
        *("por", "favor", "uma", "est", "une", "les", "des", "pour", "dans", "avec", "mon"),
        *("je", "suis", "que", "los", "las", "una", "esta", "il", "della", "sono", "che"),
        *("ich", "und", "nicht", "bitte", "der", "wie", "obrigado", "gracias", "merci", "nao"),
        *("bonjour", "comment", "quelqu", "ayuda", "ajuda", "aiuto", "hola", "ola", "como"),
        # Turkish, Somali, Albanian, Urdu, Hindi, Punjabi and Bengali in Latin letters.
        *("bir", "benim", "lutfen", "kocam", "waa", "iyo", "waan", "ayaa", "maya"),
        *("nuk", "eshte", "jam", "dhe", "une", "nese", "mera", "meri", "mujhe", "hai", "nahi"),
        *("kya", "karo", "koi", "mainu", "ami", "amar", "kore", "ache", "tumi", "hain"),
    ],
)
#: English so common that a text with enough of it is English whatever its label says.
_ENGLISH = frozenset(
    [
        *("the", "of", "and", "to", "in", "is", "it", "you", "that", "was", "for", "on", "are"),
        *("with", "as", "they", "be", "at", "have", "this", "from", "or", "had", "by", "but"),
        *("not", "what", "were", "we", "when", "your", "can", "there", "an", "how", "their"),
        *("if", "will", "our", "out", "about", "who", "get", "my", "me", "she", "he", "his"),
        *("her", "him", "us", "no", "so", "has", "been", "just", "now", "its", "im", "ive"),
        *("hes", "shes", "theyre", "dont", "cant", "didnt", "wont", "i", "a", "help", "please"),
        *("pls", "someone", "somebody", "need", "ok", "thanks", "thank", "lol", "yes", "hi"),
        *("hello", "where", "why", "do", "did", "go", "u", "ur", "r", "n", "am", "up", "off"),
        *("some", "any", "them", "these", "those", "here", "then", "than", "too", "all", "one"),
        *("man", "kids"),
    ],
)
_ENOUGH = 2
_SHORTEST = 3
#: A label is believed over words when fewer than one word in so many is common English.
_ONE_ENGLISH_IN = 5


def is_beyond_the_rules(original: str, plain: str, declared: str | None) -> bool:
    """Say whether a message is, in part or whole, in a language that the rules do not know."""
    words = [word.lower() for word in _WORD.findall(plain)]
    english = sum(word in _ENGLISH for word in words)
    if is_other_script(original):
        return True
    if len(words) >= _SHORTEST and has_other_language(original, plain):
        return True
    if any(word in _OTHER for word in words) and _is_told(original, words, english):
        return True
    if len(words) >= _ENOUGH > english and _has_other_letters(original):
        return True
    return _is_labelled(declared, words, english)


def _is_told(original: str, words: list[str], english: int) -> bool:
    """Say whether the words of other languages outweigh the English ones."""
    others = {word for word in words if word in _OTHER}
    return len(others) >= _ENOUGH and (len(others) > english or _has_other_letters(original))


def _has_other_letters(original: str) -> bool:
    return any(letter in _LETTERS for letter in original.lower())


def _is_labelled(declared: str | None, words: list[str], english: int) -> bool:
    if not declared or declared.partition("-")[0].lower() == "en":
        return False
    return len(words) >= _SHORTEST and english * _ONE_ENGLISH_IN < len(words)
