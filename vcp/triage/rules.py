"""Phrase rules: what a rule is, and how a set of them reads a text in linear time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import re2

from vcp.triage.findings import Finding, Priority

#: Bytes one compiled pattern may use; RE2 falls back to slower linear matching, never to blow-up.
PATTERN_MEMORY = 1 << 22
_SENTENCE_ENDS = (". ", "! ", "? ", "\n")


class RuleError(Exception):
    """A rule file cannot be used; the message names the file, the rule and what to do."""


@dataclass(frozen=True)
class Rule:
    """One rule as its file states it, fragments filled in; all patterns ignore case."""

    id: str
    owner: str
    category: str
    priority: Priority
    why: str
    advice: str
    languages: tuple[str, ...]
    patterns: tuple[str, ...]
    must_fire: tuple[str, ...]
    must_not_fire: tuple[str, ...]
    #: Each must be found somewhere in the same field.
    requires: tuple[str, ...] = ()
    #: A match is dropped when one of these stands in its sentence.
    exclusions: tuple[str, ...] = ()
    #: Each must be found in the post that the text answers.
    about: tuple[str, ...] = ()
    expires: date | None = None
    #: The file it stands in, for messages.
    file: str = ""

    def expressions(self) -> Iterator[str]:
        """Give every expression of the rule."""
        yield from (*self.patterns, *self.requires, *self.exclusions, *self.about)

    def refused(self, fault: str) -> RuleError:
        """Return the error that says what is wrong with this rule."""
        return RuleError(f"{self.file}, rule {self.id}: {fault}")


def sentence(text: str, start: int, end: int) -> tuple[int, int]:
    """Widen a stretch to the sentence, or the line, that it stands in."""
    begin = max(text.rfind(mark, 0, start) for mark in _SENTENCE_ENDS) + 1
    ends = [place for mark in _SENTENCE_ENDS if (place := text.find(mark, end)) >= 0]
    return (begin, min(ends, default=len(text)))


def _options() -> re2.Options:
    options = re2.Options()
    options.max_mem = PATTERN_MEMORY
    options.log_errors = False
    return options


class RuleSet:
    """Rules ready to read texts; made once, used by any number of threads."""

    def __init__(self, rules: Sequence[Rule], version: str) -> None:
        """Compile the rules; `version` is the hash of what they were made from.

        Raises: `RuleError` when a pattern cannot be read.
        """
        self.rules = tuple(rules)
        self.version = version
        self.languages = frozenset(language for rule in rules for language in rule.languages)
        self._compiled: dict[str, re2._Regexp] = {}
        #: Which group of a pattern holds the words to mark; 0 is the whole match.
        self._marks: dict[str, int] = {}
        self._numbers: dict[str, int] = {}
        # Looks for the words that patterns need, all at once, and then tries those patterns only.
        self._filter = re2.Filter()
        for rule in rules:
            for pattern in rule.expressions():
                self._add(rule, pattern)
        if self._numbers:
            self._filter.Compile()

    def _add(self, rule: Rule, pattern: str) -> None:
        if pattern in self._numbers:
            return
        try:
            number = self._filter.Add(f"(?i){pattern}", _options())
        except re2.error as fault:
            raise rule.refused(
                f"the pattern {pattern!r} cannot be read, or is too large. "
                "Correct it; RE2 syntax applies."
            ) from fault
        self._numbers[pattern] = number
        self._compiled[pattern] = self._filter.re(number)
        self._marks[pattern] = self._compiled[pattern].groupindex.get("mark", 0)

    def expressions(self) -> list[tuple[str, re2._Regexp]]:
        """Return every pattern with its compiled form."""
        return list(self._compiled.items())

    def read(self, text: str, language: str, about: str = "") -> list[Finding]:
        """Return what the rules of the language find; places count characters of the text given.

        `about` is the post that the text answers, where it answers one.
        """
        seen = self._seen(text)
        asked = self._asked(about)
        return [
            finding
            for rule in self.rules
            if language in rule.languages and _applies(rule, seen, asked)
            for finding in self._matches(rule, text, seen)
        ]

    def fires(self, rule: Rule, text: str, about: str = "") -> bool:
        """Say whether this one rule finds something."""
        seen = self._seen(text)
        return _applies(rule, seen, self._asked(about)) and any(self._matches(rule, text, seen))

    def _asked(self, about: str) -> Mapping[str, bool]:
        return self._seen(about) if about else _Seen(self._numbers, frozenset())

    def _seen(self, text: str) -> Mapping[str, bool]:
        found = frozenset(self._filter.Match(text) or ()) if self._numbers else frozenset()
        return _Seen(self._numbers, found)

    def _matches(self, rule: Rule, text: str, seen: Mapping[str, bool]) -> Iterator[Finding]:
        excluded = [
            span
            for pattern in rule.exclusions
            if seen[pattern]
            for span in self._spans(pattern, text)
        ]
        for pattern in rule.patterns:
            if not seen[pattern]:
                continue
            for start, end in self._spans(pattern, text):
                begin, finish = sentence(text, start, end)
                if not any(begin < last and first < finish for first, last in excluded):
                    yield Finding(
                        rule.id, rule.category, rule.priority, start, end, rule.why, rule.advice
                    )

    def _spans(self, pattern: str, text: str) -> Iterator[tuple[int, int]]:
        for match in self._compiled[pattern].finditer(text):
            yield match.span(self._marks[pattern])


class _Seen(Mapping[str, bool]):
    """Whether each pattern was found in the text."""

    def __init__(self, numbers: Mapping[str, int], found: frozenset[int]) -> None:
        self._numbers = numbers
        self._found = found

    def __getitem__(self, pattern: str) -> bool:
        return self._numbers[pattern] in self._found

    def __iter__(self) -> Iterator[str]:
        return iter(self._numbers)

    def __len__(self) -> int:
        return len(self._numbers)


def _applies(rule: Rule, seen: Mapping[str, bool], asked: Mapping[str, bool]) -> bool:
    return (
        any(seen[pattern] for pattern in rule.patterns)
        and all(seen[pattern] for pattern in rule.requires)
        and all(asked[pattern] for pattern in rule.about)
    )
