"""Numbers with check digits stand or fall by them; the rest need their context."""

from __future__ import annotations

import pytest

from tests.triage.screening import marked, screened
from vcp.triage.findings import Priority


@pytest.mark.parametrize(
    "text, rule, words",
    [
        ("NHS number 943 476 5919", "id-nhs-number", "943 476 5919"),
        ("It says 943 476 5919 on it", "id-nhs-number", "943 476 5919"),
        ("NI: AB 12 34 56 C", "id-national-insurance", "AB 12 34 56 C"),
        ("ab123456c", "id-national-insurance", "ab123456c"),
        ("Her national insurance is AB 12 34 56", "id-national-insurance", "AB 12 34 56"),
        ("Card 4111 1111 1111 1111", "id-payment-card", "4111 1111 1111 1111"),
        ("GB82 WEST 1234 5698 7654 32", "id-bank-account", "GB82 WEST 1234 5698 7654 32"),
        ("Sort code 00-00-00", "id-bank-account", "00-00-00"),
        ("Licence MORGA657054SM9IJ", "id-driving-licence", "MORGA657054SM9IJ"),
        ("Passport number 999228841", "id-passport", "999228841"),
        ("UTR 1955839661", "id-tax-reference", "1955839661"),
    ],
)
def test_a_personal_number_is_p1(text: str, rule: str, words: str) -> None:
    assert marked(text, rule) == [words]
    assert screened(text).priority is Priority.P1


@pytest.mark.parametrize(
    "text, rule",
    [
        ("943 476 5918 is the stock code", "id-nhs-number"),
        ("GB123456A", "id-national-insurance"),
        ("QQ123456C", "id-national-insurance"),
        ("DA123456C", "id-national-insurance"),
        ("4111 1111 1111 1112", "id-payment-card"),
        ("GB82 WEST 1234 5698 7654 33", "id-bank-account"),
        ("MORGA699954SM9IJ", "id-driving-licence"),
        ("To report a lost passport go to the website, form 12", "id-passport"),
    ],
)
def test_a_wrong_check_digit_a_forbidden_pair_or_no_context_is_no_number(
    text: str, rule: str
) -> None:
    assert not marked(text, rule)


def test_a_mistyped_nhs_number_is_held_when_it_is_called_one() -> None:
    assert marked("NHS number 943 476 5918", "id-nhs-number-likely")
