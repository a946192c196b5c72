"""What `vcp doctor` looks at in the public site."""

import os
from collections.abc import Iterator

from flask import current_app

from vcp.kernel.db import session
from vcp.kernel.health import Check
from vcp.residents.addresses import HOME, file_of
from vcp.residents.site import site_of
from vcp.residents.stale import marked

#: Pages that wait for longer are not being rendered.
LATE_S = 60


def checks() -> Iterator[Check]:
    """Look whether the public pages are there, can be written, and are up to date."""
    root = site_of(current_app).files.root
    yield Check(
        "public pages",
        (root / file_of(HOME)).is_file() and os.access(root, os.W_OK),
        f"{root} has no home page, or can't be written. Put its rights right, then run "
        "`vcp site render --all`.",
    )
    late = len(marked(session(), LATE_S))
    yield Check(
        "public pages up to date",
        late == 0,
        f"{late} groups of pages wait for over {LATE_S} s. See that the worker or the clock runs; "
        "its log says which page fails. `vcp site render` does it by hand.",
    )
