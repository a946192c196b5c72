"""The source tree as these tests see it: files, and their syntax trees parsed once."""

import ast
from collections.abc import Iterator
from configparser import ConfigParser
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PRODUCT = ("vcp", "officer_profiles", "moderation", "migrations", "wsgi.py")
BESIDE = ("tests", "benchmarks", "tools")


@dataclass(frozen=True)
class Source:
    """One Python file."""

    path: Path

    @property
    def name(self) -> str:
        """The path as people write it, from the root of the checkout."""
        return self.path.relative_to(ROOT).as_posix()

    @cached_property
    def lines(self) -> int:
        return len(self.path.read_text(encoding="utf-8").splitlines())

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.path.read_text(encoding="utf-8"), filename=self.name)

    def at(self, node: ast.stmt | ast.expr) -> str:
        """Say where this is, as an editor understands it."""
        return f"{self.name}:{node.lineno}"


@cache
def sources(*roots: str) -> tuple[Source, ...]:
    """Return the Python files below these folders, or these files."""
    return tuple(Source(path) for root in roots for path in _python(ROOT / root))


def product() -> tuple[Source, ...]:
    """Return the files of the product itself."""
    return sources(*PRODUCT)


def everything() -> tuple[Source, ...]:
    """Return the files of the product and of what is kept beside it."""
    return sources(*PRODUCT, *BESIDE)


def setup_cfg() -> ConfigParser:
    """Return setup.cfg, read."""
    parser = ConfigParser()
    parser.read(ROOT / "setup.cfg", encoding="utf-8")
    return parser


def listed(text: str) -> list[str]:
    """Return the lines of a list in setup.cfg."""
    return [line.strip() for line in text.splitlines() if line.strip()]


def _python(path: Path) -> Iterator[Path]:
    if path.is_dir():
        yield from sorted(path.rglob("*.py"))
    elif path.exists():
        yield path
