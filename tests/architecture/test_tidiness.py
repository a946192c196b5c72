"""Nothing in the repository belongs to one machine, and nothing is left for later unsaid."""

import re
import subprocess
from pathlib import Path

from tests.architecture.tree import ROOT

#: Folders that exist on the machine of whoever wrote a line, not on the reader's.
HOMES = re.compile(r"(?<![\w.])/(?:home|root|Users|mnt)/\w")
LEFT = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|XX" + r"X|HA" + r"CK)\b")
TEXT = {".py", ".cfg", ".toml", ".md", ".html", ".txt", ".sh", ".js", ".scss", ".json", ".mako"}


def tracked() -> list[Path]:
    """Return the text files that git would put into a clone; all of them where there is no git."""
    asked = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    paths = [ROOT / name for name in asked.stdout.split("\0") if name]
    made = ("package-lock.json", "vendor", "static")
    return [
        p
        for p in paths
        if (p.suffix in TEXT or p.name in {"Makefile", "run"})
        if p.exists() and not any(part in p.parts for part in made)
    ]


def lines_matching(pattern: re.Pattern[str], paths: list[Path]) -> list[str]:
    return [
        f"{path.relative_to(ROOT)}:{number}"
        for path in paths
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if pattern.search(line)
    ]


def test_no_path_of_somebodys_machine() -> None:
    assert not lines_matching(HOMES, tracked())


def test_nothing_is_left_for_later_in_the_code() -> None:
    code = [path for path in tracked() if path.suffix != ".md"]
    assert not lines_matching(LEFT, code)
