"""Who submits an event, on whichever way it came."""

from dataclasses import dataclass

from chassis.tokens import Caller


@dataclass(frozen=True, slots=True)
class Submitter:
    """A partner, a member's own system, or an operator (neither). `token_scopes` is None where no token was shown."""

    name: str
    partner: str | None = None
    member_id: str | None = None
    token_scopes: frozenset[str] | None = None

    @classmethod
    def of_partner(cls, partner: str) -> "Submitter":
        """A partner on its own topic: Kafka's ACLs have seen to it that nobody else writes there."""
        return cls(f"partner:{partner}", partner=partner)

    @classmethod
    def of_caller(cls, caller: Caller) -> "Submitter":
        """Whoever shows a token over HTTP."""
        if caller.partner:
            return cls(f"partner:{caller.partner}", caller.partner, None, caller.scopes)
        if caller.member_id:
            return cls(f"member:{caller.member_id}", None, caller.member_id, caller.scopes)
        return cls(f"client:{caller.subject}", None, None, caller.scopes)
