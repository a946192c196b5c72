"""How often a password or code may be tried, and a public form sent.

Counted for each account and each network address, in the database, so that it holds over several
processes and with Valkey stopped. Accounts that don't exist are counted like those that do, so
that the answer says nothing.
"""

import hashlib
import ipaddress
from collections.abc import Iterable
from datetime import datetime, timedelta
from http import HTTPStatus

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from vcp.kernel import clock
from vcp.kernel.errors import VcpError
from vcp.users.models import SignInTry

WINDOW_S = 60
TRIES_ACCOUNT = 5
#: A whole station may share one address, so this is wider; only tries that failed stay counted.
TRIES_ADDRESS = 40
#: Public forms: in how many seconds how many from one network address, and from all together.
FORM_WINDOW_S = 600
FORMS_ADDRESS = 12
FORMS_ALL = 900
#: One household or library has a block of IPv6 addresses.
IPV6_BLOCK = 64


class TooManyTries(VcpError):
    """Somebody tries passwords or codes too often; the right one isn't taken now either."""

    status = HTTPStatus.TOO_MANY_REQUESTS


def of_account(email: str) -> str:
    """Return what tries for this account are counted under."""
    return _key(f"account:{email.strip().casefold()}")


def of_address(address: str) -> str:
    """Return what tries from this network address are counted under."""
    return _key(f"address:{address}")


def admit(session: Session, account: str, address: str | None = None) -> None:
    """Count one try.

    Raises: TooManyTries when this account or address has had its tries in the last minute.
    """
    _one_at_a_time(session, account)
    since = clock.now() - timedelta(seconds=WINDOW_S)
    limits = {account: TRIES_ACCOUNT} | ({address: TRIES_ADDRESS} if address else {})
    counted = {key: _count(session, key, since) for key in limits}
    if any(counted[key] >= limit for key, limit in limits.items()):
        raise TooManyTries("That was tried too often. Wait a minute, then try again.")
    _note(session, limits)


def admit_form(session: Session, form: str, address: str, *, most: int = FORMS_ADDRESS) -> None:
    """Count one sending of a public form, under its name; `most` is for one address.

    Raises: TooManyTries when this address, or everybody together, has sent it too often.
    """
    limits = {
        _key(f"form:{form}:{_block(address)}"): most,
        _key(f"form:{form}"): FORMS_ALL,
    }
    since = clock.now() - timedelta(seconds=FORM_WINDOW_S)
    for key, limit in limits.items():
        if _count(session, key, since) >= limit:
            raise TooManyTries(
                "Too much was sent from your connection just now. Wait ten minutes, then send it "
                "again."
            )
    _note(session, limits)


def _note(session: Session, keys: Iterable[str]) -> None:
    """Count these, and forget what no limit looks at any more."""
    oldest = clock.now() - timedelta(seconds=max(WINDOW_S, FORM_WINDOW_S))
    session.execute(delete(SignInTry).where(SignInTry.at < oldest))
    session.add_all(SignInTry(key_sha256=key, at=clock.now()) for key in keys)
    session.flush()


def _block(address: str) -> str:
    """Return the addresses that one household has: of IPv6 the first half."""
    try:
        known = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if known.version == 4:  # noqa: PLR2004 - the name of a protocol
        return str(known)
    return str(ipaddress.ip_network(f"{known}/{IPV6_BLOCK}", strict=False))


def is_spent(session: Session, account: str) -> bool:
    """Say whether this account has had its tries of the last minute."""
    since = clock.now() - timedelta(seconds=WINDOW_S)
    return _count(session, account, since) >= TRIES_ACCOUNT


def forgive(session: Session, account: str, address: str | None = None) -> None:
    """Forget an account's tries after a right one, and the last one from the address."""
    session.execute(delete(SignInTry).where(SignInTry.key_sha256 == account))
    if address is not None:
        last = select(func.max(SignInTry.id)).where(SignInTry.key_sha256 == address)
        session.execute(delete(SignInTry).where(SignInTry.id == last.scalar_subquery()))


def _count(session: Session, key: str, since: datetime) -> int:
    wanted = (SignInTry.key_sha256 == key) & (SignInTry.at >= since)
    return session.scalar(select(func.count()).select_from(SignInTry).where(wanted)) or 0


def _one_at_a_time(session: Session, key: str) -> None:
    """Have parallel tries on PostgreSQL wait for each other; SQLite has one writer anyway."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(int(key[:15], 16))))


def _key(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
