"""A force with one officer, and the public site that belongs to it."""

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from tests.factories.posts import Team, make_team


@pytest.fixture
def team(app: Flask, session: Session) -> Team:
    made = make_team(session)
    session.commit()
    return made
