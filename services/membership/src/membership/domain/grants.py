"""What a member lets a partner do in its name."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Self

from membership.domain.errors import RuleBrokenError


@dataclass(frozen=True, slots=True)
class Grant:
    """The scopes that `partner` has for `member_id`; no scopes at all means that the grant was taken back."""

    partner: str
    member_id: str
    scopes: frozenset[str]
    revision: int

    def restate(self, scopes: frozenset[str]) -> Self:
        """The grant as the member states it now; saying the same again changes nothing."""
        if scopes == self.scopes:
            return self
        return replace(self, scopes=scopes, revision=self.revision + 1)


def check_scopes(asked: Iterable[str], allowed: frozenset[str], field: str = "scopes") -> frozenset[str]:
    """The asked scopes as a set, or the first one that is not among the allowed."""
    scopes = frozenset(asked)
    for scope in sorted(scopes - allowed):
        raise RuleBrokenError(field, f"'{scope}' is not one of {', '.join(sorted(allowed)) or 'none'}")
    return scopes
