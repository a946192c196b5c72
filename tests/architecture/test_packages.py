"""What is in the tree is in the wheel: setuptools leaves out what isn't listed, without a word."""

import re
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.architecture.tree import ROOT, listed, setup_cfg

#: Folders whose place in the wheel is not their place in the checkout.
MOVED = {"templates": "vcp.templates", "migrations": "vcp.migrations"}


def packages_in_tree() -> set[str]:
    roots = ("vcp", "officer_profiles", "moderation", *MOVED)
    found = set()
    for root in roots:
        for init in (ROOT / root).rglob("__init__.py"):
            parts = init.parent.relative_to(ROOT).parts
            found.add(".".join((MOVED.get(parts[0], parts[0]), *parts[1:])))
    return found


def python_folders() -> set[Path]:
    return {
        path.parent
        for root in ("vcp", "officer_profiles", "moderation", *MOVED)
        for path in (ROOT / root).rglob("*.py")
    }


def test_package_list_equals_tree() -> None:
    assert sorted(listed(setup_cfg()["options"]["packages"])) == sorted(packages_in_tree())


def test_every_folder_with_code_is_a_package() -> None:
    bare = [str(f.relative_to(ROOT)) for f in python_folders() if not (f / "__init__.py").exists()]
    assert not bare, f"these need an __init__.py: {bare}"


def pinned(name: str) -> dict[str, str]:
    text = (ROOT / "requirements" / name).read_text(encoding="utf-8")
    found = re.findall(r"^([A-Za-z0-9_.-]+)==([^ \\;]+)", text, re.MULTILINE)
    return {canonicalize_name(package): version for package, version in found}


def unmet(wanted: list[str], locked: dict[str, str]) -> list[str]:
    requirements = [Requirement(line) for line in wanted]
    return [
        str(requirement)
        for requirement in requirements
        if not requirement.specifier.contains(
            locked.get(canonicalize_name(requirement.name), "0"), prereleases=True
        )
        or canonicalize_name(requirement.name) not in locked
    ]


def test_locked_versions_fit_what_setup_cfg_asks() -> None:
    core = listed(setup_cfg()["options"]["install_requires"])
    dev = listed(setup_cfg()["options.extras_require"]["dev"])
    faults = unmet(core, pinned("core.txt")) + unmet([*core, *dev], pinned("dev.txt"))
    assert not faults, f"run `make lock`: {faults}"


def test_people_and_ci_run_the_same_versions() -> None:
    core, dev = pinned("core.txt"), pinned("dev.txt")
    assert core.items() <= dev.items()


def test_lock_files_name_no_host() -> None:
    """Behind a mirror the same files come from there; the hashes vouch for them."""
    locks = [*(ROOT / "requirements").glob("*.txt"), ROOT / "frontend" / "package-lock.json"]
    found = [
        f"{lock.name}: {line.strip()}"
        for lock in locks
        for line in lock.read_text(encoding="utf-8").splitlines()
        if re.search(r"\"resolved\"|--(extra-)?index-url|--find-links|@ ?https?:", line)
    ]
    assert not found, found
