"""The short code that tells which question a reply is about: four digits, none of two open questions the same."""

from collections.abc import Container
from hashlib import sha256

FIRST, COUNT = 1000, 9000


def short_code(question: str, taken: Container[str]) -> str:
    """A code for this question that is not taken: the same one for the same question, where it is free."""
    start = int.from_bytes(sha256(question.encode()).digest()[:4], "big") % COUNT
    for step in range(COUNT):
        code = str(FIRST + (start + step) % COUNT)
        if code not in taken:
            return code
    raise LookupError("no short code is free")
