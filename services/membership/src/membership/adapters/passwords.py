"""Client secrets: made at random, shown once, kept as a salted scrypt hash."""

import asyncio
import base64
import hashlib
import hmac
import secrets

# 16 MiB and about 50 ms a guess; a client asks for a token once an hour.
_N, _R, _P = 2**14, 8, 1


def new_secret() -> str:
    """A secret of 256 random bits."""
    return secrets.token_urlsafe(32)


async def hashed(secret: str) -> str:
    """`scrypt$salt$hash`, computed beside the event loop."""
    salt = secrets.token_bytes(16)
    return f"scrypt${_text(salt)}${_text(await asyncio.to_thread(_derive, secret, salt))}"


async def matches(secret: str, stored: str) -> bool:
    """Whether the secret is the one whose hash was stored."""
    _, salt, expected = stored.split("$")
    derived = await asyncio.to_thread(_derive, secret, base64.b64decode(salt))
    return hmac.compare_digest(derived, base64.b64decode(expected))


def _derive(secret: str, salt: bytes) -> bytes:
    return hashlib.scrypt(secret.encode(), salt=salt, n=_N, r=_R, p=_P)


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
