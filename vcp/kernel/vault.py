"""Sealing of credentials to a public key; only the processes with the private key open them.

HPKE (RFC 9180): X25519, HKDF-SHA256, ChaCha20-Poly1305. The channel's id is bound in, so that
a sealed credential moved to another row does not open.
"""

import json
from collections.abc import Mapping
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from vcp.kernel.errors import Unavailable

SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)
PUBLIC_FILE = "vault.pub"
PRIVATE_FILE = "vault.key"


def make_keys(instance: Path) -> None:
    """Make the pair of key files where there are none; the private one is for its owner only."""
    private_file = instance / PRIVATE_FILE
    if (instance / PUBLIC_FILE).exists():
        return
    instance.mkdir(parents=True, exist_ok=True)
    key = X25519PrivateKey.generate()
    private_file.touch(mode=0o600)
    private_file.write_bytes(key.private_bytes_raw())
    (instance / PUBLIC_FILE).write_bytes(key.public_key().public_bytes_raw())


def seal(instance: Path, bound_to: str, secrets: Mapping[str, str]) -> bytes:
    """Return the secrets sealed to the public key and bound to one channel.

    Raises: Unavailable when there is no public key in the instance folder.
    """
    try:
        raw = (instance / PUBLIC_FILE).read_bytes()
    except OSError as error:
        raise Unavailable("There is no vault key. Run `vcp db upgrade`, which makes it.") from error
    public = X25519PublicKey.from_public_bytes(raw)
    return SUITE.encrypt(json.dumps(dict(secrets)).encode(), public, info=bound_to.encode())


def open_sealed(instance: Path, bound_to: str, sealed: bytes) -> dict[str, str]:
    """Return the secrets; for publisher and ingest, which have the private key.

    Raises: Unavailable when the private key is missing or another key or channel sealed this.
    """
    try:
        raw = (instance / PRIVATE_FILE).read_bytes()
        key = X25519PrivateKey.from_private_bytes(raw)
        opened: dict[str, str] = json.loads(SUITE.decrypt(sealed, key, info=bound_to.encode()))
    except (OSError, InvalidTag, ValueError) as error:
        raise Unavailable(
            "The credentials of this channel can't be opened with this installation's vault key. "
            "Connect the channel again."
        ) from error
    return opened
