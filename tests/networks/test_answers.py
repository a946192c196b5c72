from datetime import UTC, datetime, timedelta

import pytest

from vcp.networks.answers import Step, clock_ahead, failure, retry_after_s, used_up_s
from vcp.networks.base import (
    NetworkError,
    NotSent,
    OutcomeUnknown,
    RateLimited,
    Reason,
    Rejected,
    Unauthorised,
    Unavailable,
)
from vcp.networks.wire import Exchange, Wire

NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
EPOCH = int(NOW.timestamp())


@pytest.mark.parametrize(
    "headers, seconds",
    [
        ({"retry-after": "30"}, 30),
        ({"retry-after": "Thu, 26 Nov 2026 12:00:45 GMT"}, 45),
        ({"x-ratelimit-reset": "2026-11-26T12:00:50.000Z"}, 50),
        ({"x-ratelimit-reset": "2026-11-26T12:00:50"}, 50),
        ({"x-ratelimit-reset": "2026-11-26T13:00:50+01:00"}, 50),
        ({"x-ratelimit-reset": str(EPOCH + 55)}, 55),
        ({"x-ratelimit-reset": str((EPOCH + 55) * 1000)}, 55),
        ({"ratelimit-reset": "12"}, 12),
        ({"x-rate-limit-reset": str(EPOCH + 20)}, 20),
        ({"retry-after": "5", "x-ratelimit-reset": str(EPOCH + 300)}, 5),
        ({"retry-after": "soon", "x-ratelimit-reset": str(EPOCH + 300)}, 300),
        ({}, 60),
        ({"retry-after": "soon"}, 60),
        ({"retry-after": "nan"}, 60),
        ({"retry-after": "0"}, 5),
        ({"x-ratelimit-reset": str(EPOCH - 100)}, 5),
        ({"x-ratelimit-reset": "2016-11-26T12:00:00Z"}, 5),
        ({"retry-after": "inf"}, 900),
        ({"x-ratelimit-reset": "2036-11-26T12:00:00Z"}, 900),
        ({"retry-after": "0.2"}, 1),
    ],
)
def test_every_form_of_waiting_time_is_read(headers: dict[str, str], seconds: float) -> None:
    assert retry_after_s(headers, NOW) == pytest.approx(seconds)


def test_a_moment_is_read_by_the_servers_own_clock() -> None:
    headers = {"date": "Thu, 26 Nov 2026 13:00:00 GMT", "x-ratelimit-reset": str(EPOCH + 3610)}
    assert retry_after_s(headers, NOW) == 10


def test_how_far_a_servers_clock_is_off_comes_from_its_date() -> None:
    exchange = Exchange("GET", headers={"date": "Thu, 26 Nov 2026 12:05:00 GMT"})
    assert clock_ahead(exchange, NOW) == timedelta(minutes=5)
    assert clock_ahead(Exchange("GET", headers={"date": "?"}), NOW) == timedelta()


def _failure(
    step: Step, status: int, body: str = "", kind: str = "application/json"
) -> NetworkError:
    wire = Wire("https://social.example")
    wire.exchange = Exchange("POST", True, status, {"content-type": kind}, body.encode())
    return failure(wire, step)


def _says(message: str) -> str:
    return f'{{"error": "{message}"}}'


@pytest.mark.parametrize("status", [500, 501, 502, 503, 504, 520, 599, 408, 409, 425])
def test_a_servers_own_error_leaves_a_post_unknown_and_an_upload_not_sent(status: int) -> None:
    """A slow proxy answered 504 for posts that existed."""
    assert type(_failure(Step.WRITE, status, _says("Down"))) is OutcomeUnknown
    assert type(_failure(Step.UPLOAD, status)) is NotSent
    assert type(_failure(Step.READ, status)) is Unavailable


@pytest.mark.parametrize("body", ["<html></html>", "", '{"id": "1', "nothing"])
def test_a_success_that_cannot_be_read_leaves_a_post_unknown(body: str) -> None:
    assert type(_failure(Step.WRITE, 200, body)) is OutcomeUnknown
    assert type(_failure(Step.UPLOAD, 200, body)) is NotSent
    assert type(_failure(Step.READ, 200, body)) is Unavailable


def test_a_web_page_is_named_as_one() -> None:
    message = str(_failure(Step.READ, 200, "<!DOCTYPE html>", "text/html"))
    assert message == (
        "This server answered a web page instead of the Mastodon API. Check the address."
    )


@pytest.mark.parametrize(
    "status, message",
    [
        (401, "The access token is invalid"),
        (401, ""),
        (403, "This action is outside the authorized scopes"),
        (403, "Your login is currently disabled"),
        (422, "This method requires an authenticated user"),
        (400, "Invalid token"),
    ],
)
def test_a_refused_sign_in_is_recognised(status: int, message: str) -> None:
    assert type(_failure(Step.WRITE, status, _says(message))) is Unauthorised


@pytest.mark.parametrize(
    "status, message, reason",
    [
        (422, "Validation failed: Text character limit of 500 exceeded", Reason.TOO_LONG),
        (400, "status too long, 6000 characters provided", Reason.TOO_LONG),
        (422, "Validation failed: File is too large", Reason.MEDIA),
        (413, "", Reason.MEDIA),
        (403, "This action is not allowed", Reason.FORBIDDEN),
        (404, "Record not found", Reason.NOT_FOUND),
        (410, "", Reason.NOT_FOUND),
        (405, "", Reason.UNSUPPORTED),
        (422, "Validation failed: Text can't be blank", Reason.INVALID),
        (302, "", Reason.ADDRESS),
    ],
)
def test_a_refusal_says_why(status: int, message: str, reason: Reason) -> None:
    refused = _failure(Step.WRITE, status, _says(message))
    assert isinstance(refused, Rejected)
    assert refused.reason is reason


def test_images_still_being_processed_are_no_refusal() -> None:
    message = "Cannot attach files that have not finished processing. Try again in a moment!"
    assert type(_failure(Step.WRITE, 422, _says(message))) is NotSent


def test_too_many_requests_is_the_same_for_every_step() -> None:
    for step in Step:
        assert type(_failure(step, 429, "slow down", "text/plain")) is RateLimited


def test_a_servers_words_are_shown_short_and_on_one_line() -> None:
    refused = _failure(Step.WRITE, 422, _says("x " * 500))
    assert isinstance(refused, Rejected)
    assert len(refused.detail) == 200


@pytest.mark.parametrize(
    "headers, seconds",
    [
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "2026-11-26T12:00:50Z"}, 50),
        ({"ratelimit-remaining": "0", "ratelimit-reset": str(EPOCH + 20)}, 20),
        ({"x-rate-limit-remaining": "0", "x-rate-limit-reset": str(EPOCH + 90)}, 90),
        (
            {
                "x-rate-limit-remaining": "7",
                "x-rate-limit-reset": str(EPOCH + 800),
                "x-user-limit-24hour-remaining": "0",
                "x-user-limit-24hour-reset": str(EPOCH + 99),
            },
            99,
        ),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "2036-11-26T12:00:00Z"}, 900),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "2016-11-26T12:00:00Z"}, None),
        ({"x-ratelimit-remaining": "0"}, None),
        ({"x-ratelimit-remaining": "1", "x-ratelimit-reset": "2026-11-26T12:00:50Z"}, None),
        ({}, None),
    ],
)
def test_a_budget_that_is_used_up_is_read_from_any_answer(
    headers: dict[str, str], seconds: float | None
) -> None:
    assert used_up_s(Exchange("POST", headers=headers), NOW) == seconds
