"""Crash points: named places at which a process in test mode kills or stops itself, once.

What a crash at the worst moment leaves can only be tested by crashing there. Elsewhere a crash
point is one comparison; `vcp.kernel.settings` refuses the setting that arms one outside test mode.
"""

import os
import re
import signal
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

#: Every crash point, on a delivery's way from approval to takedown, and what is done by then.
POINTS: Mapping[str, str] = {
    "approving": "an approval and its deliveries are written and not yet committed",
    "approved": "they are committed",
    "claiming": "a claim is written and not yet committed",
    "claimed": "it is committed, and the network wasn't spoken to",
    "sending": "connected; no byte of a request has left",
    "sent": "the whole request has left, and nothing of the answer was read",
    "answered": "the network's receipt is here and not yet written",
    "recording": "it is written and not yet committed",
    "recorded": "it is committed",
    "settling": "what a reading of the network came to is about to be written",
    "taking_down": "a copy is about to be taken down",
    "taken_down": "the network has taken it down, which isn't written yet",
}
_FORM = re.compile(r"(?P<stop>stop:)?(?P<point>[a-z_]+)(?:@(?P<about>\S+))?")


@dataclass(frozen=True)
class CrashOrder:
    """At which point to end; `about` narrows it to one channel, or one path at the network."""

    point: str
    about: str | None
    is_stop: bool
    folder: Path

    @property
    def marker(self) -> Path:
        """The file that says that it happened, so that the next start goes on."""
        told = re.sub(r"\W+", "-", f"{self.point} {self.about or ''}").strip("-")
        return self.folder / f"crashed-{told}"

    def carry_out(self, point: str, about: object) -> None:
        """Kill or stop this process if this is the place and it hasn't happened before."""
        if point != self.point or self.about not in (None, str(about)):
            return
        try:
            os.close(os.open(self.marker, os.O_CREAT | os.O_EXCL, 0o600))
        except FileExistsError:
            return
        if self.is_stop:
            # To this thread, which would else go on until another had taken the signal.
            signal.pthread_kill(threading.get_ident(), signal.SIGSTOP)
        else:
            os.kill(os.getpid(), signal.SIGKILL)


_order: CrashOrder | None = None


def crash_order(wanted: str, folder: Path) -> CrashOrder:
    """Read `[stop:]POINT[@ABOUT]`.

    Raises: ValueError for anything else.
    """
    found = _FORM.fullmatch(wanted)
    if found is None or found["point"] not in POINTS:
        message = f"VCP_CRASH_AT={wanted} names no crash point. There are: {', '.join(POINTS)}."
        raise ValueError(message)
    return CrashOrder(found["point"], found["about"], found["stop"] is not None, folder)


def arm(wanted: str, folder: Path) -> None:
    """Have this process crash at a point; empty: at none.

    Raises: ValueError as `crash_order`.
    """
    global _order  # noqa: PLW0603 - one process has one end
    _order = crash_order(wanted, folder) if wanted else None


def crash_point(name: str, about: object = "") -> None:
    """Mark a place where a test may end this process; `about` is a channel's id or a path."""
    if _order is not None:
        _order.carry_out(name, about)
