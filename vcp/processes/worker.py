"""The worker: RQ running ordinary jobs, waiting patiently while Valkey is away."""

import logging
import threading

from flask import Flask
from redis.exceptions import RedisError
from rq import Queue, SimpleWorker
from rq.serializers import JSONSerializer
from rq.timeouts import TimerDeathPenalty

from vcp.kernel.jobs import QUEUES
from vcp.kernel.settings import Settings
from vcp.processes.loop import Loop
from vcp.processes.valkey import patient_connection

logger = logging.getLogger(__name__)

WAIT_S = 2.0
#: A worker that waits longer than this for a job looks around: short, so that stopping is quick.
WORKER_TTL_S = 30


class InProcessWorker(SimpleWorker):
    """Runs jobs in this process: they are short, and a fork for each costs more than the job."""

    death_penalty_class = TimerDeathPenalty
    stopping: threading.Event

    def procline(self, message: str) -> None:
        """Keep the name that `vcp worker` and `vcp up` gave this process."""
        del message

    def handle_warm_shutdown_request(self) -> None:
        """Remember that we were asked to stop: RQ ends its loop, and ours must end too."""
        self.stopping.set()
        super().handle_warm_shutdown_request()  # type: ignore[no-untyped-call]  # RQ has none


def run(app: Flask, settings: Settings) -> None:
    """Work until asked to stop; start again whenever Valkey comes back."""
    pulse = Loop(app, "worker")
    _beat_in_background(pulse)
    while not pulse.stopping.is_set():
        pulse.listen_for_stop()
        _work(settings.redis, pulse.stopping)
        pulse.listen_for_stop()  # RQ took the signals while it worked
        pulse.stopping.wait(WAIT_S)


def _work(redis_url: str, stopping: threading.Event) -> None:
    """Work until asked to stop, or until Valkey goes away."""
    try:
        connection = patient_connection(redis_url)
        queues = [Queue(name, connection=connection, serializer=JSONSerializer) for name in QUEUES]
        worker = InProcessWorker(
            queues, connection=connection, serializer=JSONSerializer, worker_ttl=WORKER_TTL_S
        )
        worker.stopping = stopping
        worker.work(logging_level="WARNING")
    except (RedisError, OSError) as error:
        logger.warning("Valkey is away (%s); jobs wait", type(error).__name__)


def _beat_in_background(pulse: Loop) -> None:
    """Say every few seconds that a worker is alive, while RQ has the main thread."""

    def beats() -> None:
        while not pulse.stopping.is_set():
            pulse.run_due()
            pulse.stopping.wait(1)

    threading.Thread(target=beats, daemon=True, name="heartbeat").start()
