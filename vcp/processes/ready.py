"""Asking the pages whether all is ready, with nothing loaded for it."""

import urllib.request

TIMEOUT_S = 1.0


def is_ready(base_url: str) -> bool:
    """Say whether the pages answer and everything they need is at work."""
    try:
        with urllib.request.urlopen(f"{base_url}/readyz", timeout=TIMEOUT_S) as answer:  # noqa: S310 - our own
            return bool(answer.status == 200)  # noqa: PLR2004 - HTTP's OK
    except OSError:
        return False
