"""Released cells for readers: immutable within a stamp, so each process holds them in memory; Redis hands them on."""

import asyncio
from typing import Any, Final
from uuid import uuid4

import msgspec
from chassis.retry import reason_of
from redis.asyncio import Redis

from chassis import logs
from exchange.adapters import metrics
from exchange.adapters.epochs import EpochRow, Epochs

_CURRENT: Final = "exchange:released"
_FOLLOW_S: Final = 0.2
_FIELDS_AT_ONCE: Final = 2_000
_KEPT_S: Final = 3_600  # the cells of an older stamp, for readers that are just loading them

log = logs.get(__name__)


class ShownCell(msgspec.Struct, frozen=True):
    """What is shown of one cell."""

    policy_id: str
    body: dict[str, Any]


class Shown(msgspec.Struct, frozen=True):
    """Everything that is shown at one stamp."""

    epoch: EpochRow | None
    cells: dict[str, ShownCell]


class ReleasedCells:
    """The reader's memory. `follow` switches it to each new stamp; nobody reads a cell from two stamps at once."""

    def __init__(self, redis: Redis, epochs: Epochs) -> None:
        self._redis = redis
        self._epochs = epochs
        self._decode = msgspec.json.Decoder(ShownCell).decode
        self.shown = Shown(None, {})
        self.loaded = False

    @staticmethod
    def _key(stamp: int) -> str:
        return f"exchange:released:{stamp}"

    async def publish(self, row: EpochRow) -> None:
        """Put a published epoch's cells into Redis and point readers at it."""
        key = self._key(row.stamp)
        building = f"{key}:building:{uuid4().hex}"  # several processes may heal the same stamp at once
        fields: dict[Any, Any] = {"": b"{}"}  # so that an epoch without cells exists too
        async for cell in self._epochs.shown(row.stamp):
            fields[cell.cell] = msgspec.json.encode(ShownCell(cell.policy_id, cell.body))
            if len(fields) >= _FIELDS_AT_ONCE:
                await self._redis.hset(building, mapping=fields)
                fields = {}
        if fields:
            await self._redis.hset(building, mapping=fields)
        await self._redis.rename(building, key)
        before = await self._redis.getset(_CURRENT, str(row.stamp))
        if before is not None and int(before) != row.stamp:
            await self._redis.expire(self._key(int(before)), _KEPT_S)

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
        current = await self._redis.get(_CURRENT)
        held = 0 if self.shown.epoch is None else self.shown.epoch.stamp
        if current is not None and int(current) <= held and self.loaded:
            return
        newest = await self._epochs.newest()
        if newest is None:
            self.loaded = True
            return
        if current is None or int(current) < newest.stamp:
            await self.publish(newest)
        if newest.stamp != held:
            await self._load(newest)
        self.loaded = True

    async def _load(self, row: EpochRow) -> None:
        cells = await self._read(row.stamp)
        if cells is None:  # the pointer outlived what it points at
            await self.publish(row)
            cells = await self._read(row.stamp)
        if cells is None:
            raise LookupError(f"released cells of {row.epoch}.{row.serial}: were lost while they were read")
        self.shown = Shown(row, cells)
        metrics.EPOCH.set(row.epoch)
        for measure in row.cutoffs:
            metrics.CELLS_SHOWN.labels(measure).set(sum(name.startswith(f"{measure}|") for name in cells))

    async def _read(self, stamp: int) -> dict[str, ShownCell] | None:
        """The cells that Redis holds for a stamp; None when it holds no such epoch."""
        cells: dict[str, ShownCell] = {}
        found = False
        async for name, raw in self._redis.hscan_iter(self._key(stamp), count=2_000):
            if name:
                cells[name.decode()] = self._decode(raw)
            else:
                found = True
        return cells if found else None
