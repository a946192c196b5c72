"""Rule files for messages: their categories, their ranges, and what may never be excused."""

from __future__ import annotations

from pathlib import Path

import pytest

from vcp.triage.findings import Priority
from vcp.triage.inbound_categories import (
    CHATTER,
    DESKS,
    INBOUND,
    INBOUND_ORDER,
    NOT_SCREENED,
    NOTE,
    StandardReply,
)
from vcp.triage.rulefiles import INBOUND_FILES, inbound_rules, load_rules
from vcp.triage.rules import RuleError, RuleSet

GOOD = """
[[rules]]
id = "test-rule"
owner = "tests"
category = "crime_report"
priority = "P2"
languages = ["en"]
why = "It is taken."
advice = "Find it."
patterns = ['\\b{{thing}} +stolen\\b']
must_fire = ["the parrot stolen", "🦜 stolen"]
must_not_fire = ["the parrot sleeps"]
"""


def load(folder: Path, text: str) -> RuleSet:
    (folder / "fragments_inbound.toml").write_text("thing = '(?:parrot:?)'", "utf-8")
    (folder / "inbound_test.toml").write_text(text, "utf-8")
    return load_rules(folder, direction=INBOUND_FILES)


def test_examples_are_made_ready_like_messages(tmp_path: Path) -> None:
    assert len(load(tmp_path, GOOD).rules) == 1


@pytest.mark.parametrize(
    "change, words",
    [
        (('priority = "P2"', 'priority = "P1"'), "Use P2 or P3"),
        (('category = "crime_report"', 'category = "note"'), "category note is not known"),
        (('category = "crime_report"', 'category = "sub_judice"'), "sub_judice is not known"),
        (
            ('category = "crime_report"', 'category = "threat_to_person"\nexclusions = ["lol"]'),
            "may not be silenced",
        ),
        (
            ('category = "crime_report"', 'category = "safeguarding"\nexclusions = ["lol"]'),
            "may not be silenced",
        ),
    ],
)
def test_a_fault_is_refused_with_the_remedy(
    tmp_path: Path, change: tuple[str, str], words: str
) -> None:
    with pytest.raises(RuleError, match=r"inbound_test\.toml") as refused:
        load(tmp_path, GOOD.replace(*change))
    assert words in str(refused.value)


def test_a_rule_about_a_post_fires_only_on_an_answer_to_it(tmp_path: Path) -> None:
    about = (
        GOOD.replace('owner = "tests"', "owner = \"tests\"\nabout = ['\\bzoo\\b']")
        .replace('"the parrot stolen", "🦜 stolen"', '"news of the zoo >> the parrot stolen"')
        .replace('"the parrot sleeps"', '"news of the shop >> the parrot stolen"')
    )
    rules = load(tmp_path, about)
    assert rules.read("the parrot stolen", "en", "a day at the zoo")
    assert not rules.read("the parrot stolen", "en", "a day at sea")
    assert not rules.read("the parrot stolen", "en")


def test_the_products_own_rules_cover_every_category_and_keep_its_range() -> None:
    rules = inbound_rules().rules
    assert {rule.category for rule in rules} == set(INBOUND) - {CHATTER, NOT_SCREENED, NOTE}
    for rule in rules:
        assert INBOUND[rule.category].may_be(rule.priority), rule.id


def test_every_category_has_a_desk_a_name_and_a_range_with_its_usual_priority() -> None:
    assert list(INBOUND_ORDER) == list(INBOUND)
    for code, category in INBOUND.items():
        assert category.code == code
        assert category.desk in DESKS
        assert category.desk_name
        assert category.name
        assert category.may_be(category.priority)


def test_standard_replies_follow_the_policy() -> None:
    assert INBOUND["safeguarding"].standard_reply is StandardReply.NEVER
    assert INBOUND["threat_to_person"].standard_reply is StandardReply.THIRD_PARTY
    assert INBOUND["emergency_in_progress"].standard_reply is StandardReply.ALWAYS


def test_a_complaint_is_never_routine_and_an_emergency_is_always_p1() -> None:
    assert not INBOUND["police_complaint"].may_be(Priority.P4)
    assert not INBOUND["emergency_in_progress"].may_be(Priority.P2)
