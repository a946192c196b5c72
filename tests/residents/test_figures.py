"""Figures for everybody: a page and JSON of files, renewed by the clock, telling of nobody."""

import json
from datetime import timedelta

import time_machine
from flask import Flask
from sqlalchemy.orm import Session

from tests.factories.moderation import make_contact_case
from tests.factories.posts import Team
from tests.factories.public import page_of, render
from vcp.kernel.settings import Settings
from vcp.residents.render import render_everything
from vcp.residents.stale import mark_figures


def test_page_tells_no_small_number_and_no_name(
    app: Flask, session: Session, settings: Settings, team: Team
) -> None:
    for _ in range(7):
        make_contact_case(session, team, category="crime_report", priority="P3")
    make_contact_case(session, team)
    session.commit()
    render_everything()
    page = page_of(settings, "/figures/")
    assert "How we answer" in page
    assert ">7<" in page
    assert "fewer than 5" in page
    assert ">1<" not in page
    for name in ("Robin", "towns.example", team.area.name):
        assert name not in page.partition("<main")[2].partition("</main")[0]
    told = json.loads((settings.site / "figures" / "figures.json").read_text("utf-8"))
    assert [row["by_age"][0] for row in told["waiting"]] == [None, 0, 7, 0]
    assert app.test_client().get("/figures/figures.json").mimetype == "application/json"
    assert 'href="/figures/"' in page_of(settings, "/")


def test_clock_makes_them_anew(
    session: Session, settings: Settings, team: Team, clock: time_machine.Traveller
) -> None:
    session.commit()
    render_everything()
    before = page_of(settings, "/figures/")
    clock.shift(timedelta(minutes=5))
    mark_figures(session)
    render(session)
    assert page_of(settings, "/figures/") != before
