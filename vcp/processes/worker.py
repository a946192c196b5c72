"""The worker: RQ running ordinary jobs, waiting patiently while Valkey is away."""

import logging
import threading
import time

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


def run(app: Flask, settings: Settings) -> None:
    """Work until asked to stop; start again whenever Valkey comes back."""
    pulse = Loop(app, "worker")
    stop_pulse = _beat_in_background(pulse)
    try:
        while _work_once(settings.redis):
            time.sleep(WAIT_S)
    finally:
        stop_pulse.set()


def _work_once(redis_url: str) -> bool:
    """Work until stopped (False) or until Valkey went away (True)."""
    try:
        connection = patient_connection(redis_url)
        queues = [Queue(name, connection=connection, serializer=JSONSerializer) for name in QUEUES]
        worker = InProcessWorker(
            queues, connection=connection, serializer=JSONSerializer, worker_ttl=WORKER_TTL_S
        )
        worker.work(logging_level="WARNING")
    except (RedisError, OSError) as error:
        logger.warning("Valkey is away (%s); jobs wait", type(error).__name__)
        return True
    return not worker._stop_requested  # noqa: SLF001 - RQ tells it nowhere else


def _beat_in_background(pulse: Loop) -> threading.Event:
    """Say every few seconds that a worker is alive, while RQ has the main thread."""
    stop = threading.Event()

    def beats() -> None:
        while not stop.is_set():
            pulse.run_due()
            stop.wait(1)

    threading.Thread(target=beats, daemon=True, name="heartbeat").start()
    return stop
