"""Crash points end a process where they are told to, once, in test mode only."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from click import ClickException
from pydantic import ValidationError

from tests.architecture.tree import ROOT
from vcp.cli.options import read_settings
from vcp.kernel import crashing
from vcp.kernel.crashing import POINTS, crash_point
from vcp.kernel.settings import Mode, Settings


@pytest.fixture
def signals(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """What this process would have sent itself."""
    sent: list[int] = []
    monkeypatch.setattr(os, "kill", lambda _, number: sent.append(number))
    monkeypatch.setattr(signal, "pthread_kill", lambda _, number: sent.append(number))
    yield sent
    crashing.arm("", Path())


@pytest.mark.parametrize("mode", [Mode.DEMO, Mode.PRODUCTION])
def test_a_crash_point_is_refused_outside_test_mode(mode: Mode, tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="VCP_CRASH_AT works with VCP_MODE=test only"):
        Settings(mode=mode, instance=tmp_path, crash_at="claimed")


@pytest.mark.parametrize("wanted", ["nowhere", "claimed@", "kill:claimed", "claimed now"])
def test_only_a_point_that_exists_can_be_named(wanted: str, tmp_path: Path) -> None:
    with pytest.raises(ClickException, match="names no crash point"):
        read_settings(tmp_path, mode=Mode.TEST, crash_at=wanted)


def test_a_process_is_killed_at_its_point_once(tmp_path: Path, signals: list[int]) -> None:
    read_settings(tmp_path, mode=Mode.TEST, crash_at="claimed")
    crash_point("claiming")
    assert not signals
    crash_point("claimed", 7)
    crash_point("claimed", 7)
    assert signals == [signal.SIGKILL]
    assert (tmp_path / "crashed-claimed").exists(), "the next start goes on"


def test_a_point_may_be_narrowed_and_may_stop_instead(tmp_path: Path, signals: list[int]) -> None:
    crashing.arm("stop:sent@/2/tweets", tmp_path)
    crash_point("sent", "/2/users/me")
    assert not signals
    crash_point("sent", "/2/tweets")
    assert signals == [signal.SIGSTOP]


def test_every_crash_point_is_in_the_product_once() -> None:
    code = [path.read_text(encoding="utf-8") for path in (ROOT / "vcp").rglob("*.py")]
    for point in POINTS:
        calls = sum(
            text.count(f'crash_point("{point}"') + text.count(f'crash_point, "{point}"')
            for text in code
        )
        assert calls == 1, point
