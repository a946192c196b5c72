"""Rule files read and checked: a file with a fault is refused with words that say what to do."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from vcp.triage.categories import CLEAN, NOT_SCREENED, OUTBOUND
from vcp.triage.findings import Priority
from vcp.triage.inbound_categories import INBOUND, NOTE
from vcp.triage.normalise import plain
from vcp.triage.reading import reading
from vcp.triage.rules import Rule, RuleError, RuleSet

FRAGMENTS = "fragments.toml"
_FRAGMENT = re.compile(r"\{\{(\w+)\}\}")
_TEXTS = ("id", "owner", "category", "priority", "why", "advice")
_LISTS = ("languages", "patterns", "must_fire", "must_not_fire")
_OPTIONAL_LISTS = ("requires", "exclusions", "about")
_KEYS = frozenset((*_TEXTS, *_LISTS, *_OPTIONAL_LISTS, "expires"))
#: Categories a rule may not name: they say what the screen did, not what it found.
_NOT_FOR_RULES = frozenset({CLEAN, NOT_SCREENED, NOTE})
_DEEPEST_FRAGMENT = 5
#: In an example of a rule with `about`, stands between the post and the answer to it.
ANSWERED_BY = " >> "


@dataclass(frozen=True)
class Direction:
    """Which files belong to one direction of text, and what a rule of theirs may say."""

    prefix: str
    #: Pieces of patterns; a file that is not there is left out.
    fragments: tuple[str, ...]
    #: The priorities that a rule of each category may give.
    priorities: Mapping[str, tuple[Priority, ...]]
    #: Categories whose rules may have no `exclusions`: nothing said beside a sign excuses it.
    inexcusable: frozenset[str]
    #: How a text is made ready before rules read it; examples are made ready the same way.
    ready: Callable[[str], str]


OUTBOUND_FILES = Direction(
    prefix="outbound_",
    fragments=(FRAGMENTS,),
    priorities={
        code: (Priority.P1, Priority.P2, Priority.P3)
        for code in OUTBOUND
        if code not in _NOT_FOR_RULES
    },
    inexcusable=frozenset(),
    ready=lambda text: plain(text).text,
)
INBOUND_FILES = Direction(
    prefix="inbound_",
    fragments=(FRAGMENTS, "fragments_inbound.toml"),
    priorities={
        code: tuple(filter(category.may_be, Priority))
        for code, category in INBOUND.items()
        if code not in _NOT_FOR_RULES
    },
    inexcusable=frozenset(code for code, category in INBOUND.items() if not category.excusable),
    ready=lambda text: reading(text).text,
)


@cache
def outbound_rules() -> RuleSet:
    """Return the rules for drafts that come with the product, read and checked once.

    Raises: `RuleError` when a file has a fault.
    """
    return load_rules(files("vcp.triage") / "rules")


@cache
def inbound_rules() -> RuleSet:
    """Return the rules for residents' messages that come with the product, read and checked once.

    Raises: `RuleError` when a file has a fault.
    """
    return load_rules(files("vcp.triage") / "rules", direction=INBOUND_FILES)


@cache
def shared_fragments() -> dict[str, str]:
    """Return the pieces of patterns, names of people among them, that come with the product.

    Raises: `RuleError` when the file has a fault.
    """
    shared = files("vcp.triage") / "rules" / FRAGMENTS
    return _fragments(shared.name, _read(shared))


def load_rules(
    folder: Traversable, today: date | None = None, *, direction: Direction = OUTBOUND_FILES
) -> RuleSet:
    """Read every rule file of the direction in the folder and run each rule's own examples.

    Rules whose `expires` lies before `today` are left out; without `today` all are used.
    Raises: `RuleError` naming file, rule and remedy.
    """
    sources = sorted(
        (
            file
            for file in folder.iterdir()
            if file.name.startswith(direction.prefix) and file.name.endswith(".toml")
        ),
        key=lambda file: file.name,
    )
    if not sources:
        raise RuleError(
            f"No rule file {direction.prefix}*.toml is in {folder}. "
            "Put them back, or name another folder."
        )
    shared = [file for name in direction.fragments if (file := folder / name).is_file()]
    fragments: dict[str, str] = {}
    for file in shared:
        fragments.update(_fragments(file.name, _read(file)))
    rules: list[Rule] = []
    for file in sources:
        rules.extend(_rules_of(file.name, _read(file), fragments, direction))
    _check_ids(rules)
    version = _version([*sources, *shared])
    every = RuleSet(rules, version)
    for rule in rules:
        _check_examples(every, rule, direction)
    in_force = [
        rule for rule in rules if today is None or rule.expires is None or rule.expires >= today
    ]
    return every if len(in_force) == len(rules) else RuleSet(in_force, version)


def _read(file: Traversable) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        raise RuleError(
            f"{file.name}: this is not a TOML file in UTF-8 ({fault}). Correct it."
        ) from fault


def _version(sources: Sequence[Traversable]) -> str:
    digest = hashlib.sha256()
    for file in sources:
        digest.update(file.name.encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def _fragments(name: str, content: Mapping[str, Any]) -> dict[str, str]:
    faulty = [key for key, value in content.items() if not isinstance(value, str)]
    if faulty:
        raise RuleError(
            f"{name}: fragment {faulty[0]} is not a text. Write it as name = 'pattern'."
        )
    return dict(content)


def _rules_of(
    file: str, content: Mapping[str, Any], fragments: Mapping[str, str], direction: Direction
) -> list[Rule]:
    tables = content.get("rules")
    if not isinstance(tables, list) or not tables:
        raise RuleError(f"{file}: it has no rules. Begin each rule with [[rules]].")
    own = _fragments(file, content.get("fragments", {}))
    return [_rule(file, table, {**fragments, **own}, direction) for table in tables]


def _rule(
    file: str, table: Mapping[str, Any], fragments: Mapping[str, str], direction: Direction
) -> Rule:
    where = f"{file}, rule {table.get('id', 'without id')}"
    _check_keys(where, table)
    _check_values(where, table, direction)
    try:
        return _made(file, table, fragments)
    except KeyError as fault:
        unknown = fault.args[0]
        raise RuleError(
            f"{where}: fragment {unknown} is not defined. Define it in {FRAGMENTS}.",
        ) from fault
    except RecursionError as fault:
        raise RuleError(f"{where}: a fragment names itself. Take the circle out.") from fault


def _check_keys(where: str, table: Mapping[str, Any]) -> None:
    if unknown := sorted(set(table) - _KEYS):
        allowed = ", ".join(sorted(_KEYS))
        raise RuleError(f"{where}: the key {unknown[0]} is not known. Use only {allowed}.")
    for key in _TEXTS:
        if not isinstance(table.get(key), str) or not table[key].strip():
            raise RuleError(f"{where}: {key} is missing. Add {key} = '...'.")
    for key in (*_LISTS, *(key for key in _OPTIONAL_LISTS if key in table)):
        if not _is_list_of_texts(table.get(key)):
            raise RuleError(
                f"{where}: {key} must be a list of at least one text. Add {key} = ['...'].",
            )


def _is_list_of_texts(value: object) -> bool:
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(item, str) and item for item in value)
    )


def _check_values(where: str, table: Mapping[str, Any], direction: Direction) -> None:
    category, priority = table["category"], table["priority"]
    if (allowed := direction.priorities.get(category)) is None:
        known = ", ".join(sorted(direction.priorities))
        raise RuleError(f"{where}: the category {category} is not known. Use one of {known}.")
    if priority not in allowed:
        raise RuleError(
            f"{where}: the priority {priority} is not known. Use {_either(allowed)}.",
        )
    if category in direction.inexcusable and "exclusions" in table:
        raise RuleError(
            f"{where}: a rule of {category} may not be silenced. "
            "Take exclusions out and narrow the patterns.",
        )
    expires = table.get("expires")
    if expires is not None and type(expires) is not date:
        raise RuleError(
            f"{where}: expires is not a date. Write it without quotes, as expires = 2030-12-31.",
        )


def _either(priorities: Sequence[Priority]) -> str:
    *first, last = (priority.value for priority in priorities)
    return f"{', '.join(first)} or {last}" if first else last


def _made(file: str, table: Mapping[str, Any], fragments: Mapping[str, str]) -> Rule:
    def patterns(key: str) -> tuple[str, ...]:
        return tuple(_fill(pattern, fragments) for pattern in table.get(key, ()))

    return Rule(
        id=table["id"],
        owner=table["owner"],
        category=table["category"],
        priority=Priority(table["priority"]),
        why=table["why"],
        advice=table["advice"],
        languages=tuple(table["languages"]),
        patterns=patterns("patterns"),
        must_fire=tuple(table["must_fire"]),
        must_not_fire=tuple(table["must_not_fire"]),
        requires=patterns("requires"),
        exclusions=patterns("exclusions"),
        about=patterns("about"),
        expires=table.get("expires"),
        file=file,
    )


def _fill(pattern: str, fragments: Mapping[str, str]) -> str:
    for _ in range(_DEEPEST_FRAGMENT):
        if not _FRAGMENT.search(pattern):
            # Accents and look-alike letters are gone from the text by the time a rule reads it.
            return pattern if pattern.isascii() else plain(pattern).text
        pattern = _FRAGMENT.sub(lambda match: f"(?:{fragments[match.group(1)]})", pattern)
    raise RecursionError


def _check_examples(rules: RuleSet, rule: Rule, direction: Direction) -> None:
    for example in rule.must_fire:
        if not _fires(rules, rule, example, direction):
            raise rule.refused(
                f"it must fire on {example!r} and does not. Correct a pattern or the example."
            )
    for example in rule.must_not_fire:
        if _fires(rules, rule, example, direction):
            raise rule.refused(
                f"it must not fire on {example!r} and does. Add an exclusion or narrow a pattern."
            )


def _fires(rules: RuleSet, rule: Rule, example: str, direction: Direction) -> bool:
    about, _, text = example.rpartition(ANSWERED_BY) if rule.about else ("", "", example)
    return rules.fires(rule, direction.ready(text), direction.ready(about))


def _check_ids(rules: Sequence[Rule]) -> None:
    seen: set[str] = set()
    for rule in rules:
        if rule.id in seen:
            raise RuleError(f"Two rules are named {rule.id}. Give one of them another id.")
        seen.add(rule.id)
