"""Each command is there in a process that has loaded nothing else: a person's terminal."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("command", [("users", "code"), ("seed", "demo")])
def test_what_the_readme_names_is_there_by_itself(command: tuple[str, str]) -> None:
    """In one process with other tests, a command may be there because another was loaded."""
    said = subprocess.run(
        [sys.executable, "-m", "vcp", *command, "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.returncode == 0, said.stderr
