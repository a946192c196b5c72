"""The web process: granian, which loads the application in a worker of its own."""

from granian import Granian
from granian.constants import Interfaces

THREADS = 32
#: A page takes less; a desk's stream of changes would keep us for minutes, and begins again.
STOP_WITHIN_S = 5


def serve(host: str, port: int) -> None:
    """Serve until asked to stop."""
    Granian(
        "vcp.processes.application:make",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        factory=True,
        workers=1,
        blocking_threads=THREADS,
        websockets=False,
        log_access=False,
        respawn_failed_workers=True,
        log_enabled=False,
        workers_kill_timeout=STOP_WITHIN_S,
        process_name="vcp web",
    ).serve()
