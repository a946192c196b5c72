"""P14: our clock is set forwards or back at any point of a delivery's way.

Backwards it is only ours: the network's copies keep their own time.
"""

import pytest
import time_machine
from sqlalchemy.orm import Session

from tests.lifecycles.crashes import Point, Run, Turn, make_posts
from tests.lifecycles.processes import Fault
from tests.lifecycles.world import make_world
from vcp.kernel.context import work
from vcp.kernel.settings import Settings

JUMPS_S = (-86_400, -3600, -600, -60, 60, 3600)
FAULTS = (Fault.NONE, Fault.NOT_SENT, Fault.LOST_BEFORE, Fault.LOST_AFTER)
POINTS = (None, Point.CLAIMED, Point.SENT, Point.RECORDED)


@pytest.mark.parametrize(
    "jump_s, networks",
    [(-3600, 2), *(pytest.param(s, 5, marks=pytest.mark.faults_long) for s in JUMPS_S)],
)
@pytest.mark.timeout(600)
def test_no_jump_of_the_clock_loses_or_doubles(
    session: Session, settings: Settings, clock: time_machine.Traveller, jump_s: int, networks: int
) -> None:
    """P14: each fault, each crash, each network; nothing doubled, nothing early, nothing lost."""
    world = make_world(session, settings, clock)
    posts = make_posts(session, world)
    with work("publisher"):
        for number in range(networks):
            for fault in FAULTS:
                for point in POINTS:
                    run = Run(world, number, posts)
                    run.turn(Turn(fault, Fault.NONE, point, jump_s, is_withdrawn=False))
                    run.finish()
