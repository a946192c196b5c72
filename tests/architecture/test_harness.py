"""The test harness keeps its own promises."""

import socket
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session

from tests.client import Client
from tests.conftest import MONDAY
from vcp.kernel import clock as our_clock


@pytest.mark.parametrize("address", [("192.0.2.1", 80), ("127.0.0.1", 9)])
def test_a_test_can_reach_nothing_unless_it_says_so(address: tuple[str, int]) -> None:
    with socket.socket() as tried, pytest.raises(pytest.fail.Exception):
        tried.connect(address)


def test_a_test_asks_no_name_server() -> None:
    with pytest.raises(pytest.fail.Exception):
        socket.getaddrinfo("police.example", 443)
    with socket.socket(type=socket.SOCK_DGRAM) as tried, pytest.raises(pytest.fail.Exception):
        tried.sendto(b"?", ("192.0.2.1", 53))


@pytest.mark.network
def test_a_test_that_says_so_can_reach_this_machine_only() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname(), timeout=5).close()
    with socket.socket() as tried, pytest.raises(pytest.fail.Exception):
        tried.connect(("192.0.2.1", 80))


def test_time_stands_until_it_is_moved(clock: time_machine.Traveller) -> None:
    assert our_clock.now() == MONDAY
    clock.shift(60)
    assert our_clock.now() == MONDAY + timedelta(minutes=1)


@pytest.mark.parametrize("turn", ["first", "second"])
def test_tests_do_not_see_each_others_rows(session: Session, turn: str) -> None:
    assert not session.execute(text("SELECT 1 FROM lease")).all()
    session.execute(
        text("INSERT INTO lease (name, owner, until) VALUES ('x', :turn, CURRENT_TIMESTAMP)"),
        {"turn": turn},
    )
    session.commit()


def test_requests_see_what_the_test_has_stored(
    app: Flask, client: Client, session: Session
) -> None:
    """And run apart from it: a request that fails must not take the test's rows along."""
    session.execute(
        text("INSERT INTO lease (name, owner, until) VALUES ('x', 'y', CURRENT_TIMESTAMP)")
    )
    client.get("/healthz")
    session.rollback()
    assert session.execute(text("SELECT count(*) FROM lease")).scalar_one() == 1
