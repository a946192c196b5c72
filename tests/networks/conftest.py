"""Servers that stand in for networks, each in a process of its own on a free port of loopback."""

import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.faults.fakenet import FakeNet
from tests.networks.contract import eventually

MOCK_TOKENS = {"officer": "token-of-the-officer", "other": "token-of-another"}


@pytest.fixture(scope="session")
def fakenet_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A fakenet for all tests; each uses an account of its own."""
    journal = tmp_path_factory.mktemp("fakenet") / "journal.jsonl"
    command = [sys.executable, "-m", "tests.faults.fakenet", "--journal", str(journal)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        yield process.stdout.readline().strip()
        process.terminate()


@pytest.fixture
def net() -> Iterator[FakeNet]:
    """A fakenet in this process, for tests that look inside it."""
    server = FakeNet(0, None)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="session")
def mock_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A mastodon_mock whose tokens carry their scopes, as on a real server."""
    folder = tmp_path_factory.mktemp("mastodon_mock")
    port = _free_port()
    accounts = "".join(
        f'[[seed.accounts]]\nusername = "{name}"\naccess_token = "{token}"\n'
        for name, token in MOCK_TOKENS.items()
    )
    config = folder / "mock.toml"
    config.write_text(
        f'[server]\nhost = "127.0.0.1"\nport = {port}\n[auth]\nenforce_scopes = true\n{accounts}'
    )
    command = [sys.executable, "-m", "mastodon_mock", "serve", "--config", str(config)]
    log = (folder / "log").open("w")
    process = subprocess.Popen(
        [*command, "--in-memory", "--log-level", "warning"], stdout=log, stderr=log, cwd=folder
    )
    base_url = f"http://127.0.0.1:{port}"
    try:
        eventually(lambda: _answers(base_url, process, folder / "log"), seconds=60)
        yield base_url
    finally:
        process.terminate()
        process.wait(timeout=20)
        log.close()


@pytest.fixture
def mock_url(mock_server: str) -> str:
    """The same server, emptied."""
    requests.post(f"{mock_server}/api/v1/_mock/reset", timeout=20).raise_for_status()
    requests.delete(f"{mock_server}/api/v1/_mock/faults", timeout=20).raise_for_status()
    return mock_server


def _answers(base_url: str, process: subprocess.Popen[bytes], log: Path) -> bool:
    assert process.poll() is None, log.read_text()
    try:
        return requests.get(f"{base_url}/api/v2/instance", timeout=5).ok
    except requests.ConnectionError:
        return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
