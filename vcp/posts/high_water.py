"""The newest attempt at sending, remembered in a file beside the database.

A database that is put back from a backup doesn't know the newest attempts any more; this does. It
is written after the claim is stored and before the first byte leaves, so that what it names was in
the database once.
"""

import json
import logging
import os
import uuid
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from threading import Lock

logger = logging.getLogger(__name__)

FILE_NAME = "ledger.mark"


@dataclass(frozen=True)
class Mark:
    """An attempt that was stored, and when it began."""

    attempt_id: uuid.UUID
    at: datetime


class HighWater:
    """The mark of one instance folder; safe to use from several threads."""

    def __init__(self, instance: Path) -> None:
        """Name the folder; nothing is read yet."""
        self._path = instance / FILE_NAME
        self._newest: datetime | None = None
        self._lock = Lock()

    def note(self, mark: Mark) -> None:
        """Remember this attempt if it is the newest; a full disk stops no post, and is logged.

        Of those that were stored together, and so have one time, the first is enough.
        """
        with self._lock:
            if self._newest is not None and mark.at <= self._newest:
                return
            self._newest = mark.at
            said = json.dumps({"attempt": str(mark.attempt_id), "at": mark.at.isoformat()})
            fresh = self._path.with_name(f"{FILE_NAME}.{os.getpid()}")
            try:
                fresh.write_text(said, encoding="utf-8")
                fresh.replace(self._path)
            except OSError:
                logger.warning("The newest attempt could not be noted", exc_info=True)

    def read(self) -> Mark | None:
        """Return what was noted last; None when there is nothing, or nothing that can be read."""
        try:
            said = json.loads(self._path.read_text(encoding="utf-8"))
            return Mark(uuid.UUID(said["attempt"]), datetime.fromisoformat(said["at"]))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError, LookupError):
            logger.warning("%s can't be read, so it tells nothing", self._path)
            return None
