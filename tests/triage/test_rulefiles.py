"""Rule files are checked when they are read, and a fault says what to do."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from vcp.triage.categories import DECISION_MAKERS, ORDER, OUTBOUND
from vcp.triage.rulefiles import load_rules, outbound_rules
from vcp.triage.rules import RuleError

GOOD = """
[[rules]]
id = "test-rule"
owner = "tests"
category = "uncivil_tone"
priority = "P2"
languages = ["en"]
why = "It is unkind."
advice = "Be kind."
patterns = ['\\b{{thing}} (?P<mark>awful)\\b']
must_fire = ["The parrot is awful"]
must_not_fire = ["The parrot is lovely"]
"""
FRAGMENTS = "thing = 'parrot is|ferret is'"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "fragments.toml").write_text(FRAGMENTS, "utf-8")
    return tmp_path


def write(folder: Path, text: str, name: str = "outbound_test.toml") -> Path:
    (folder / name).write_text(text, "utf-8")
    return folder


def test_a_good_file_is_read_and_marks_the_named_group(folder: Path) -> None:
    rules = load_rules(write(folder, GOOD))
    (finding,) = rules.read("My FERRET is awful, really", "en")
    assert (finding.rule, finding.start, finding.end) == ("test-rule", 13, 18)
    assert rules.languages == {"en"}
    assert not rules.read("My ferret is awful", "cy")


@pytest.mark.parametrize(
    "change, words",
    [
        (('id = "test-rule"', 'id = "test-rule'), "not a TOML file"),
        (('category = "uncivil_tone"', 'category = "rudeness"'), "category rudeness is not known"),
        (('category = "uncivil_tone"', 'category = "clean"'), "category clean is not known"),
        (('priority = "P2"', 'priority = "P4"'), "Use P1, P2 or P3"),
        (('must_fire = ["The parrot is awful"]', ""), "must_fire must be a list"),
        (('must_not_fire = ["The parrot is lovely"]', "must_not_fire = []"), "must_not_fire must"),
        (("The parrot is awful", "The parrot is fine"), "it must fire on 'The parrot is fine'"),
        (("The parrot is lovely", "A ferret is awful"), "it must not fire on 'A ferret is awful'"),
        (("{{thing}}", "{{nothing}}"), "fragment nothing is not defined"),
        (("{{thing}} (?P", "{{thing}} (("), "cannot be read"),
        (("{{thing}} (?P", "(?=x)(?P"), "cannot be read"),
        (('owner = "tests"', ""), "owner is missing"),
        (('owner = "tests"', 'owner = "tests"\nonwer = "x"'), "the key onwer is not known"),
        (('owner = "tests"', 'owner = "tests"\nexpires = "soon"'), "expires is not a date"),
        (('languages = ["en"]', "languages = [1]"), "languages must be a list"),
    ],
)
def test_a_fault_is_refused_with_file_rule_and_remedy(
    folder: Path, change: tuple[str, str], words: str
) -> None:
    with pytest.raises(RuleError, match=r"outbound_test\.toml") as refused:
        load_rules(write(folder, GOOD.replace(*change, 1)))
    assert words in str(refused.value)


def test_an_empty_file_and_an_empty_folder_are_refused(folder: Path) -> None:
    with pytest.raises(RuleError, match="No rule file"):
        load_rules(folder)
    with pytest.raises(RuleError, match="it has no rules"):
        load_rules(write(folder, ""))


def test_two_rules_of_one_name_are_refused(folder: Path) -> None:
    with pytest.raises(RuleError, match="Two rules are named test-rule"):
        load_rules(write(write(folder, GOOD), GOOD, "outbound_more.toml"))


def test_a_fragment_in_a_circle_is_refused(folder: Path) -> None:
    (folder / "fragments.toml").write_text("thing = '{{thing}} x'", "utf-8")
    with pytest.raises(RuleError, match="names itself"):
        load_rules(write(folder, GOOD))


def test_a_rule_past_its_day_is_left_out_but_still_checked(folder: Path) -> None:
    dated = GOOD.replace('owner = "tests"', 'owner = "tests"\nexpires = 2030-01-01')
    write(folder, dated)
    assert load_rules(folder, today=date(2030, 1, 1)).rules
    assert not load_rules(folder, today=date(2030, 1, 2)).rules


def test_the_version_changes_with_any_file(folder: Path) -> None:
    before = load_rules(write(folder, GOOD)).version
    assert load_rules(folder).version == before
    (folder / "fragments.toml").write_text(FRAGMENTS + "\n# note\n", "utf-8")
    assert load_rules(folder).version != before


def test_an_exclusion_in_the_sentence_drops_the_match_and_elsewhere_does_not(folder: Path) -> None:
    excluded = GOOD.replace("patterns =", "exclusions = ['\\bplay\\b']\npatterns =")
    rules = load_rules(write(folder, excluded))
    assert not rules.read("In the play the parrot is awful", "en")
    assert rules.read("We saw a play. The parrot is awful", "en")


def test_what_is_required_must_stand_somewhere(folder: Path) -> None:
    required = GOOD.replace("patterns =", "requires = ['\\bparrot\\b', 'awful']\npatterns =")
    rules = load_rules(write(folder, required))
    assert rules.read("The parrot is awful", "en")
    assert not rules.read("The ferret is awful", "en")


def test_the_products_own_rules_load_and_cover_every_category() -> None:
    rules = outbound_rules()
    assert {rule.category for rule in rules.rules} == set(OUTBOUND) - {"clean", "not_screened"}
    assert len({rule.id for rule in rules.rules}) == len(rules.rules)


def test_every_category_has_a_decision_maker_a_name_and_a_place_in_the_order() -> None:
    assert set(ORDER) == set(OUTBOUND)
    for code, category in OUTBOUND.items():
        assert category.code == code
        assert category.decision_maker in DECISION_MAKERS
        assert category.decision_maker_name
        assert category.name
