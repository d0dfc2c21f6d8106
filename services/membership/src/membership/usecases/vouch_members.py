"""Vouch for members: somebody says of many of them since when they are known to be who they say."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from chassis.database import Database
from chassis.outbox import Outbox

from membership.adapters import facts, members
from membership.domain.errors import RuleBrokenError, UnknownMemberError
from membership.domain.member import Member

MEMBERS_AT_A_TIME = 500


@dataclass(slots=True)
class Vouched:
    """How many were changed by it, and who was refused and why."""

    changed: int = 0
    refused: list[tuple[str, str]] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """All of it."""
        refused = [{"member_id": member_id, "reason": reason} for member_id, reason in self.refused]
        return {"changed": self.changed, "refused": refused}


class VouchMembers:
    """Changes members, a transaction for some hundred at a time."""

    def __init__(self, database: Database, outbox: Outbox) -> None:
        self._database = database
        self._outbox = outbox

    async def __call__(self, days: Sequence[tuple[str, date]]) -> Vouched:
        """By member the day; the earliest ever said counts, so that saying it again changes nothing."""
        result = Vouched()
        for start in range(0, len(days), MEMBERS_AT_A_TIME):
            await self._some(days[start : start + MEMBERS_AT_A_TIME], result)
        return result

    async def _some(self, days: Sequence[tuple[str, date]], result: Vouched) -> None:
        async with self._database.transaction() as session:
            before = await members.load(session, [member_id for member_id, _ in days])
            now = dict(before)
            for member_id, day in days:
                try:
                    now[member_id] = _vouched(now.get(member_id), member_id, day)
                except RuleBrokenError as why:
                    result.refused.append((member_id, str(why)))
            # Said twice in one go, it is one change.
            changed = [replace(m, revision=before[i].revision + 1) for i, m in now.items() if m != before[i]]
            await members.save(session, changed)
            await self._outbox.emit_many(session, [facts.state_of(member) for member in changed])
        result.changed += len(changed)


def _vouched(member: Member | None, member_id: str, day: date) -> Member:
    if member is None:
        raise UnknownMemberError(member_id)
    return member.confirm(day) if member.profile.kind == "technician" else member.verify(day)
