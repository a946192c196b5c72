"""How a verdict is kept with the words that it is about."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from vcp.triage.findings import Finding, Priority, Verdict


def as_json(verdict: Verdict) -> dict[str, Any]:
    """Return the verdict as it is kept."""
    return asdict(verdict)


def from_json(kept: Mapping[str, Any] | None) -> Verdict | None:
    """Return the verdict that was kept; None when the words were never screened."""
    if kept is None:
        return None
    findings = tuple(
        Finding(**{**finding, "priority": Priority(finding["priority"])})
        for finding in kept["findings"]
    )
    return Verdict(**{**kept, "priority": Priority(kept["priority"]), "findings": findings})
