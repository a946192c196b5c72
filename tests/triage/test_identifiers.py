"""E-mail, dates of birth, children, and what is worse together than apart."""

from __future__ import annotations

import pytest

from tests.triage.screening import marked, screened
from vcp.triage.findings import Priority


@pytest.mark.parametrize(
    "text, words",
    [
        ("Write to dave.m@postbox.example please", "dave.m@postbox.example"),
        ("Write to dave at postbox dot com", "dave at postbox dot com"),
        ("Write to dave [at] postbox [dot] co [dot] uk", "dave [at] postbox [dot] co [dot] uk"),
    ],
)
def test_a_private_mail_address_is_held(text: str, words: str) -> None:
    assert marked(text, "id-email") == [words]


@pytest.mark.parametrize(
    "text",
    ["Write to team@kent.police.uk", "Follow @gus@social.example", "Meet at the dotted line"],
)
def test_public_desks_and_fediverse_handles_are_no_private_addresses(text: str) -> None:
    assert not marked(text, "id-email")


def test_the_forces_own_domain_is_allowed_and_not_one_that_ends_like_it() -> None:
    own = frozenset({"force.example"})
    assert not marked("team@mail.force.example", "id-email", force_domains=own)
    assert marked("team@notforce.example", "id-email", force_domains=own)


@pytest.mark.parametrize(
    "text", ["born 3 August 1991", "DOB: 03/08/1991", "3/8/91 is his birthday", "dob 1991-08-03"]
)
def test_a_date_of_birth_is_held(text: str) -> None:
    assert marked(text, "id-birth-date")


@pytest.mark.parametrize(
    "text", ["The fair is on 3 August 2026", "The station was born in 1829", "Birthday cake at 3"]
)
def test_other_dates_are_let_through(text: str) -> None:
    assert not marked(text, "id-birth-date")


@pytest.mark.parametrize(
    "text, rule",
    [
        ("Imogen Catchpole, born 3 August 1991", "id-birth-date-and-name"),
        ("Mr Hobday of 8 Saltings Road", "id-address-and-name"),
        ("Leon Pargeter is on 07700 900588", "id-name-and-phone"),
    ],
)
def test_two_pieces_of_one_person_are_p1(text: str, rule: str) -> None:
    assert marked(text, rule)
    assert screened(text).priority is Priority.P1


@pytest.mark.parametrize(
    "text",
    [
        "Well done Priya, 14",
        "Well done to Harry, age 6",
        "Here is Ellie (9)",
        "Meet Ellie from Year 10",
        "The ten-year-old called Leo is safe",
        "Little Mason is back",
    ],
)
def test_a_child_with_a_name_and_an_age_or_a_class_is_p1(text: str) -> None:
    verdict = screened(text)
    assert marked(text, "id-child-named")
    assert verdict.priority is Priority.P1


@pytest.mark.parametrize(
    "text",
    ["PC Rhys Morgan, 14 years in the job", "Priya, 41, won the cake", "Thanks Grace, see you"],
)
def test_officers_and_grown_ups_are_no_children(text: str) -> None:
    assert not marked(text, "id-child-named")
