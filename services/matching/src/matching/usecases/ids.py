"""New ids: a word that says what it is of, and enough chance that no two are equal."""

import uuid


def new_id(prefix: str) -> str:
    """Such as `pr-8f14e45fceea167a5a36dedd4bea2543`."""
    return f"{prefix}-{uuid.uuid4().hex}"
