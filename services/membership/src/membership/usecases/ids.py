"""The ids that membership gives."""

import secrets


def new_id(prefix: str) -> str:
    """An opaque id: 64 random bits, short because the exchange keeps it in memory once a contribution."""
    return f"{prefix}-{secrets.token_hex(8)}"
