"""How often a password or code may be tried: counted for each account and each network address.

Kept in the database, so that it holds over several processes and with Valkey stopped. Accounts
that don't exist are counted like those that do, so that the answer says nothing.
"""

import hashlib
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
    session.execute(delete(SignInTry).where(SignInTry.at < since))
    session.add_all(SignInTry(key_sha256=key, at=clock.now()) for key in limits)
    session.flush()


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
