"""docs/map.md answers "where do I find …" for the tree as it is."""

import re
import subprocess

from tests.architecture.tree import ROOT

MAP = (ROOT / "docs" / "map.md").read_text(encoding="utf-8")
NAMED = set(re.findall(r"`([\w./-]+)`", MAP))


def tracked() -> set[str]:
    asked = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return {name for name in asked.stdout.split("\0") if name and (ROOT / name).exists()}


def test_everything_at_the_top_is_named() -> None:
    tops = {
        f"{first}/" if rest else first
        for first, _, rest in (name.partition("/") for name in tracked())
    }
    assert not tops - NAMED, "add these to docs/map.md"


def test_every_package_is_named() -> None:
    packages = {
        f"{name.rpartition('/')[0]}/"
        for name in tracked()
        if name.endswith("/__init__.py") and name.startswith("vcp/")
    }
    assert not packages - NAMED, "add these to docs/map.md"


def test_every_folder_of_tests_is_named() -> None:
    folders = {
        f"{name.rpartition('/')[0]}/"
        for name in tracked()
        if name.endswith("/__init__.py") and name.count("/") == 2 and name.startswith("tests/")
    }
    assert not folders - NAMED, "add these to docs/map.md"


def test_what_is_named_exists() -> None:
    gone = sorted(
        name
        for name in NAMED
        if re.fullmatch(r"[\w.-]+/(?:[\w./-]+)?", name)
        if not (ROOT / name).exists()
    )
    assert not gone
