"""What a server's answer, or the lack of one, means: the one map from HTTP to our errors."""

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum

import requests

from vcp.kernel import clock
from vcp.networks.base import (
    MAX_RETRY_AFTER_S,
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

#: Waited for when a server says "too many" and not for how long.
DEFAULT_RETRY_AFTER_S = 60.0
#: Waited for when the moment that it names has passed already.
PAST_RETRY_AFTER_S = 5.0

_WEB_PAGE = "This server answered a web page instead of the {api} API. Check the address."
_ABOUT_SIGN_IN = re.compile(
    r"scope|token|log ?in|sign ?in|authenticat|authoriz|authoris|disabled|suspended|confirm",
    re.IGNORECASE,
)
_ABOUT_LENGTH = re.compile(r"character|too long|length|exceed", re.IGNORECASE)
_ABOUT_MEDIA = re.compile(r"media|file|attach|image|content type", re.IGNORECASE)
#: What is left of a budget of requests, and when it begins anew.
_BUDGETS = (
    ("x-ratelimit-remaining", "x-ratelimit-reset"),
    ("ratelimit-remaining", "ratelimit-reset"),
    ("x-rate-limit-remaining", "x-rate-limit-reset"),
    ("x-user-limit-24hour-remaining", "x-user-limit-24hour-reset"),
    ("x-app-limit-24hour-remaining", "x-app-limit-24hour-reset"),
)
_RESET_HEADERS = ("x-ratelimit-reset", "ratelimit-reset", "x-rate-limit-reset")
_EPOCH_FROM = 1_000_000_000
_EPOCH_MILLISECONDS_FROM = 100_000_000_000


class Step(StrEnum):
    """What a request was for; decides what a missing answer means."""

    READ = "read"
    UPLOAD = "upload"
    WRITE = "write"


def failure(wire: Wire, step: Step, api: str = "Mastodon") -> NetworkError:
    """Our error for the wire's last exchange, which didn't end as it should."""
    exchange = wire.exchange
    if exchange.status is None:
        return _without_answer(wire, step)
    return refusal(wire, step) or _garbled(wire, step, api)


def refusal(wire: Wire, step: Step) -> NetworkError | None:
    """Our error for an answer whose status isn't a success; None for a success."""
    exchange, host = wire.exchange, wire.host
    status = exchange.status or 0
    if requests.codes.ok <= status < requests.codes.multiple_choices:
        return None
    if status < requests.codes.bad_request:
        return Rejected(
            f"{host} sent us on to another address. Connect the channel with that address.",
            reason=Reason.ADDRESS,
            detail=exchange.headers.get("location", "")[:200],
        )
    if status == requests.codes.too_many_requests:
        return RateLimited(
            f"{host} takes no more for now. It will be tried again.",
            retry_after_s=retry_after_s(exchange.headers, clock.now()),
        )
    if status >= requests.codes.server_error or status in (
        requests.codes.request_timeout,
        requests.codes.conflict,
        requests.codes.too_early,
    ):
        return _uncertain(f"{host} answered with an error of its own ({status}).", step)
    return _refused(exchange, host, step)


def error_text(exchange: Exchange) -> str:
    """The server's own short reason, empty when its answer isn't the API's kind of error."""
    answer = exchange.json()
    if not isinstance(answer, dict):
        return ""
    found = answer.get("error_description") or answer.get("error")
    return " ".join(found.split())[:200] if isinstance(found, str) else ""


def no_api(address: str) -> Rejected:
    """Our error for a server at `address` that answers, but not as a Mastodon server."""
    return Rejected(f"{address} has no Mastodon API. Check the address.", reason=Reason.ADDRESS)


def retry_after_s(headers: Mapping[str, str], now: datetime) -> float:
    """Seconds to wait by headers in any of their forms: delta, epoch, ISO or HTTP date, or none.

    Moments are read by the server's own clock when it says what time it has. 1 to 900 seconds.
    """
    now = _http_date(headers.get("date", "")) or now
    # Where several budgets are told, those that are used up say how long.
    spent = (reset for left, reset in _BUDGETS if headers.get(left, "").strip() == "0")
    resets = dict.fromkeys((*spent, *_RESET_HEADERS))
    for value in (headers.get("retry-after"), *(headers.get(name) for name in resets)):
        seconds = _seconds(value.strip(), now) if value else None
        if seconds is not None:
            wait_s = seconds if seconds > 0 else PAST_RETRY_AFTER_S
            return min(max(wait_s, 1.0), MAX_RETRY_AFTER_S)
    return DEFAULT_RETRY_AFTER_S


def used_up_s(exchange: Exchange, now: datetime) -> float | None:
    """Seconds until the server takes more, where an answer says that nothing is left; else None.

    A moment that has passed, or that isn't told, is no reason to wait. 1 to 900 seconds.
    """
    headers = exchange.headers
    now = _http_date(headers.get("date", "")) or now
    waits = [
        _seconds(headers.get(reset, "").strip(), now) or 0.0
        for left, reset in _BUDGETS
        if headers.get(left, "").strip() == "0"
    ]
    longest = max(waits, default=0.0)
    return min(max(longest, 1.0), MAX_RETRY_AFTER_S) if longest > 0 else None


def clock_ahead(exchange: Exchange, now: datetime) -> timedelta:
    """How far the server's clock is ahead of ours, as its last answer tells, else zero."""
    theirs = _http_date(exchange.headers.get("date", ""))
    return theirs - now if theirs else timedelta()


def _seconds(value: str, now: datetime) -> float | None:
    try:
        number = float(value)
    except ValueError:
        moment = _iso(value) or _http_date(value)
        return (moment - now).total_seconds() if moment else None
    if number >= _EPOCH_MILLISECONDS_FROM:
        number /= 1000
    if number >= _EPOCH_FROM:
        return number - now.timestamp()
    return None if math.isnan(number) else number


def _iso(value: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _http_date(value: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _without_answer(wire: Wire, step: Step) -> NetworkError:
    if not wire.exchange.was_sent:
        return NotSent(f"{wire.host} can't be reached. Nothing was sent; it will be tried again.")
    return _uncertain(f"{wire.host} didn't answer in full.", step)


def _garbled(wire: Wire, step: Step, api: str) -> NetworkError:
    exchange = wire.exchange
    kind = exchange.headers.get("content-type", "")
    is_page = "html" in kind or exchange.body.lstrip()[:1] == b"<"
    message = (
        _WEB_PAGE.format(api=api) if is_page else f"{wire.host} gave an answer that can't be read."
    )
    return _uncertain(message, step)


def _uncertain(message: str, step: Step) -> NetworkError:
    if step is Step.READ:
        return Unavailable(message)
    if step is Step.UPLOAD:
        return NotSent(f"{message} The image didn't arrive and nothing was posted.")
    return OutcomeUnknown(f"{message} The post may have arrived or not.")


def _refused(exchange: Exchange, host: str, step: Step) -> NetworkError:
    status, detail = exchange.status or 0, error_text(exchange)
    said = f' It says: "{detail}".' if detail else ""
    is_about_sign_in = status == requests.codes.forbidden or (
        status in (requests.codes.bad_request, requests.codes.unprocessable)
        and "character" not in detail
    )
    if status == requests.codes.unauthorized or (
        is_about_sign_in and _ABOUT_SIGN_IN.search(detail)
    ):
        return Unauthorised(
            f"{host} no longer accepts our sign-in.{said} Connect the channel again."
        )
    if status in (requests.codes.not_found, requests.codes.gone):
        return Rejected(
            f"{host} doesn't have what was asked for.{said}",
            reason=Reason.NOT_FOUND,
            detail=detail,
        )
    if step is not Step.READ and "processing" in detail:
        return NotSent(f"{host} isn't done with the images yet. It will be tried again.")
    return Rejected(
        f"{host} refused this.{said}", reason=_reason(status, detail, step), detail=detail
    )


def _reason(status: int, detail: str, step: Step) -> Reason:
    if step is Step.UPLOAD or status == requests.codes.request_entity_too_large:
        return Reason.MEDIA
    if status == requests.codes.forbidden:
        return Reason.FORBIDDEN
    if status == requests.codes.method_not_allowed:
        return Reason.UNSUPPORTED
    if _ABOUT_MEDIA.search(detail):
        return Reason.MEDIA
    if _ABOUT_LENGTH.search(detail):
        return Reason.TOO_LONG
    return Reason.INVALID
