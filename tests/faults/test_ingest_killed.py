"""Ingest is killed again and again while pages overlap and shrink; nothing is missed or doubled."""

import random
import time
from pathlib import Path

import pytest
from flask import Flask

from tests.faults.mentions import Spoken, check, speak, wait_until_heard
from tests.faults.rig import Rig, running_rig
from vcp.kernel.settings import Settings

HEARD_WITHIN_S = 120
URGENT_EVERY = 20


def run_with_kills(rig: Rig, *, mentions: int, kills: int) -> Spoken:
    """Have residents speak all the while, and kill ingest so often at chance moments."""
    chance, spoken = random.Random(kills), Spoken()
    each = mentions // kills
    rig.start("ingest")
    for number in range(kills):
        rig.wait_until_at_work("ingest")
        speak(rig, spoken, each, urgent_every=URGENT_EVERY, first=number * each)
        time.sleep(chance.uniform(0.05, 1.2))
        rig.kill("ingest")
        rig.start("ingest")
    return spoken


@pytest.mark.parametrize(
    "mentions, kills",
    [(200, 5), pytest.param(2000, 50, marks=pytest.mark.faults_long)],
    ids=["quick", "full"],
)
@pytest.mark.timeout(900)
def test_kills_miss_and_double_nothing(
    app: Flask, settings: Settings, tmp_path: Path, mentions: int, kills: int
) -> None:
    with running_rig(app, settings, tmp_path, channels=3, seed=mentions) as rig:
        rig.configure_network(page_size=20, overlap=5, shrink=0.3, shrinks_for_s=10)
        spoken = run_with_kills(rig, mentions=mentions, kills=kills)
        seconds = wait_until_heard(rig, mentions, HEARD_WITHIN_S)
        figures = check(rig, spoken)
    print(  # noqa: T201 - the figures of the run
        f"\n{kills} kills: all heard {seconds:.0f} s after the last; {figures}"
    )
