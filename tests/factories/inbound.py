"""What residents say on a network, as an adapter gives it."""

import json
from dataclasses import replace
from datetime import datetime
from itertools import count
from typing import Any

from sqlalchemy.orm import Session

from vcp.contacts import arriving, intake, queries
from vcp.kernel import clock
from vcp.networks.base import Inbound

_numbers = count(1)
CHATTER = "Lovely to meet you at the market today."
URGENT = "Someone is breaking into the flat next door right now"


def said(text: str = CHATTER, *, remote_id: str = "", **changes: Any) -> Inbound:
    """A public mention by Robin, just now; `changes` are fields of Inbound."""
    remote_id = remote_id or f"said-{next(_numbers)}"
    at: datetime = changes.get("posted_at") or clock.now()
    plain = Inbound(
        remote_id=remote_id,
        author_id="id-robin",
        handle="robin@towns.example",
        display_name="Robin Ash",
        profile_url="https://towns.example/@robin",
        text=text,
        html=f"<p>{text}</p>",
        language="en",
        content_warning=None,
        visibility="public",
        url=f"https://towns.example/@robin/{remote_id}",
        in_reply_to_id=None,
        posted_at=at,
        noticed_at=at,
        edited_at=None,
        media=(),
        raw=json.dumps({"id": remote_id}),
    )
    return replace(plain, **changes)


def take_in(session: Session) -> int:
    """Handle everything that waits, in this session, as the ingest does; return how many."""
    handled = 0
    while begun := arriving.take_up(session, queries.waiting(session, 1000)):
        handled += sum(intake.handle(session, arrival_id) for arrival_id in begun)
    return handled
