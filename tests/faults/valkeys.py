"""A private Valkey for a fault test, started as `vcp up` does."""

import subprocess
import time

from vcp.kernel.settings import Settings
from vcp.processes import valkey

STARTS_WITHIN_S = 10


def running_valkey(settings: Settings, *more: str) -> subprocess.Popen[bytes]:
    """Start it, with more options, and wait until it answers; the caller kills it."""
    process = subprocess.Popen([*valkey.command(settings), *more], stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + STARTS_WITHIN_S
    while not valkey.answers(settings.redis):
        assert time.monotonic() < deadline, "Valkey did not start"
        time.sleep(0.05)
    return process
