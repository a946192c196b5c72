"""`vcp publisher|ingest|worker|clock`: the processes that loop."""

from pathlib import Path

import click
from flask import Flask

import moderation.handing_over
import moderation.holds
import moderation.intake
import moderation.reminding
from vcp.app import create_app
from vcp.channels import expiring
from vcp.cli.options import instance_option, read_settings
from vcp.contacts.handling import handle_left_over
from vcp.kernel import logs
from vcp.kernel.settings import Mode, Settings
from vcp.posts.series_making import make_all
from vcp.processes import worker as worker_process
from vcp.processes.clock import Clock, Periodic, in_unit
from vcp.processes.ingest import Ingest
from vcp.processes.publisher import Publisher
from vcp.residents.render import render_left_over
from vcp.residents.site_writer import SiteFolder
from vcp.residents.stale import mark_figures, mark_run_out

REPAIR_EVERY_S = 5.0
RENDER_EVERY_S = 2.0
RUN_OUT_EVERY_S = 600.0
LATE_EVERY_S = 2.0
REMIND_EVERY_S = 10.0
FIGURES_EVERY_S = 300.0
SERIES_EVERY_S = 30.0
ENDING_EVERY_S = 60.0


def _start(process: str, instance: Path | None) -> tuple[Flask, Settings]:
    settings = read_settings(instance)
    logs.configure(process=process, readable=settings.mode is not Mode.PRODUCTION)
    return create_app(settings), settings


@click.command()
@instance_option
def publisher(instance: Path | None) -> None:
    """Send what is due, and settle what is uncertain."""
    app, settings = _start("publisher", instance)
    Publisher(app, settings, SiteFolder(app)).run()


@click.command()
@instance_option
def ingest(instance: Path | None) -> None:
    """Read what is said to every connected account, and put it in front of people."""
    app, settings = _start("ingest", instance)
    Ingest(app, settings).run()


@click.command()
@instance_option
def worker(instance: Path | None) -> None:
    """Run ordinary jobs: pages, mails."""
    app, settings = _start("worker", instance)
    worker_process.run(app, settings)


@click.command()
@instance_option
def clock(instance: Path | None) -> None:
    """Repair what a crash or a lost job left undone."""
    app, _ = _start("clock", instance)
    table = (
        Periodic("holds without a case", REPAIR_EVERY_S, in_unit(moderation.holds.repair)),
        Periodic("contacts without a case", REPAIR_EVERY_S, in_unit(moderation.intake.repair)),
        Periodic(
            "hand-overs that run late", LATE_EVERY_S, in_unit(moderation.handing_over.run_late)
        ),
        Periodic("cases that wait", REMIND_EVERY_S, in_unit(moderation.reminding.remind)),
        Periodic("sign-ins that end", ENDING_EVERY_S, in_unit(expiring.warn_due)),
        Periodic("arrivals left over", REPAIR_EVERY_S, handle_left_over),
        Periodic("pages left over", RENDER_EVERY_S, render_left_over),
        Periodic("pages that the date changes", RUN_OUT_EVERY_S, in_unit(mark_run_out)),
        Periodic("series", SERIES_EVERY_S, make_all),
        Periodic("public figures", FIGURES_EVERY_S, in_unit(mark_figures)),
    )
    Clock(app, table).run()
