"""What every event has in common, and the one error that says why something is not one."""

from __future__ import annotations

import json
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict


class Refused(ValueError):
    """Input that is not what the contract says: which field, and what is wrong with it, in one line."""

    def __init__(self, field: str, problem: str) -> None:
        self.field = one_line(field)
        self.problem = one_line(problem)
        super().__init__(f"{self.field}: {self.problem}")

    def __reduce__(self) -> tuple[type[Refused], tuple[str, str]]:
        return Refused, (self.field, self.problem)

    def within(self, prefix: str) -> Refused:
        """Return the same refusal, its field seen from one level further out."""
        return Refused(f"{prefix}.{self.field}", self.problem) if prefix else self


class Fact(BaseModel):
    """A value object inside an event: immutable, and deaf to fields that a newer writer may have added."""

    model_config = ConfigDict(
        frozen=True,
        extra="ignore",
        validate_by_name=True,
        validate_by_alias=True,
        serialize_by_alias=True,
        hide_input_in_errors=True,
    )


class Event(Fact):
    """One fact on one topic. Subclasses name their topic and the field that is its Kafka key."""

    topic: ClassVar[str]
    key_field: ClassVar[str | None] = None

    def key(self) -> str:
        """Return the value of the topic's key field; an empty string where the topic has no key."""
        return str(getattr(self, self.key_field)) if self.key_field else ""

    def canonical(self) -> bytes:
        """Return the JSON that is published: what was set, keys sorted, no spaces, ASCII only."""
        return canonical_json(self.model_dump(mode="json", by_alias=True, exclude_unset=True))


def canonical_json(value: Any) -> bytes:
    """Return the one spelling of a JSON value that hashes and comparisons are made over."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False).encode("ascii")


def one_line(text: str, limit: int = 600) -> str:
    """Return text that is safe to print, log and send in a header: printable, on one line, not endless."""
    safe = "".join(
        c if c.isprintable() else c.encode("unicode_escape", "backslashreplace").decode("ascii")
        for c in text[: limit + 1]
    )
    return safe if len(safe) <= limit else safe[: limit - 3] + "..."


def shown(value: object, limit: int = 60) -> str:
    """Return a short picture of a value for an error message, quoted as Python quotes it."""
    if isinstance(value, (dict, list, tuple)):
        return "an object" if isinstance(value, dict) else "a list"
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, int) and value.bit_length() > 256:  # its decimal text may not even be allowed
        return "a huge integer"
    text = repr(value[: limit + 1]) if isinstance(value, str) else repr(value)
    text = (
        text.encode("ascii", "backslashreplace").decode("ascii")
        if any("\ud800" <= c <= "\udfff" for c in text)
        else text
    )
    return text if len(text) <= limit else text[: limit - 3] + "..."
