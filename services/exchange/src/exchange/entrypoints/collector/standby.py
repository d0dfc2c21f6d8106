"""Shards of an owner that has fallen silent, loaded ahead by the process that will get them.

The group needs six seconds to notice that an owner is dead. What it held is read and folded meanwhile; once the group has
dealt it to us, and the store still holds what was loaded, it is there at once. Nothing else rests on who is thought dead:
an owner that was only slow goes on, and what was loaded ahead is let go.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Final, NamedTuple, Protocol
from uuid import uuid4

from chassis.ending import end
from chassis.retry import reason_of

from chassis import logs
from exchange.adapters.owners import Beat, Owners
from exchange.usecases.collect import Owned

BEAT_S: Final = 0.5
_SILENT_S: Final = 1.5  # three beats; an owner that was only slow once is given twice as long
_TELL_S: Final = 0.5
_GONE_S: Final = 60.0  # by then the group has dealt its shards, whatever happened to it

log = logs.get(__name__)


class Loaded(NamedTuple):
    """A shard as the store holds it, and the newest release when it was loaded."""

    owned: Owned
    newest: int


class Mine(Protocol):
    """The shards of this process."""

    partitions: int
    owned: dict[int, Owned]
    waiting: set[int]


def dealt(members: Iterable[str], partitions: int) -> dict[str, range]:
    """Which partitions the group gives each of these members: by range, as `RangePartitionAssignor` does."""
    names = sorted(members)
    each, more = divmod(partitions, len(names) or 1)
    starts = [each * number + min(number, more) for number in range(len(names) + 1)]
    return {name: range(starts[number], starts[number + 1]) for number, name in enumerate(names)}


class Standby:
    """One process's. `load` reads a shard from the store; None where that holds nothing."""

    def __init__(self, owners: Owners, load: Callable[[int], Awaitable[Loaded | None]]) -> None:
        self._owners = owners
        self._load = load
        self._name = uuid4().hex
        self._said = 0
        self._looked = 0.0
        self._heard: dict[str, tuple[Beat, float]] = {}
        self._patience: dict[str, float] = {}
        self._silent: set[str] = set()
        self._ahead: dict[int, asyncio.Task[Loaded | None]] = {}

    async def look(self, member: str, mine: Mine) -> None:
        """Say what we own, hear the others, and load ahead what we shall get. Call it every BEAT_S."""
        await self._hear(await self._owners.everybody())
        if member:
            self._said += 1
            await self._owners.tell(self._name, Beat(member, sorted(mine.owned.keys() | mine.waiting), self._said))
        silent, living = self._apart()
        # Asked again: the group may have dealt while Redis was.
        wanted = wanted_of(silent, living, member, mine.partitions) - mine.owned.keys() - mine.waiting
        for partition in self._ahead.keys() - wanted - mine.waiting:
            self._let_go(partition)
        for partition in sorted(wanted - self._ahead.keys()):
            log.warning("owner silent: its shard is loaded ahead", partition=partition)
            self._ahead[partition] = asyncio.create_task(self._loaded(partition))

    async def take(self, partition: int, newest: int) -> Owned | None:
        """The shard, if it was loaded ahead and no release was made since. Whether the store still holds it is not known."""
        task = self._ahead.pop(partition, None)
        if task is None:
            return None
        try:
            await asyncio.wait([task])
        finally:
            task.cancel()  # where whoever waits is ended himself
        loaded = None if task.cancelled() else task.result()
        return None if loaded is None or loaded.newest != newest else loaded.owned

    async def leave(self) -> None:
        """Say that we have left: nobody needs to wait for us, or load anything ahead."""
        await end(*self._ahead.values())
        self._ahead, self._heard, self._silent = {}, {}, set()
        try:
            async with asyncio.timeout(_TELL_S):
                await self._owners.forget(self._name)
        except Exception as away:  # noqa: BLE001 - somebody loads our shards ahead for nothing
            log.debug("not said that we leave", reason=reason_of(away))

    async def _hear(self, told: Mapping[str, Beat]) -> None:
        now = time.monotonic()
        if now - self._looked > 2 * BEAT_S:  # we did not listen: who else fell silent meanwhile is not known
            self._heard = {name: held for name, held in self._heard.items() if name in self._silent}
        self._looked = now
        self._heard = {
            name: held if (held := self._heard.get(name)) is not None and held[0] == beat else (beat, now)
            for name, beat in told.items()
        }
        for name in [name for name, (_, at) in self._heard.items() if now - at > _GONE_S]:
            del self._heard[name]
            await self._owners.forget(name)

    def _apart(self) -> tuple[Sequence[Beat], Sequence[Beat]]:
        """Who is silent, and who lives."""
        now = time.monotonic()
        silent = {n for n, (_, at) in self._heard.items() if now - at > self._patience.get(n, _SILENT_S)}
        for name in (self._silent - silent) & self._heard.keys():
            self._patience[name] = 2 * self._patience.get(name, _SILENT_S)
        self._silent = silent
        self._patience = {name: seconds for name, seconds in self._patience.items() if name in self._heard}
        of = [(name in silent, beat) for name, (beat, _) in self._heard.items()]
        return [beat for is_silent, beat in of if is_silent], [beat for is_silent, beat in of if not is_silent]

    def _let_go(self, partition: int) -> None:
        self._ahead.pop(partition).cancel()
        log.info("shard loaded ahead is let go", partition=partition)

    async def _loaded(self, partition: int) -> Loaded | None:
        try:
            return await self._load(partition)
        except Exception as fault:  # noqa: BLE001 - whoever gets it loads it, and says what is wrong
            log.info("shard not loaded ahead", partition=partition, reason=reason_of(fault))
            return None


def wanted_of(silent: Sequence[Beat], living: Sequence[Beat], member: str, partitions: int) -> set[int]:
    """Of what the silent ones own and none of the living does, what the group will give to us."""
    orphaned = {number for beat in silent for number in beat.partitions}
    orphaned -= {number for beat in living for number in beat.partitions}
    ours = dealt({beat.member for beat in living}, partitions).get(member, range(0))
    return orphaned & set(ours)
