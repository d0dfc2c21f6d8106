"""Released cells for readers: immutable within a stamp, so each process holds them in memory; Redis hands them on.

PostgreSQL is the truth. What Redis holds of a stamp is counted and summed up, and taken only when both are right.
"""

import asyncio
import zlib
from collections.abc import Mapping
from itertools import islice
from typing import Any, Final
from uuid import uuid4

import msgspec
from chassis.retry import reason_of
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from chassis import logs
from exchange.adapters import metrics
from exchange.adapters.epochs import EpochRow, Epochs, ReleasedCell

_CURRENT: Final = "exchange:released"
_FOLLOW_S: Final = 0.2
_CELLS_A_BLOCK: Final = 500
_BLOCKS_AT_ONCE: Final = 10
_KEPT_S: Final = 3_600  # the cells of an older stamp, for readers that are just loading them

log = logs.get(__name__)


class ShownCell(msgspec.Struct, frozen=True):
    """What is shown of one cell: its policy, the epoch that its version is from, and its numbers."""

    policy_id: str
    since: int
    body: dict[str, Any]


class _Spelled(msgspec.Struct, frozen=True):
    """A ShownCell whose numbers are JSON already."""

    policy_id: str
    since: int
    body: msgspec.Raw


class _Whole(msgspec.Struct, frozen=True):
    """What a stamp's blocks of cells in Redis must amount to, in whatever order they come."""

    blocks: int
    sum: int

    def and_block(self, name: bytes, raw: bytes) -> "_Whole":
        """With one more block."""
        return _Whole(self.blocks + 1, self.sum + zlib.crc32(raw, zlib.crc32(name)))


class Shown:
    """Everything that is shown at one stamp; `cutoffs` are those of every release, by its number."""

    def __init__(
        self, epoch: EpochRow | None, cells: Mapping[str, bytes], cutoffs: Mapping[int, Mapping[str, str]]
    ) -> None:
        self.epoch = epoch
        self.cells = cells
        self.cutoffs = cutoffs

    def __contains__(self, cell: str) -> bool:
        return cell in self.cells

    def __getitem__(self, cell: str) -> ShownCell:
        """Raises KeyError."""
        return _decode(self.cells[cell])


_decode = msgspec.json.Decoder(ShownCell).decode
_block = msgspec.msgpack.Decoder(dict[str, bytes]).decode


