"""F06: a process dies at any point, with any fault of the network: one delivery, never two copies.

Hypothesis chooses what goes wrong in the first turns of the publisher; after them all is well.
"""

import time

import pytest
import time_machine
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from tests.lifecycles.crashes import Point, Run, Turn, make_posts
from tests.lifecycles.processes import READING_FAULTS, Fault
from tests.lifecycles.world import make_world
from vcp.kernel.context import work
from vcp.kernel.settings import Settings

QUICK = 150
#: What makes an outcome unknown, and so what this is about, is drawn more often.
LOSING = (Fault.LOST_BEFORE, Fault.LOST_AFTER, Fault.DIES_BEFORE, Fault.DIES_AFTER)
TURN = st.builds(
    Turn,
    fault=st.sampled_from((*Fault, *LOSING, *LOSING)),
    reading=st.sampled_from(READING_FAULTS),
    dies_at=st.sampled_from((None,) * 12 + tuple(Point)),
    passes_s=st.sampled_from((0, 1, 1, 5, 16, 25, 70, 500, -30, -90)),
    is_withdrawn=st.sampled_from((False,) * 7 + (True,)),
)


#: In parts, so that every core has one and no database grows old: 5,000 schedules in all.
FULL = [pytest.param(1250, marks=pytest.mark.faults_long, id=f"full-{part}") for part in "abcd"]


@pytest.mark.parametrize("schedules", [pytest.param(QUICK, id="quick"), *FULL])
@pytest.mark.timeout(3600)
def test_no_schedule_of_crashes_and_faults_loses_or_doubles(
    session: Session, settings: Settings, clock: time_machine.Traveller, schedules: int
) -> None:
    """F06: Hypothesis searches crash points and faults for each network's semantics."""
    world = make_world(session, settings, clock)
    post_ids = make_posts(session, world)
    began = time.process_time()

    @hypothesis_settings(
        max_examples=schedules,
        deadline=None,
        database=None,
        derandomize=schedules == QUICK,
        suppress_health_check=list(HealthCheck),
    )
    @given(number=st.integers(0, 4), turns=st.lists(TURN, min_size=1, max_size=8))
    def search(number: int, turns: list[Turn]) -> None:
        run = Run(world, number, post_ids)
        for turn in turns:
            run.turn(turn)
        run.finish()

    with work("publisher"):
        search()
    print(f"\n{schedules} schedules: {time.process_time() - began:.0f} s of CPU")  # noqa: T201 - the figure
