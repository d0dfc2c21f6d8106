"""Draft an epoch: the number, policies and cutoffs of the next release, or of the next sweep of the last one."""

from datetime import UTC, date, datetime
from typing import Literal

from exchange.adapters.epochs import EpochRow, stamp
from exchange.domain.policy import Policies

Kind = Literal["release", "sweep"]


class NothingReleased(Exception):
    """There is no release yet, so there is nothing to sweep."""


def draft(newest: EpochRow | None, now: datetime, partitions: int, policies: Policies) -> EpochRow:
    """The next release: its number, the policies of the day, and cutoffs that never go back."""
    number = 1 if newest is None else newest.epoch + 1
    last = {} if newest is None else newest.cutoffs
    day = now.astimezone(UTC).date()
    in_force = policies.in_force(day, () if newest is None else newest.policies.values())
    cutoffs = {
        measure: policy.cutoff(day, date.fromisoformat(last[measure]) if measure in last else None).isoformat()
        for measure, policy in in_force.items()
    }
    return EpochRow(
        stamp=stamp(number, 0), epoch=number, serial=0, kind="release", state="drafted",
        policies={measure: policy.policy_id for measure, policy in in_force.items()},
        cutoffs=cutoffs, offsets={}, withdrawn=[], partitions=partitions, released_at=now,
    )  # fmt: skip


def draft_sweep(newest: EpochRow | None, now: datetime, partitions: int) -> EpochRow:
    """The next sweep of the last release, with that release's cutoffs and policies."""
    if newest is None:
        raise NothingReleased("nothing has been released yet")
    serial = newest.serial + 1
    return EpochRow(
        stamp=stamp(newest.epoch, serial), epoch=newest.epoch, serial=serial, kind="sweep", state="drafted",
        policies=newest.policies, cutoffs=newest.cutoffs, offsets={}, withdrawn=[], partitions=partitions,
        released_at=now,
    )  # fmt: skip
