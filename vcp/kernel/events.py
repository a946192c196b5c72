"""In-transaction events: how a lower feature lets a higher one act in the same unit of work.

Only `vcp.app` registers listeners; `tests/architecture` lists every event with them.
"""

from collections import defaultdict
from collections.abc import Callable
from typing import Any, TypeVar

from sqlalchemy.orm import Session

_listeners: dict[type["Event"], list[Callable[[Session, Any], None]]] = defaultdict(list)


class Event:
    """Something that happened in this unit of work; derive a frozen dataclass from it."""


E = TypeVar("E", bound=Event)


def listen(kind: type[E], listener: Callable[[Session, E], None]) -> None:
    """Have the listener called, in the same unit of work, for every event of this kind."""
    if listener not in _listeners[kind]:
        _listeners[kind].append(listener)


def raise_event(session: Session, event: Event) -> None:
    """Tell the listeners; what they raise undoes the whole unit of work."""
    for listener in _listeners[type(event)]:
        listener(session, event)


def listeners() -> dict[type[Event], list[Callable[[Session, Any], None]]]:
    """Return who listens to what."""
    return {kind: list(found) for kind, found in _listeners.items()}
