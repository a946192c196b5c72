"""Every route, every role, the own area and a foreign one: what must happen stands in table.py."""

import json
from urllib.parse import urlsplit

import pytest
from click.testing import CliRunner
from werkzeug.test import TestResponse

from tests.factories.users import make_user
from tests.security import table
from tests.security.conftest import Place
from tests.security.steps import Step, step_of
from tests.security.table import Row
from tests.security.things import SECRET_WORD
from tests.security.world import ROLES, STRANGER
from vcp.cli import main
from vcp.kernel.db import db
from vcp.kernel.permissions import Role
from vcp.users.access import open_sign_in

#: Allowed, but not to be completed here: one needs a key from its page, one a server.
HALF_WAY = {"POST /account/factor", "POST /staff/channels/connect"}
CLASSES = {"r": 403, "n": 404, "i": 422, "m": 404}

pytestmark = pytest.mark.network


def listed(place: Place) -> set[tuple[str, str]]:
    """Return method and route of each row that `vcp routes --json` prints."""
    settings = place.app.extensions["vcp_settings"]
    env = {"VCP_MODE": "test", "VCP_DATABASE_URL": settings.database}
    asked = ["routes", "--json", "--instance", str(settings.instance)]
    printed = CliRunner().invoke(main, asked, env=env).output
    rows = [json.loads(line) for line in printed.splitlines()]
    return {(method, row["route"]) for row in rows for method in row["methods"]}


def test_table_and_routes_name_the_same(place: Place) -> None:
    written = [(row.method, row.route) for row in table.rows()]
    assert len(written) == len(set(written))
    assert set(written) == listed(place)


@pytest.mark.parametrize("row", table.rows(), ids=lambda row: f"{row.method} {row.route}")
def test_answer_is_the_one_written_down(place: Place, row: Row) -> None:
    step = step_of(row.method, row.route)
    cells = [
        (role, side, "p" if row.own == table.PUBLIC else letter)
        for side, column in (("own", row.own), ("foreign", row.foreign))
        for role, letter in zip(ROLES, f"{column}s", strict=True)
    ]
    before, wrong = place.state(), []
    for role, side, expected in cells:
        if expected not in "ap" and (fault := _fault(place, step, role, side, expected)):
            wrong.append(f"{role}, {side}: {fault}")
    if place.state() != before:
        wrong.append("nobody was allowed to, yet something changed")
    place.put_back()
    for role, side, expected in cells:
        if expected in "ap" and (fault := _fault(place, step, role, side, expected)):
            wrong.append(f"{role}, {side}: {fault}")
        if expected in "ap" and step.method == "POST":
            place.put_back()
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    "row", table.rows(table.WHOLE_FORCE), ids=lambda row: f"{row.method} {row.route}"
)
def test_what_is_not_divided_by_area_takes_a_role_for_the_force(place: Place, row: Row) -> None:
    wrong = []
    try:
        for role, letter in zip(Role, row.own, strict=True):
            user = make_user(db.session, role=role)
            settings = place.app.extensions["vcp_settings"]
            place.world.tokens["force"] = open_sign_in(db.session, settings, user)[1]
            db.session.commit()
            answer = place.send(step_of(row.method, row.route), "force", "own")
            if (answer.status_code == 200) != (letter == "a"):
                wrong.append(f"{role}: {answer.status_code}")
    finally:
        place.put_back()
    assert not wrong


def _fault(place: Place, step: Step, role: str, side: str, expected: str) -> str | None:
    """Make the request; say what was other than expected."""
    refusals = place.refusals()
    answer = place.send(step, role, side)
    seen = _seen(answer, step, expected)
    if seen != expected:
        return f"expected {expected}, got {seen} ({answer.status})"
    more, wanted = place.refusals() - refusals, int(expected in "rn")
    if more != wanted:
        return f"{more} refusals in the trail, not {wanted}"
    if expected not in "ap" and SECRET_WORD["foreign"] in answer.text:
        return "not allowed, yet it shows what is foreign"
    return None


def _seen(answer: TestResponse, step: Step, expected: str) -> str:
    """Return the letter of the answer; of two that look the same the one that was expected."""
    status = answer.status_code
    if expected == "p":
        return "p" if status not in {401, 403, 404, 500} else str(status)
    to_sign_in = urlsplit(answer.headers.get("Location", "")).path == "/sign-in"
    if status == 401 or to_sign_in:
        return "s"
    if status < 400 or (expected == "a" and status == 422 and step.name in HALF_WAY):
        return "a"
    return expected if CLASSES.get(expected) == status else str(status)


assert ROLES[-1] == STRANGER
