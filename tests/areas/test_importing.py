"""Areas from CSV: every row reported, and all stored or none."""

import io

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests.client import Client
from tests.factories.areas import make_area
from tests.factories.users import make_user, sign_in
from vcp.areas import queries
from vcp.areas.importing import ReportRow, import_csv
from vcp.areas.models import Area
from vcp.kernel.context import Machine
from vcp.kernel.errors import Invalid
from vcp.kernel.permissions import Role
from vcp.kernel.sheets import text_of

BY = Machine("test")
HEAD = "kind,name,parent,valid_from,valid_to,slug,description\n"
GOOD = (
    HEAD + "district,North,carrowdale,2026-01-01,,,Up there\n"
    'neighbourhood,"Quays, old",north,2026-01-01,2027-12-31,quays,\n'
    "beat,Pier,quays,2026-01-01,2027-12-31,,\n"
)


def run(session: Session, text: str, *, dry_run: bool = False) -> list[ReportRow]:
    return import_csv(session, io.StringIO(text), BY, dry_run=dry_run)


def count(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(Area)) or 0


@pytest.fixture(autouse=True)
def force(session: Session) -> Area:
    return make_area(session, kind="force", name="Carrowdale")


def test_a_parent_may_stand_higher_up_in_the_same_file(session: Session) -> None:
    report = run(session, GOOD)
    assert [(row.line, row.outcome) for row in report] == [(2, "added"), (3, "added"), (4, "added")]
    pier = queries.by_slug(session, "pier")
    assert [area.name for area in queries.ancestors(session, pier)] == [
        "Carrowdale",
        "North",
        "Quays, old",
    ]
    assert queries.by_slug(session, "north").description == "Up there"


def test_a_dry_run_reports_the_same_and_stores_nothing(session: Session) -> None:
    dry = run(session, GOOD, dry_run=True)
    assert count(session) == 1
    assert dry == run(session, GOOD)


def test_importing_twice_adds_nothing_the_second_time(session: Session) -> None:
    run(session, GOOD)
    report = run(session, GOOD)
    assert {row.outcome for row in report} == {"known"}
    assert count(session) == 4


def test_one_bad_row_and_nothing_is_stored(session: Session) -> None:
    report = run(session, GOOD + "beat,Lost,nowhere,2026-01-01,,,\n")
    assert [row.outcome for row in report] == ["added", "added", "added", "refused"]
    assert count(session) == 1


@pytest.mark.parametrize(
    "row, words",
    [
        ("village,X,carrowdale,2026-01-01,,,", "is no level"),
        ("district,,carrowdale,2026-01-01,,,", "Give the area a name"),
        ("beat,X,carrowdale,2026-01-01,,,", "lies right inside a neighbourhood"),
        ("district,X,nowhere,2026-01-01,,,", "There is no area"),
        ("district,X,,2026-01-01,,,", "lies right inside a force"),
        ("force,Other,,2026-01-01,,,", "There is a force already"),
        ("district,X,carrowdale,1/4/2026,,,", "write days as 2026-04-01"),
        ("district,X,carrowdale,,,,", "write days as 2026-04-01"),
        ("district,X,carrowdale,2026-02-30,,,", "write days as 2026-04-01"),
        ("district,X,carrowdale,2019-01-01,,,", "can't begin earlier"),
        ("district,X,carrowdale,2026-01-01,2025-01-01,,", "comes before"),
        ("district,X,carrowdale,2026-01-01,,Not A Slug,", "can't be a short name"),
        ("district,X,carrowdale,2026-01-01,,carrowdale,", "is taken"),
        ("district,X,carrowdale,2026-01-01,,,a,b", "More cells than columns"),
        (f"district,{'x' * 121},carrowdale,2026-01-01,,,", "Shorten the name"),
    ],
)
def test_each_bad_row_says_what_to_do(session: Session, row: str, words: str) -> None:
    report = run(session, f"{HEAD}{row}\n")
    assert report[0].outcome == "refused"
    assert words in report[0].message
    assert count(session) == 1


def test_the_same_area_twice_in_one_file_is_refused(session: Session) -> None:
    twice = "district,North,carrowdale,2026-01-01,,,\n" * 2
    report = run(session, HEAD + twice)
    assert [row.outcome for row in report] == ["added", "refused"]


@pytest.mark.parametrize(
    "text, words",
    [
        ("", "first line must name the columns"),
        ("name,kind\nx,y\n", "Missing: parent, valid_from"),
        (HEAD, "no rows"),
        (f'{HEAD}district,"North,carrowdale,2026-01-01,,,\n', "quotation mark"),
    ],
)
def test_a_file_that_can_not_be_read_says_why(session: Session, text: str, words: str) -> None:
    with pytest.raises(Invalid, match=words):
        run(session, text)


def test_a_spreadsheets_own_ways_are_understood(session: Session) -> None:
    """A byte order mark, semicolons, capital letters in the heads, carriage returns, empty rows."""
    text = text_of(
        "\ufeffKind;Name;Parent;Valid_From\r\nDistrict;Süd;carrowdale;2026-01-01\r\n;;;\r\n".encode()
    )
    report = run(session, text)
    assert [(row.outcome, row.name) for row in report] == [("added", "Süd")]
    assert queries.by_slug(session, "sud").name == "Süd"


@pytest.mark.parametrize("raw", ["é".encode("latin-1"), b"PK\x03\x04\0\0"])
def test_a_file_that_is_no_text_is_refused(raw: bytes) -> None:
    with pytest.raises(Invalid, match="CSV UTF-8"):
        text_of(raw)


class TestPage:
    def test_a_file_is_checked_shown_and_then_stored(
        self, client: Client, session: Session
    ) -> None:
        sign_in(client, make_user(session, role=Role.ADMINISTRATOR))
        upload = (io.BytesIO(GOOD.encode()), "areas.csv")
        checked = client.post("/areas/import", data={"upload": upload, "step": "check"})
        page = checked.get_data(as_text=True)
        assert checked.status_code == 200
        assert page.count("Would be added") == 3
        assert count(session) == 1
        stored = client.post("/areas/import", data={"text": GOOD, "step": "import"})
        assert stored.status_code == 302
        assert count(session) == 4

    def test_bad_rows_are_shown_beside_what_was_typed(
        self, client: Client, session: Session
    ) -> None:
        sign_in(client, make_user(session, role=Role.ADMINISTRATOR))
        text = f"{HEAD}village,Here,carrowdale,2026-01-01,,,\n"
        response = client.post("/areas/import", data={"text": text, "step": "import"})
        page = response.get_data(as_text=True)
        assert response.status_code == 422
        assert "is no level" in page
        assert "village,Here" in page
        nothing = client.post("/areas/import", data={"text": ""})
        assert nothing.status_code == 422

    def test_a_districts_administrator_imports_into_the_district_only(
        self, client: Client, session: Session
    ) -> None:
        north = make_area(session, kind="district", name="North")
        make_area(session, kind="district", name="South")
        sign_in(client, make_user(session, role=Role.ADMINISTRATOR, area=north))
        row = "neighbourhood,Quays,{},2026-01-01,,,\nbeat,Pier,quays,2026-01-01,,,\n"
        for parent, status in (("south", 422), ("north", 302)):
            text = HEAD + row.format(parent)
            response = client.post("/areas/import", data={"text": text, "step": "import"})
            assert response.status_code == status
        assert count(session) == 5
