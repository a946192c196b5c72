"""`vcp routes`: every address, and who may use it."""

from pathlib import Path
from typing import Any

import click
from flask import Flask

from vcp.cli.acting import app_at_work, json_option, show
from vcp.cli.options import instance_option

#: What Flask answers by itself for every route.
ANSWERED_BY_ITSELF = {"HEAD", "OPTIONS"}


@click.command("routes")
@instance_option
@json_option
def command(instance: Path | None, *, as_json: bool) -> None:
    """List every route: methods, the permission that it asks for, and whether it decides.

    A route that decides also asks for a fresh second factor.
    """
    with app_at_work(instance) as app:
        rows = routes(app)
    if not as_json:
        rows = [row | {"methods": " ".join(row["methods"])} for row in rows]
    show(rows, as_json=as_json)


def routes(app: Flask) -> list[dict[str, Any]]:
    """Return what each route of the app declares, by address and first method."""
    rows = []
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        rows.append(
            {
                "route": rule.rule,
                "methods": sorted((rule.methods or set()) - ANSWERED_BY_ITSELF),
                "endpoint": rule.endpoint,
                "permission": getattr(view, "vcp_permission", None),
                "decides": getattr(view, "vcp_decides", False),
            }
        )
    return sorted(rows, key=lambda row: (row["route"], row["methods"]))
