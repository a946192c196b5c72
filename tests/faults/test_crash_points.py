"""A process dies, or its store does, at each named point: one post, and a trail that says so."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from flask import Flask

from tests.databases import name_of
from tests.faults import invariants
from tests.faults.crashes import TAKEDOWN, Crash
from tests.faults.rig import running_rig
from tests.faults.troubles import Servers, keep_what_is_committed
from vcp.kernel.crashing import POINTS
from vcp.kernel.settings import Settings

NETWORKS = ("mastodon", "bluesky", "x")
#: Every point once, the networks in turn.
IN_TURN = [(point, NETWORKS[number % 3]) for number, point in enumerate(POINTS)]
#: Where a store in trouble costs the most; a locked SQLite takes as long as its writers' patience.
STORE_IN_TROUBLE = {
    "sqlite": [("recording", "mastodon")],
    "postgresql": [("approving", "x"), ("claiming", "bluesky"), ("recording", "mastodon")],
}


def run(
    app: Flask,
    settings: Settings,
    folder: Path,
    crashes: Sequence[tuple[str, str]],
    servers: Servers | None = None,
) -> None:
    with running_rig(
        app, settings, folder, channels=3, seed=1, networks=NETWORKS, settle_after_s=1
    ) as rig:
        keep_what_is_committed(rig)
        for number, (point, network) in enumerate(crashes):
            Crash(rig, point, network, servers).happen(f"Notice {number} from your team.")
        gone = sum(point in TAKEDOWN for point, _ in crashes)
        figures = invariants.check(rig, deliveries=len(crashes), taken_down=gone)
    print(f"\n{len(crashes)} crashes: {figures}")  # noqa: T201 - the figures of the run


@pytest.mark.timeout(900)
def test_a_killed_process_leaves_one_post(app: Flask, settings: Settings, tmp_path: Path) -> None:
    """P04: crash_point_matrix, every point with a kill, the networks in turn."""
    run(app, settings, tmp_path, IN_TURN)


@pytest.mark.timeout(900)
def test_a_store_in_trouble_leaves_one_post(
    app: Flask, settings: Settings, tmp_path: Path, servers: Servers
) -> None:
    """P04: crash_point_matrix, PostgreSQL dies, or SQLite is locked, where it costs the most."""
    run(app, settings, tmp_path, STORE_IN_TROUBLE[name_of(settings.database)], servers)


@pytest.mark.faults_long
@pytest.mark.parametrize("trouble", ["process", "store"])
@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.timeout(1800)
def test_every_point_on_every_network_leaves_one_post(
    app: Flask, settings: Settings, tmp_path: Path, servers: Servers, network: str, trouble: str
) -> None:
    """P04: crash_point_matrix, 12 points on 3 networks with 2 troubles; 144 on both databases."""
    crashes = [(point, network) for point in POINTS]
    run(app, settings, tmp_path, crashes, servers if trouble == "store" else None)
