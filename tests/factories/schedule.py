"""Series, slots, quiet hours and windows for tests."""

from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from tests.factories.posts import Team, words
from vcp.posts import series, service
from vcp.posts.schedule_models import ElectionWindow, QuietHours, Series, Slot
from vcp.posts.series import Plan
from vcp.posts.series_rules import Every, Rule

SURGERY = "Come and talk to us at the library this morning."


def make_plan(**changed: Any) -> Plan:
    """Weekly on Tuesday at 09:30, from 16 June 2026, fifty times."""
    plain: dict[str, Any] = {
        "name": "Weekly surgery",
        "rule": Rule(Every.WEEK, ("TU",), times=50),
        "starts_on": date(2026, 6, 16),
        "at": "09:30",
        "late_minutes": 60,
    }
    return Plan(**{**plain, **changed})


def make_series(session: Session, team: Team, *, approved: bool = True, **changed: Any) -> Series:
    """A series of the team's officer, with its words approved by their supervisor."""
    row = series.start(session, team.persona.id, make_plan(**changed), by=team.officer)
    service.save(session, row.template_id, words(team, text=SURGERY), by=team.officer)
    if approved:
        approve(session, team, row)
    return row


def approve(session: Session, team: Team, row: Series, reason: str = "") -> None:
    """Submit the words of a series and say yes to them."""
    service.submit(session, row.template_id, by=team.officer, warning_reason=reason)
    sha = service.newest(row.template).sha256
    answer = "They may." if reason else ""
    service.approve(session, row.template_id, sha, by=team.supervisor, warning_answer=answer)


def make_slot(session: Session, team: Team, **changed: Any) -> Slot:
    plain = {"name": "Morning", "days": "MO,TU,WE,TH,FR", "at": "08:15", "persona_id": None}
    area = {"area_id": team.area.id, "area_path": team.area.path}
    row = Slot(**{**area, **plain, **changed})
    session.add(row)
    session.flush()
    return row


def make_quiet_hours(session: Session, team: Team, **changed: Any) -> QuietHours:
    plain = {"days": "MO,TU,WE,TH,FR,SA,SU", "begins": "22:00", "ends": "07:00"}
    area = {"area_id": team.area.id, "area_path": team.area.path}
    row = QuietHours(**{**area, **plain, **changed})
    session.add(row)
    session.flush()
    return row


def make_window(session: Session, team: Team, **changed: Any) -> ElectionWindow:
    plain = {"first_day": date(2026, 7, 1), "last_day": date(2026, 7, 31), "note": "By-election."}
    area = {"area_id": team.area.id, "area_path": team.area.path}
    row = ElectionWindow(**{**area, **plain, **changed})
    session.add(row)
    session.flush()
    return row
