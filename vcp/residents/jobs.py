"""The ordinary job of this feature."""

from vcp.kernel.jobs import job
from vcp.residents.render import render_marked


@job()
def render_stale(_: str) -> None:
    """Render what is marked as out of date."""
    render_marked()
