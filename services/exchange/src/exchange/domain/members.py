"""The members of one shard: who they are now, and who they were at the releases that cells are still shown as of."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from exchange.domain.addresses import Array
from exchange.domain.layout import KINDS, MEMBER, NEVER
from exchange.domain.names import Names


@dataclass(frozen=True, slots=True)
class MemberState:
    """One revision of a member. `digest` is the SHA-256 of its canonical JSON: the greater of two equals wins.

    `source` and `offset` say which record stated it; `known` is the first release that counted it, 0 for not known yet.
    """

    member_id: str
    revision: int
    digest: bytes
    kind: str
    active: bool
    verified_on: date | None
    source: str = ""
    offset: int = 0
    known: int = 0


@dataclass(frozen=True, slots=True)
class Noted:
    """What one state changed: what stands may change with the newest revision, what is stored with any."""

    number: int
    newest: bool


class Members:
    """Numbers for member ids, which may be known before they joined, and the states that are still needed."""

    def __init__(self) -> None:
        self.index: dict[str, int] = {}
        self.ids: list[str] = []
        self.names = Names()
        """The same numbers for compiled code."""
        self.records = np.zeros(256, MEMBER)
        self._states: dict[int, tuple[MemberState, ...]] = {}  # newest first
        self._count = 0

    def intern(self, member_id: str) -> int:
        """The number of a member. May run while a fold runs in another thread."""
        number = self.index.get(member_id)
        if number is None:
            number = self.index[member_id] = len(self.ids)
            self.ids.append(member_id)
            self.names.add(member_id.encode())
        return number

    def extend(self, count: int) -> None:
        """Give records to the first `count` interned members."""
        if count > len(self.records):
            larger = np.zeros(max(count, len(self.records) * 3 // 2), MEMBER)
            larger[: len(self.records)] = self.records
            self.records = larger
        if count > self._count:
            self.records[self._count : count] = (-1, NEVER, 0, 0, 0)
            self._count = count

    def states(self, number: int) -> tuple[MemberState, ...]:
        """The states kept of a member, newest first; none when it has not joined."""
        return self._states.get(number, ())

    def note(self, state: MemberState, releases: Iterable[int]) -> Noted | None:
        """Take in a state whose `known` is set; None when it changes nothing. The order of states leaves no trace."""
        number = self.index[state.member_id]
        held = self._states.get(number, ())
        kept = _needed(_merged(held, state), releases)
        if kept == held:
            return None
        self._keep(number, kept)
        return Noted(number, not held or _order(kept[0]) != _order(held[0]))

    def refer_to(self, releases: Iterable[int], counted: int) -> list[int]:
        """Only these releases are still referred to, and `counted` counted whatever is here; the members changed by it."""
        changed = []
        for number, held in self._states.items():
            if len(held) == 1 and held[0].known <= counted:
                continue
            kept = _needed([replace(s, known=min(s.known, counted)) for s in held], releases)
            if kept != held:
                changed.append((number, kept))
        for number, kept in changed:
            self._keep(number, kept)
        return [number for number, _ in changed]

    def at(self, release: int) -> Array:
        """MEMBER by number as a release knew them."""
        found = self.records.copy()
        for number in np.flatnonzero(found["known"] > release).tolist():
            state = next((s for s in self.states(number) if s.known <= release), None)
            found[number] = (-1, NEVER, 0, 0, 0) if state is None else _record(state)
        return found

    def _keep(self, number: int, kept: tuple[MemberState, ...]) -> None:
        self._states[number] = kept
        self.records[number] = _record(kept[0])


def _order(state: MemberState) -> tuple[int, bytes]:
    return state.revision, state.digest


def _record(state: MemberState) -> tuple[int, int, int, int, int]:
    verified = NEVER if state.verified_on is None else state.verified_on.toordinal()
    return state.revision, verified, state.known, KINDS.index(state.kind), int(state.active)


def _merged(held: tuple[MemberState, ...], state: MemberState) -> list[MemberState]:
    """With the new one in its place; a repeat counts from its first record on."""
    by_order: Mapping[tuple[int, bytes], list[MemberState]] = {_order(s): [s] for s in held}
    if same := by_order.get(_order(state)):
        first = min((same[0], state), key=lambda s: (s.known, s.source, s.offset))
        return [first if s is same[0] else s for s in held]
    return sorted([*held, state], key=_order, reverse=True)


def _needed(states: list[MemberState], releases: Iterable[int]) -> tuple[MemberState, ...]:
    """The newest, and of each release the newest that it knew."""
    needed = {0}
    for release in releases:
        needed |= {next((n for n, s in enumerate(states) if s.known <= release), 0)}
    return tuple(states[n] for n in sorted(needed))