class ReleasedCells:
    """The reader's memory. `follow` switches it to each new stamp; nobody reads a cell from two stamps at once."""

    def __init__(self, redis: Redis, epochs: Epochs) -> None:
        self._redis = redis
        self._epochs = epochs
        self._switching = asyncio.Lock()
        self.shown = Shown(None, {}, {})
        self.loaded = False

    @staticmethod
    def _key(stamp: int) -> str:
        return f"exchange:released:{stamp}"

    async def publish(self, row: EpochRow) -> None:
        """Show a published epoch here, put its cells into Redis and point readers at it; not when a later one is shown."""
        async with self._switching:
            before = self.shown
            if before.epoch is not None and before.epoch.stamp > row.stamp:
                return
            await self._switch(row, await self._from_database(row))
            await self._hand_on(row, before)

    async def follow(self) -> None:
        """Load each new stamp as it is pointed at; heal Redis from PostgreSQL when it lost it. Runs until cancelled."""
        while True:
            try:
                await self.catch_up()
            except Exception as away:  # noqa: BLE001 - readers go on with what they hold
                log.warning("released cells not loaded", reason=reason_of(away))
                await asyncio.sleep(1)
            await asyncio.sleep(_FOLLOW_S)

    async def catch_up(self) -> None:
        """Switch to what Redis points at, if that is newer than what is held."""
        current = await self._current()
        held = 0 if self.shown.epoch is None else self.shown.epoch.stamp
        if current is not None and current <= held and self.loaded:
            return
        newest = await self._epochs.newest()
        if newest is None:
            self.loaded = True
            return
        if current is None or current < newest.stamp:
            await self.publish(newest)
        elif newest.stamp != held:
            async with self._switching:
                if self.shown.epoch is None or self.shown.epoch.stamp < newest.stamp:
                    await self._switch(newest, await self._from_redis(newest) or await self._from_database(newest))
        self.loaded = True

    async def _current(self) -> int | None:
        try:
            current = await self._redis.get(_CURRENT)
            return None if current is None else int(current)
        except (ResponseError, ValueError):  # not what was put there: it is put there again
            await self._redis.unlink(_CURRENT)
            return None

    # -- loading ------------------------------------------------------------------------------------------------

    async def _switch(self, row: EpochRow, cells: Mapping[str, bytes]) -> None:
        cutoffs = {epoch.epoch: epoch.cutoffs for epoch in await self._epochs.published() if epoch.serial == 0}
        self.shown = Shown(row, cells, cutoffs)
        metrics.EPOCH.set(row.epoch)
        for measure in row.cutoffs:
            metrics.CELLS_SHOWN.labels(measure).set(sum(name.startswith(f"{measure}|") for name in cells))

    async def _from_database(self, row: EpochRow) -> dict[str, bytes]:
        """From what is held when this is the next epoch after it, else all of it anew."""
        held = self.shown.epoch
        if held is None or await self._epochs.stamp_before(row) != held.stamp:
            return {cell.cell: _encode(cell) async for cell in self._epochs.shown(row.stamp)}
        cells = dict(self.shown.cells)
        for name in row.withdrawn:
            cells.pop(name, None)
        async for some in self._epochs.staged(row):
            cells |= {cell.cell: _encode(cell) for cell in some}
        return cells

    async def _from_redis(self, row: EpochRow) -> dict[str, bytes] | None:
        """The cells that Redis holds for a stamp; None when it does not hold all of them as they were put there."""
        cells: dict[str, bytes] = {}
        whole, found = None, _Whole(0, 0)
        try:
            async for name, raw in self._redis.hscan_iter(self._key(row.stamp), count=_BLOCKS_AT_ONCE):
                if name:
                    found = found.and_block(name, raw)
                    cells |= _block(raw)
                else:
                    whole = msgspec.json.decode(raw, type=_Whole)
        except (ResponseError, msgspec.DecodeError):
            whole = None
        if whole == found:
            return cells
        log.warning("released cells in Redis are not whole", epoch=row.epoch, serial=row.serial)
        await self._redis.unlink(self._key(row.stamp), _CURRENT)  # whoever notices next puts them there again
        return None

    # -- handing on ---------------------------------------------------------------------------------------------

    async def _hand_on(self, row: EpochRow, before: Shown) -> None:
        """Put what is shown now into Redis, in blocks of cells: one by one they would cost each side ten times as much."""
        key = self._key(row.stamp)
        building = f"{key}:building:{uuid4().hex}"  # several processes may heal the same stamp at once
        cells, whole = iter(self.shown.cells.items()), _Whole(0, 0)
        pending: dict[Any, Any] = {}
        while some := dict(islice(cells, _CELLS_A_BLOCK)):
            name, raw = b"%d" % whole.blocks, msgspec.msgpack.encode(some)
            whole = whole.and_block(name, raw)
            pending[name] = raw
            if len(pending) >= _BLOCKS_AT_ONCE:
                await self._redis.hset(building, mapping=pending)
                pending = {}
        pending[b""] = msgspec.json.encode(whole)
        await self._redis.hset(building, mapping=pending)
        await self._redis.rename(building, key)
        await self._redis.set(_CURRENT, str(row.stamp))
        if before.epoch is not None and before.epoch.stamp != row.stamp:
            await self._redis.expire(self._key(before.epoch.stamp), _KEPT_S)


def _encode(cell: ReleasedCell) -> bytes:
    return msgspec.json.encode(_Spelled(cell.policy_id, cell.since, msgspec.Raw(cell.body.encode())))
