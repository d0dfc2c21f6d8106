"""The port to whoever carries texts: hand one over, hear what became of it, hear what people write back."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from notifications.domain.sending import Outcome


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of one part: `state` is `delivered` or `failed`. Where the receipt names the part in another form of
    the number than the submission did, `ids` has all forms that it may have."""

    ids: tuple[str, ...]
    phone: str
    state: str
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Inbound:
    """A text from a person. `identity` is the carrier's name for it; None where the carrier gives it none."""

    phone: str
    text: str
    identity: str | None = None


OnReceipt: TypeAlias = Callable[[Receipt], Awaitable[None]]
OnInbound: TypeAlias = Callable[[Inbound], Awaitable[None]]


class Texter(Protocol):
    """A carrier of texts. What it tells is acknowledged to it once the callback has returned, and told again otherwise."""

    async def start(self, on_receipt: OnReceipt, on_inbound: OnInbound) -> None:
        """Begin; returns at once, whether or not the carrier is there."""

    async def hand_over(self, phone: str, text: str) -> Outcome:
        """Send a text, in as many parts as it takes. Cancelled, the outcome is unknown."""

    async def stop(self) -> None:
        """End what is in hand."""
