"""The event that a message is about: its identity, and what lets its trace be followed through the message."""

from dataclasses import dataclass, field
from hashlib import sha256


@dataclass(frozen=True, slots=True)
class Cause:
    """An event is identified by source and id together; `origin` has its correlation and trace, if any."""

    source: str
    id: str
    origin: dict[str, str] = field(default_factory=dict)

    def name(self, *parts: str) -> str:
        """A name that is always the same for this cause and these parts, and for no others."""
        return sha256("\x00".join((self.source, self.id, *parts)).encode()).hexdigest()[:32]
