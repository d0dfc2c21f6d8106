"""Rule 4, change: which version of each cell is shown, by what changed since the version last shown."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from exchange.domain.addresses import Array
from exchange.domain.policy import Policy

MOST_STAYS: Final = 4  # releases in a row in which a version may stay although some contributors changed


@dataclass(frozen=True, slots=True)
class Memory:
    """What is remembered of every cell of a measure that was ever shown, one array element a cell, sorted by key.

    `baseline` is the release whose contents its last version showed, `policy` the index of that version's policy in
    `policy_ids`, `stayed` for how many releases in a row it stayed although contributors had changed.
    """

    keys: Array  # i8, packed
    baseline: Array  # i4
    policy: Array  # i2
    stayed: Array  # i1
    shown: Array  # bool
    policy_ids: tuple[str, ...]

    @classmethod
    def empty(cls) -> "Memory":
        """Before the first release."""
        return cls(
            np.zeros(0, np.int64), np.zeros(0, np.int32), np.zeros(0, np.int16), np.zeros(0, np.int8),
            np.zeros(0, np.bool_), (),
        )  # fmt: skip

    @property
    def releases(self) -> list[int]:
        """The releases whose contents a cell may still be compared with."""
        return [int(release) for release in np.unique(self.baseline)]


@dataclass(frozen=True, slots=True)
class Decided:
    """What a release shows: keys of the cells with a new version, of those that come back as they were last shown (with
    their policies), of those withdrawn; and what is remembered from now on. All sorted."""

    new: Array
    back: Array
    withdrawn: Array
    memory: Memory

    def back_under(self, policy_id: str) -> Array:
        """The cells that come back as they were shown under a policy."""
        at = np.searchsorted(self.memory.keys, self.back)
        number = self.memory.policy_ids.index(policy_id)
        found: Array = self.back[self.memory.policy[at] == number]
        return found


def decide(
    memory: Memory, remaining: Array, changed: Array, policy: Policy, release: int, waiting: Array | None = None
) -> Decided:
    """Rule 4 for the cells that rules 2 and 3 leave (`remaining`, sorted keys).

    `changed` counts for each cell of the memory the contributors with other values than at its baseline. `waiting` are
    those of the remaining cells that a stricter policy gives no version of this release.
    """
    left = np.isin(memory.keys, remaining, assume_unique=True)
    quiet, enough = changed == 0, changed >= policy.fewest
    first = np.setdiff1d(remaining, memory.keys, assume_unique=True)
    if waiting is not None:
        first = np.setdiff1d(first, waiting, assume_unique=True)
        waits = np.isin(memory.keys, waiting, assume_unique=True)
        quiet, enough = quiet & ~waits, enough & ~waits  # as if some had changed, but fewer than k
    anew = left & enough
    back = left & ~memory.shown & quiet
    stays = left & memory.shown & ~quiet & ~enough
    stayed = np.where(stays, memory.stayed + 1, 0).astype(np.int8)
    stays &= stayed <= MOST_STAYS
    shown = anew | back | stays | (left & memory.shown & quiet)

    ids = memory.policy_ids if policy.policy_id in memory.policy_ids else (*memory.policy_ids, policy.policy_id)
    now = ids.index(policy.policy_id)
    keys = np.concatenate([memory.keys, first])
    order = np.argsort(keys, kind="stable")
    fresh = np.ones(len(first), np.bool_)

    def joined(held: Array, of_first: Array | int) -> Array:
        added = np.full(len(first), of_first, held.dtype) if np.isscalar(of_first) else of_first
        return np.concatenate([held, added])[order]

    remembered = Memory(
        keys[order],
        joined(np.where(anew, release, memory.baseline).astype(np.int32), release),
        joined(np.where(anew, now, memory.policy).astype(np.int16), now),
        joined(np.where(shown, stayed, 0).astype(np.int8), 0),
        joined(shown, fresh),
        ids,
    )
    return Decided(
        np.union1d(memory.keys[anew], first), memory.keys[back], memory.keys[memory.shown & ~shown], remembered
    )


def sweep(memory: Memory, qualifying: Array) -> tuple[Array, Memory]:
    """Rule 5, the daily sweep: shown cells that rule 2 does not allow any more are withdrawn; their keys, and the memory."""
    gone = memory.shown & ~np.isin(memory.keys, qualifying, assume_unique=True)
    stayed = np.where(gone, 0, memory.stayed).astype(np.int8)
    return memory.keys[gone], replace(memory, shown=memory.shown & ~gone, stayed=stayed)
