"""The second factor: time-based codes, their sealed secrets, QR codes, recovery codes."""

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import pyotp
import segno
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from vcp.kernel.errors import Unavailable

STEP_S = 30
DIGITS = 6
#: Codes of the step before and the step after are taken too: phones' clocks differ.
SLACK_STEPS = 1
RECOVERY_CODES = 10
RECOVERY_BYTES = 10
QUIET_ZONE = 4


@dataclass(frozen=True)
class Qr:
    """A QR code as the outline of an SVG path on a square of `size` units."""

    size: int
    outline: str


def new_secret() -> str:
    """Return a new secret for an authenticator app, in base 32."""
    return pyotp.random_base32()


def is_secret(text: str) -> bool:
    """Say whether this is a secret of 80 bits or more in base 32."""
    try:
        return len(base64.b32decode(text + "=" * (-len(text) % 8))) >= RECOVERY_BYTES
    except binascii.Error:
        return False


def seal(keys: Sequence[str], text: str, purpose: str) -> bytes:
    """Return the text encrypted with the newest signing key, for one purpose only."""
    return _box(keys, purpose).encrypt(text.encode())


def unseal(keys: Sequence[str], sealed: bytes, purpose: str, most_age_s: int | None = None) -> str:
    """Return the text again; older signing keys still open it.

    Raises: Unavailable when no key opens it, or it is older than `most_age_s`.
    """
    try:
        return _box(keys, purpose).decrypt(sealed, ttl=most_age_s).decode()
    except InvalidToken as error:
        raise Unavailable(
            "The second factor can't be checked with this installation's signing keys. "
            "An administrator adds the older key to VCP_SECRET_KEYS, or resets the factor."
        ) from error


def step_of_code(secret: str, code: str, at: datetime) -> int | None:
    """Return the time step that this code belongs to; None when it is none of the current ones."""
    digits = "".join(code.split())
    if len(digits) != DIGITS or not (digits.isascii() and digits.isdigit()):
        return None
    generator, now = pyotp.TOTP(secret, digits=DIGITS, interval=STEP_S), int(at.timestamp())
    found = None
    for step in range(now // STEP_S - SLACK_STEPS, now // STEP_S + SLACK_STEPS + 1):
        # All are compared, so that the time taken says nothing.
        if hmac.compare_digest(generator.at(step * STEP_S), digits):
            found = step
    return found


def code_at(secret: str, at: datetime) -> str:
    """Return the code that an authenticator app shows at that moment."""
    return pyotp.TOTP(secret, digits=DIGITS, interval=STEP_S).at(int(at.timestamp()))


def app_address(secret: str, email: str, force_name: str) -> str:
    """Return what the QR code says to an authenticator app."""
    return pyotp.TOTP(secret, digits=DIGITS, interval=STEP_S).provisioning_uri(
        name=email, issuer_name=force_name
    )


def qr(text: str) -> Qr:
    """Return the QR code of a text, one path for one colour, with its quiet zone."""
    made = segno.make(text, error="m", micro=False)
    outline = "".join(
        f"M{x} {y}h1v1h-1z"
        for y, row in enumerate(made.matrix_iter(border=QUIET_ZONE))
        for x, is_dark in enumerate(row)
        if is_dark
    )
    return Qr(int(made.symbol_size(border=QUIET_ZONE)[0]), outline)


def spaced(secret: str) -> str:
    """Return a secret in groups of four, to be typed by hand."""
    return " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))


def new_recovery_codes() -> list[str]:
    """Return ten codes of 80 random bits, each in four groups of four."""
    raw = (secrets.token_bytes(RECOVERY_BYTES) for _ in range(RECOVERY_CODES))
    plain = (base64.b32encode(code).decode().lower() for code in raw)
    return ["-".join(code[start : start + 4] for start in range(0, 16, 4)) for code in plain]


def recovery_hash(actor_id: str, code: str) -> str:
    """Return what is stored of a recovery code: 80 random bits need no slow hash."""
    plain = "".join(letter for letter in code.casefold() if letter.isalnum())
    return hashlib.sha256(f"{actor_id}:{plain}".encode()).hexdigest()


def _box(keys: Sequence[str], purpose: str) -> MultiFernet:
    return MultiFernet([Fernet(_derived(key, purpose)) for key in keys])


def _derived(key: str, purpose: str) -> bytes:
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=f"vcp {purpose}".encode())
    return base64.urlsafe_b64encode(derived.derive(key.encode()))
