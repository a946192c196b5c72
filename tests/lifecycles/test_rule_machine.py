"""F02: people and processes do anything in any order, and every promise about posts holds."""

import time

import pytest
import time_machine
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from hypothesis.stateful import run_state_machine_as_test
from sqlalchemy.orm import Session

from tests.lifecycles.machine import Posts
from tests.lifecycles.world import make_world
from vcp.kernel.context import work
from vcp.kernel.settings import Settings

STEPS = 60
QUICK = 25


#: In parts, so that every core has one and no database grows old: 2,000 runs in all.
FULL = [pytest.param(500, marks=pytest.mark.faults_long, id=f"full-{part}") for part in "abcd"]


@pytest.mark.parametrize("runs", [pytest.param(QUICK, id="quick"), *FULL])
@pytest.mark.timeout(3600)
def test_whatever_people_and_processes_do_every_promise_holds(
    session: Session, settings: Settings, clock: time_machine.Traveller, runs: int
) -> None:
    """F02: no illegal state, no send without two people, the bytes approved, one event a change."""
    Posts.world = make_world(session, settings, clock)
    began = time.process_time()
    with work("publisher"):
        run_state_machine_as_test(
            Posts,
            settings=hypothesis_settings(
                max_examples=runs,
                stateful_step_count=STEPS,
                deadline=None,
                database=None,
                derandomize=runs == QUICK,
                suppress_health_check=list(HealthCheck),
                print_blob=False,
            ),
        )
    print(f"\n{runs} runs of {STEPS} steps: {time.process_time() - began:.0f} s of CPU")  # noqa: T201 - the figure
    print(dict(Posts.moves))  # noqa: T201 - what was tried
