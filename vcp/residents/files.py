"""The folder of public files: written whole or not at all, newest words always on top.

A file is written beside its place and renamed into it, its compressed variants first, all with
one time of change; a reader takes a variant only when the times are equal.

Two writers of one page take turns by a lock on a file, held from before the database is read until
the last rename. So whoever writes last has also read last, and older words never cover newer ones.
The lock works between threads and processes on one machine, and on NFS 4.
"""

import fcntl
import gzip
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import brotli

from vcp.kernel import clock

#: Endings of text that is worth compressing.
TEXT = frozenset({".html", ".atom", ".json", ".csv", ".xml", ".txt", ".svg"})
#: Below this many bytes a compressed variant saves nothing.
LEAST_BYTES = 600
BROTLI_QUALITY = 5
GZIP_LEVEL = 6
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class PublicFolder:
    """INSTANCE/site, or a folder like it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        #: Beside the folder, not in it: it is copied to mirrors.
        self.locks = root.with_name(f"{root.name}.locks")

    @contextmanager
    def locked(self, name: str) -> Iterator[None]:
        """Let one writer at a time work on what goes by this name; locks don't nest."""
        self.locks.mkdir(parents=True, exist_ok=True)
        bucket = hashlib.sha256(name.encode()).hexdigest()[:2]
        with (self.locks / bucket).open("wb") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            yield

    def put(self, file: str, data: bytes, *, durable: bool = False) -> bool:
        """Put the bytes in their place; false when they are there already.

        `durable` waits until the disk has them. Raises: OSError when they can't be written; what
        was there is there still.
        """
        target = self.root / file
        old_ns = _changed_at_ns(target)
        packed = target.suffix in TEXT and len(data) >= LEAST_BYTES
        if old_ns and self._is_there(target, data, packed=packed):
            return False
        target.parent.mkdir(parents=True, exist_ok=True)
        at_ns = max((clock.now() - _EPOCH) // (_EPOCH.resolution) * 1000, old_ns + 1)
        if packed:
            _place(_beside(target, ".br"), brotli.compress(data, quality=BROTLI_QUALITY), at_ns)
            _place(_beside(target, ".gz"), gzip.compress(data, GZIP_LEVEL, mtime=0), at_ns)
        _place(target, data, at_ns, durable=durable)
        if not packed:
            _beside(target, ".br").unlink(missing_ok=True)
            _beside(target, ".gz").unlink(missing_ok=True)
        return True

    def remove(self, file: str) -> None:
        """Take a file and its variants away; one that isn't there is no error."""
        target = self.root / file
        for path in (target, _beside(target, ".br"), _beside(target, ".gz")):
            path.unlink(missing_ok=True)

    def _is_there(self, target: Path, data: bytes, *, packed: bool) -> bool:
        if target.stat().st_size != len(data) or target.read_bytes() != data:
            return False
        at_ns = _changed_at_ns(target)
        variants = (_beside(target, ".br"), _beside(target, ".gz"))
        return not packed or all(_changed_at_ns(variant) == at_ns for variant in variants)


def _beside(target: Path, ending: str) -> Path:
    return target.with_name(target.name + ending)


def _changed_at_ns(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except FileNotFoundError:
        return 0


def _place(target: Path, data: bytes, at_ns: int, *, durable: bool = False) -> None:
    # One name for each target, under its lock: what a killed writer left is written over.
    new = target.with_name(f".{target.name}.new")
    with new.open("wb") as file:
        file.write(data)
        file.flush()
        if durable:
            os.fsync(file.fileno())
    os.utime(new, ns=(at_ns, at_ns))
    new.replace(target)
    if durable:
        folder = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
