"""What docs/operating.md tells operators is all there, and true."""

import re
from collections.abc import Iterator
from pathlib import Path

import click
from pydantic import SecretStr

from tests.architecture.tree import ROOT
from vcp.cli import main
from vcp.kernel.settings import Settings

OPERATING = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
#: Variable, default and meaning of each row of the settings table.
SETTINGS = re.findall(r"^\| `(VCP_[A-Z_]+)` \| (\S[^|]*?) \| (\S.*?) \|$", OPERATING, re.MULTILINE)


def commands(group: click.Group, path: str) -> Iterator[str]:
    """The commands that people type; those that others start are hidden."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if command.hidden:
            continue
        here = f"{path} {name}"
        if isinstance(command, click.Group):
            if command.invoke_without_command:
                yield here
            yield from commands(command, here)
        else:
            yield here


def written(default: object) -> str:
    """Write a default as the table does."""
    if isinstance(default, SecretStr):
        default = default.get_secret_value()
    if default in ("", []):
        return "empty"
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"


def test_every_setting_is_in_the_table_once() -> None:
    documented = sorted(name for name, _, _ in SETTINGS)
    assert documented == sorted(f"VCP_{name.upper()}" for name in Settings.model_fields)


def test_defaults_in_the_table_are_those_of_the_code() -> None:
    kept = {
        f"VCP_{name.upper()}": written(field.get_default(call_default_factory=True))
        for name, field in Settings.model_fields.items()
    }
    assert {name: default for name, default, _ in SETTINGS} == kept


def test_every_command_is_in_the_table() -> None:
    documented = set(re.findall(r"^\| `(vcp [^`]+)` \| \S", OPERATING, re.MULTILINE))
    missing = set(commands(main, "vcp")) - documented
    assert not missing, "add these to docs/operating.md, Commands"


def test_no_command_is_documented_that_is_not_there() -> None:
    table = OPERATING.split("## Commands\n")[1].split("\n## ")[0]
    documented = set(re.findall(r"^\| `(vcp [^`]+)` \|", table, re.MULTILINE))
    assert documented <= set(commands(main, "vcp"))


def test_a_unit_file_stands_ready_for_each_process() -> None:
    units = {path.stem for path in (ROOT / "docs" / "systemd").glob("*.service")}
    assert units == {"vcp-web", "vcp-publisher", "vcp-ingest", "vcp-worker", "vcp-clock"}


def test_only_what_speaks_to_networks_is_let_at_the_private_key() -> None:
    """The two processes that open credentials: see docs/adr/0006-the-vault.md."""
    for unit in (ROOT / "docs" / "systemd").glob("*.service"):
        kept_out = "InaccessiblePaths=-/var/lib/vcp/instance/vault.key" in unit.read_text()
        assert kept_out == (unit.stem not in ("vcp-publisher", "vcp-ingest")), unit.name


def links(page: Path) -> Iterator[tuple[str, Path]]:
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
        if "://" not in target and not target.startswith("mailto:"):
            yield target, (page.parent / target).resolve()


def test_links_between_documents_lead_somewhere() -> None:
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    dead = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in pages
        for target, path in links(page)
        if not path.exists()
    ]
    assert not dead


def test_documents_named_in_the_code_exist() -> None:
    named = {
        found
        for root in ("vcp", "officer_profiles", "moderation", "tests")
        for path in (ROOT / root).rglob("*.py")
        for found in re.findall(r"docs/[\w./-]+\.md", path.read_text(encoding="utf-8"))
    }
    missing = sorted(name for name in named if not (ROOT / name).exists())
    assert not missing
