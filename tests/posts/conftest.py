"""Counting what a page asks of the database."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event
from sqlalchemy.orm import Session

from vcp.kernel.db import db


@pytest.fixture
def count_queries(app: Flask, session: Session) -> Callable[[], AbstractContextManager[list[str]]]:
    """Give a context that lists the statements run inside it."""
    engine = db.engine

    @contextmanager
    def counting() -> Iterator[list[str]]:
        found: list[str] = []

        def note(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
            if not statement.startswith(("PRAGMA", "BEGIN")):
                found.append(statement)

        session.commit()
        event.listen(engine, "before_cursor_execute", note)
        try:
            yield found
        finally:
            event.remove(engine, "before_cursor_execute", note)

    return counting
