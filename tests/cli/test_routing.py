"""`vcp routes`: what an outsider checks the product's authorisation against."""

import json

import pytest
from click.testing import CliRunner
from flask import Flask

from vcp.cli import main
from vcp.kernel.permissions import Permission
from vcp.kernel.settings import Settings


@pytest.fixture(autouse=True)
def _installation(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VCP_MODE", "test")
    monkeypatch.setenv("VCP_INSTANCE", str(settings.instance))
    monkeypatch.setenv("VCP_DATABASE_URL", settings.database)


def test_routes_are_one_json_object_a_line_and_all_there(app: Flask) -> None:
    result = CliRunner().invoke(main, ["routes", "--json"])
    assert result.exit_code == 0, result.output
    rows = [json.loads(line) for line in result.output.splitlines()]
    assert len(rows) == len(list(app.url_map.iter_rules()))
    assert {row["permission"] for row in rows} <= {"public", *Permission}
    assert {
        "route": "/staff/posts/<int:post_id>/approve",
        "methods": ["POST"],
        "endpoint": "posts.approve",
        "permission": "approve_posts",
        "decides": True,
    } in rows


def test_routes_can_be_read_by_people() -> None:
    result = CliRunner().invoke(main, ["routes"])
    assert result.exit_code == 0, result.output
    assert "/staff/trail/export" in result.output
    assert "export_trail" in result.output
