"""The clock, walked from weeks ago to now, while the services make the force's past."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from sqlalchemy.orm import Session

from vcp.kernel import clock, jobs
from vcp.kernel.context import work
from vcp.kernel.db import transaction
from vcp.kernel.settings import Settings

#: So many steps are stored together: the default demo is stored whole or not at all.
STEPS_A_UNIT = 1000
TELL_EVERY = 5000


@dataclass(frozen=True)
class Step:
    """Something that somebody did at some moment."""

    at: datetime
    do: Callable[[Session], object]


@contextmanager
def past(settings: Settings) -> Iterator[None]:
    """Let the clock be moved, and put it back whatever happens.

    Nobody is there to take jobs yet, so they are left to the sweep.
    """
    try:
        with jobs.left_to_the_sweep():
            yield
    finally:
        clock.shift(timedelta(seconds=settings.clock_offset_s))


def walk(
    settings: Settings,
    steps: Iterable[Step],
    tell: Callable[[str], object],
    begin: Callable[[Session], object],
) -> int:
    """Take every step at its moment, many in a unit of work; return how many there were.

    `begin` is called at the start of each unit.
    """
    coming, taken = iter(steps), 0
    with past(settings):
        while True:
            with transaction() as session:
                begin(session)
                done = sum(_take(session, step) for step in islice(coming, STEPS_A_UNIT))
            taken += done
            if done < STEPS_A_UNIT:
                return taken
            if taken % TELL_EVERY == 0:
                tell(f"{taken:,} steps …")


def _take(session: Session, step: Step) -> bool:
    move_to(step.at)
    with work("seed"):
        step.do(session)
    return True


def move_to(moment: datetime) -> None:
    """Set the clock of this process; it goes on from there."""
    clock.shift(timedelta())
    clock.shift(moment - clock.now())
