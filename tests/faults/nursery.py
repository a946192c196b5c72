"""Starts our processes for fault tests: forked from one that has everything loaded.

A process that is started anew loads libraries for seconds; killed fifty times, that is most of a
test. Each child is a process of its own, with its own connections, and runs the `vcp` command.
Run: python -m tests.faults.nursery; one JSON order a line on standard input, one pid a line back.
"""

import atexit
import ctypes
import functools
import json
import os
import random
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import vcp.cli
import vcp.cli.posts
import vcp.cli.processes
import vcp.networks.bluesky
import vcp.networks.mastodon
import vcp.networks.x

ROOT = Path(__file__).resolve().parents[2]
PR_SET_PDEATHSIG = 1


class Child:
    """A process that the nursery forked, with the names that `subprocess.Popen` has."""

    def __init__(self, pid: int, status_of: Callable[[int], int]) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._status_of = status_of
        self._handle = os.pidfd_open(pid)

    def send_signal(self, number: int) -> None:
        """Send it a signal; one that has ended gets none."""
        if self.returncode is None:
            signal.pidfd_send_signal(self._handle, number)

    def terminate(self) -> None:
        """Ask it to end, also one that is stopped."""
        self.send_signal(signal.SIGTERM)
        self.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """End it without a chance to tidy up."""
        self.send_signal(signal.SIGKILL)

    def poll(self) -> int | None:
        """Return how it ended, as Popen does, or None while it runs."""
        if self.returncode is None and select.select([self._handle], [], [], 0)[0]:
            os.close(self._handle)
            self.returncode = self._status_of(self.pid)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end.

        Raises: subprocess.TimeoutExpired.
        """
        if self.returncode is None:
            select.select([self._handle], [], [], timeout)
        ended = self.poll()
        if ended is None:
            raise subprocess.TimeoutExpired("vcp", timeout or 0)
        return ended


class Nursery:
    """The process that forks; one for the whole run."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.nursery"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._turn = threading.Lock()
        atexit.register(self._end)

    def start(self, command: Sequence[str], settings: dict[str, str], log: Path) -> Child:
        """Run a `vcp` command with these settings, what it says appended to `log`."""
        order = {"command": list(command), "settings": settings, "log": str(log)}
        return Child(self._ask(order), self._status_of)

    def _status_of(self, pid: int) -> int:
        return self._ask({"status_of": pid})

    def _ask(self, order: dict[str, Any]) -> int:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with self._turn:
            self._process.stdin.write(json.dumps(order) + "\n")
            self._process.stdin.flush()
            return int(self._process.stdout.readline())

    def _end(self) -> None:
        self._process.kill()
        self._process.communicate()


@functools.cache
def nursery() -> Nursery:
    """Return the nursery of this run, started when it is first wanted."""
    return Nursery()


def _end_with_parent() -> None:
    # Not politely: one that a test has stopped would never hear it.
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _become(order: dict[str, Any]) -> None:
    """Be the command; never returns."""
    _end_with_parent()
    random.seed()
    log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(source, target)
    for name in [name for name in os.environ if name.startswith("VCP_")]:
        del os.environ[name]
    os.environ |= order["settings"]
    code = 1
    try:
        vcp.cli.main(order["command"], prog_name="vcp")
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def main() -> None:
    """Fork a child for each order, or say how one ended, until the input ends."""
    _end_with_parent()
    for line in sys.stdin:
        order = json.loads(line)
        if "status_of" in order:
            answer = os.waitstatus_to_exitcode(os.waitpid(order["status_of"], 0)[1])
        else:
            answer = os.fork()
            if answer == 0:
                _become(order)
        print(answer, flush=True)  # noqa: T201 - whoever ordered it reads the number


if __name__ == "__main__":
    main()
