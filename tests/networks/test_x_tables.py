"""What the page knows of X's counting is what the server knows."""

import runpy
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_page_has_the_server_s_tables() -> None:
    tool = runpy.run_path(str(ROOT / "tools" / "x_tables.py"))
    script = ROOT / "frontend" / "src" / "js" / "x_tables.js"
    assert script.read_text() == tool["made"](), f"older than the server's. {tool['__doc__']}"
