"""Which way imports point: `lint-imports` checks the contracts, this file their lists."""

import ast

from tests.architecture.tree import ROOT, everything, listed, setup_cfg

#: From the top down. A package of vcp/ that isn't here has no place yet: decide it, then add it.
ORDER = [
    "vcp.cli",
    "vcp.seed",
    "vcp.processes",
    "vcp.app",
    "vcp.residents",
    "vcp.engagement",
    "moderation",
    "vcp.posts",
    "vcp.contacts",
    "vcp.triage",
    "officer_profiles",
    "vcp.channels",
    "vcp.users",
    "vcp.areas",
    "vcp.audit",
    "vcp.networks",
    "vcp.kernel",
]


def layers() -> list[str]:
    lines = listed(setup_cfg()["importlinter:contract:layers"]["layers"])
    return [name.strip(" ()") for line in lines for name in line.split(":")]


def in_the_tree() -> set[str]:
    found = {
        f"vcp.{path.stem}"
        for path in (ROOT / "vcp").iterdir()
        if (path.is_dir() and (path / "__init__.py").exists()) or path.suffix == ".py"
        if not path.stem.startswith("__")
    }
    return found | {"officer_profiles", "moderation"}


def test_every_package_is_a_layer() -> None:
    assert sorted(in_the_tree()) == sorted(layers())


def test_layers_are_in_the_order_that_was_decided() -> None:
    assert layers() == [name for name in ORDER if name in layers()]


def test_network_libraries_are_forbidden_to_every_other_package() -> None:
    named = listed(setup_cfg()["importlinter:contract:network-libraries"]["source_modules"])
    assert sorted(named) == sorted(in_the_tree() - {"vcp.networks"})


def test_no_import_inside_a_function() -> None:
    """A cycle says that code lives in the wrong place; a late import only hides it."""
    found = [
        source.at(inner)
        for source in everything()
        for node in ast.walk(source.tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        for inner in ast.walk(node)
        if isinstance(inner, ast.Import | ast.ImportFrom)
    ]
    assert not found, found


def test_no_import_for_types_only() -> None:
    name = "TYPE_" + "CHECKING"
    found = [s.name for s in everything() if name in s.path.read_text(encoding="utf-8")]
    assert not [n for n in found if n != "tests/architecture/test_imports.py"], found
