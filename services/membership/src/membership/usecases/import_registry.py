"""Import a public register: its rows become verified members, thousands at a time; a repeat changes nothing."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import islice
from typing import Any

from chassis.database import Database
from chassis.outbox import Outbox
from sqlalchemy.ext.asyncio import AsyncSession

from membership.adapters import facts, members
from membership.domain import identity
from membership.domain.errors import RuleBrokenError
from membership.domain.identity import Identity
from membership.domain.member import Member
from membership.domain.registries.row import Reader, Row
from membership.usecases.ids import new_id

ROWS_AT_A_TIME = 1_000


@dataclass(slots=True)
class Imported:
    """What became of the rows. `merged` went to a member that was there before or earlier in the list."""

    rows: int = 0
    joined: int = 0
    merged: int = 0
    unchanged: int = 0
    not_ours: int = 0
    refused: list[tuple[int, str]] = field(default_factory=list)
    members: dict[str, str] = field(default_factory=dict)

    def counts(self) -> dict[str, int]:
        """How many rows became what."""
        return {name: getattr(self, name) for name in ("rows", "joined", "merged", "unchanged", "not_ours")}

    def as_json(self) -> dict[str, Any]:
        """All of it; `members` gives for each entry of the register its member."""
        refused = [{"row": row, "reason": reason} for row, reason in self.refused]
        return {**self.counts(), "refused": refused, "members": self.members}


class ImportRegistry:
    """Reads rows and writes members, a transaction for each thousand rows."""

    def __init__(self, database: Database, outbox: Outbox) -> None:
        self._database = database
        self._outbox = outbox

    async def __call__(self, read: Reader, rows: Iterable[Mapping[str, str]], verified_on: date) -> Imported:
        """`verified_on` is the day on which the register was matched."""
        result = Imported()
        remaining = iter(rows)
        while chunk := list(islice(remaining, ROWS_AT_A_TIME)):
            good = self._read(read, chunk, result)
            async with self._database.transaction() as session:
                await _Chunk(session, self._outbox, verified_on).write(good, result)
        return result

    def _read(self, read: Reader, chunk: Sequence[Mapping[str, str]], result: Imported) -> list[tuple[int, Row]]:
        good = []
        for values in chunk:
            result.rows += 1
            try:
                row = read(values)
                if row is not None:
                    facts.state_of(Member.join("m", row.profile))  # what cannot be told cannot be a member
            except RuleBrokenError as why:
                result.refused.append((result.rows, str(why)))
                continue
            if row is None:
                result.not_ours += 1
            else:
                good.append((result.rows, row))
        return good


class _Chunk:
    """One transaction's worth of rows."""

    def __init__(self, session: AsyncSession, outbox: Outbox, verified_on: date) -> None:
        self._session = session
        self._outbox = outbox
        self._verified_on = verified_on
        self._now: dict[str, Member] = {}
        self._known: dict[tuple[str, str], str] = {}

    async def write(self, rows: Sequence[tuple[int, Row]], result: Imported) -> None:
        await members.begin_importing(self._session)
        marks = [identity.of_profile(row.profile) + identity.of_legal_name(row.profile) for _, row in rows]
        asked = sorted({mark for found in marks for mark in found})
        self._known = await members.find(self._session, asked)
        before = await members.load(self._session, self._known.values())
        self._now = dict(before)
        for (number, row), found in zip(rows, marks, strict=True):
            try:
                result.members[row.entry.id] = self._take(row, found, result)
            except RuleBrokenError as why:
                result.refused.append((number, str(why)))
        # However many rows went into a member, it changed once: that is one revision.
        added = [replace(m, revision=1) for key, m in self._now.items() if key not in before]
        saved = [
            replace(m, revision=before[key].revision + 1) for key, m in self._now.items() if before.get(key, m) != m
        ]
        await members.add(self._session, added)
        await members.save(self._session, saved)
        remembered = {m: self._known[m.kind, m.value] for m in asked if (m.kind, m.value) in self._known}
        await members.remember(self._session, remembered.items())
        await self._outbox.emit_many(self._session, [facts.state_of(member) for member in [*added, *saved]])

    def _take(self, row: Row, marks: Sequence[Identity], result: Imported) -> str:
        member_id = next((self._known[m.kind, m.value] for m in marks if (m.kind, m.value) in self._known), None)
        if member_id is None:
            member = Member.join(new_id("m"), row.profile, self._verified_on)
            result.joined += 1
        else:
            old = self._now[member_id]
            member = old.merge(row.profile, self._verified_on)
            result.unchanged += member == old
            result.merged += member != old
        self._now[member.member_id] = member
        for mark in marks:
            self._known.setdefault((mark.kind, mark.value), member.member_id)
        return member.member_id
