"""The built wheel runs anywhere: nothing that it needs is left behind in the checkout."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import requests

from tests.architecture.tree import ROOT

START_TIMEOUT_S = 240
STOP_TIMEOUT_S = 60
#: Where a folder of the checkout stands in the wheel.
MOVED = {"templates/": "vcp/templates/", "migrations/": "vcp/migrations/"}
SHIPPED = ("vcp/", "officer_profiles/", "moderation/", *MOVED)

pytestmark = pytest.mark.timeout(480)


def files() -> list[str]:
    """Return what a clone would hold, with what isn't committed yet."""
    asked = ["git", "ls-files", "-co", "--exclude-standard", "-z"]
    found = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [name for name in found.split("\0") if name and (ROOT / name).is_file()]


def in_wheel(name: str) -> str:
    return next(
        (new + name[len(old) :] for old, new in MOVED.items() if name.startswith(old)), name
    )


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel built from a copy of the checkout."""
    copy, out = tmp_path_factory.mktemp("checkout"), tmp_path_factory.mktemp("wheel")
    for name in files():
        if not name.startswith(("tests/", "frontend/")):
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, copy / name)
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out)]
    built = subprocess.run([*build, str(copy)], capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stdout[-3000:] + built.stderr[-3000:]
    return next(out.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment that holds the wheel and nothing else of ours.

    The libraries are those of the environment running the tests, found through a .pth file: that
    they can be installed is shown by having been installed, and would cost minutes here.
    """
    home = tmp_path_factory.mktemp("elsewhere") / "environment"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(home)], check=True)
    pip = [sys.executable, "-m", "pip", "--python", str(home / "bin" / "python"), "install"]
    subprocess.run([*pip, "--quiet", "--no-deps", "--no-index", str(wheel)], check=True)
    packages = next((home / "lib").glob("python*/site-packages"))
    (packages / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return home


def test_the_wheel_holds_every_file_of_the_product(wheel: Path) -> None:
    expected = {in_wheel(n) for n in files() if n.startswith(SHIPPED)}
    found = {n for n in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in n}
    assert found == expected


def test_the_wheel_carries_its_licence(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert any(re.search(r"\.dist-info/.*LICENSE$", name) for name in names)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@pytest.fixture(scope="module")
def address(installed: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of `vcp up --demo`, started as a person would, outside the checkout."""
    away, port = tmp_path_factory.mktemp("away"), free_port()
    command = [str(installed / "bin" / "vcp"), "up", "--demo", "--instance", "demo"]
    with (away / "log").open("wb") as log:
        up = subprocess.Popen(
            [*command, "--port", str(port)],
            cwd=away,
            env={"HOME": str(away), "PATH": os.defpath, "LANG": "C.UTF-8"},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    url = f"http://127.0.0.1:{port}"
    try:
        wait_until_ready(url, up, away / "log")
        yield url
    finally:
        left = stop(up)
    assert not left, f"stopping `vcp up` must stop all that it has started: {left}"
    assert up.returncode == 0, (away / "log").read_text()[-3000:]


def stop(up: subprocess.Popen[bytes]) -> list[psutil.Process]:
    """Stop it as a process manager would; return which of its processes outlived that."""
    if up.poll() is not None:
        return []
    family = psutil.Process(up.pid).children(recursive=True)
    up.send_signal(signal.SIGTERM)
    try:
        up.wait(STOP_TIMEOUT_S)
    finally:
        left: list[psutil.Process] = psutil.wait_procs(family, timeout=5)[1]
        for process in left:
            process.kill()
        up.kill()
    return left


def wait_until_ready(url: str, up: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline and up.poll() is None:
        try:
            if requests.get(f"{url}/readyz", timeout=5).ok:
                return
        except requests.ConnectionError:
            pass
        up_for_a_moment(up)
    pytest.fail(f"`vcp up` isn't ready (exit code {up.poll()}):\n{log.read_text()[-3000:]}")


def up_for_a_moment(up: subprocess.Popen[bytes]) -> None:
    try:
        up.wait(0.2)
    except subprocess.TimeoutExpired:
        return


def test_the_code_that_runs_is_the_wheels(installed: Path) -> None:
    where = "import vcp, vcp.app; print(vcp.app.__file__)"
    command = [str(installed / "bin" / "python"), "-c", where]
    ran = subprocess.run(command, cwd=installed, capture_output=True, text=True, check=True)
    assert Path(ran.stdout.strip()).is_relative_to(installed)


def test_it_answers_that_it_is_up(address: str) -> None:
    assert requests.get(f"{address}/healthz", timeout=10).status_code == 200


@pytest.mark.parametrize("path", ["/", "/officers/", "/posts/"])
def test_residents_are_shown_the_invented_force(address: str, path: str) -> None:
    page = requests.get(f"{address}{path}", timeout=10)
    assert page.status_code == 200, path
    assert "999" in page.text


def test_its_styles_and_scripts_are_there(address: str) -> None:
    page = requests.get(f"{address}/", timeout=10).text
    wanted = re.findall(r'(?:href|src)="(/static/[^"]+)"', page)
    assert wanted
    answers = {path: requests.get(f"{address}{path}", timeout=10).status_code for path in wanted}
    assert set(answers.values()) == {200}, answers


def test_staff_can_reach_the_sign_in_page(address: str) -> None:
    assert requests.get(f"{address}/sign-in", timeout=10).status_code == 200
