"""Ending with one's parent, so that a killed `vcp up` or `vcp web` leaves nobody behind."""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def die_with_parent() -> None:
    """Have Linux end this process when its parent ends; elsewhere it does nothing."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() == 1:  # it ended before we asked
            os._exit(0)
