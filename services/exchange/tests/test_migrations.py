"""A database that has been worked with is brought to the newest shape with everything that is in it."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from chassis.database import Database
from chassis.migrations import upgrade_async
from exchange.adapters.epochs import Epochs
from exchange.adapters.generations import Generation, Generations
from exchange.migrate import ROOT
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

NOW = datetime(2026, 7, 1, tzinfo=UTC)
CELL = "pay|metro:PA:49620|tech_a|*|*|*"
NUMBERS = {"contributors": "5_9", "percentiles": {"p50": "31.25"}, "intervals": {}}
# As they were after migration 0003.
EPOCH = """INSERT INTO epoch (stamp, epoch, serial, kind, state, policies, cutoffs, offsets, withdrawn, partitions, released_at)
VALUES (:epoch * 10000, :epoch, 0, 'release', :state, '{}', '{}', '{}', '[]', 6, :now)"""
RELEASED = """INSERT INTO released_cell (cell, since, until, measure, policy_id, body)
VALUES (:cell, 10000, NULL, 'pay', 'pay-2026', CAST(:body AS jsonb))"""
GENERATION = """INSERT INTO generation (number, state, partitions, told, counted, started_at)
VALUES (:number, :state, 6, '{}', '{}', :now)"""


async def execute(dsn: str, *statements: tuple[str, dict[str, Any]]) -> list[Any]:
    """What the last of them found."""
    engine = create_async_engine(dsn)
    async with engine.begin() as connection:
        found = [await connection.execute(text(statement), values) for statement, values in statements]
        rows = found[-1].all() if found[-1].returns_rows else []
    await engine.dispose()
    return list(rows)


async def test_a_worked_with_database_keeps_its_epochs_cells_and_generation(postgres: Callable[[], str]) -> None:
    dsn = postgres()
    await upgrade_async(ROOT, dsn, "0003")
    await execute(
        dsn,
        (EPOCH, {"epoch": 1, "state": "published", "now": NOW}),
        (EPOCH, {"epoch": 2, "state": "prepared", "now": NOW}),
        (RELEASED, {"cell": CELL, "body": json.dumps(NUMBERS)}),
        (GENERATION, {"number": 1, "state": "left", "now": NOW}),
        (GENERATION, {"number": 2, "state": "serving", "now": NOW}),
    )

    await upgrade_async(ROOT, dsn)

    database = Database(dsn)
    try:
        assert await Generations(database).serving(6) == Generation(2, 6, ("pay", "technician-pay"), {})
        shown = [cell async for cell in Epochs(database).shown(10_000)]
    finally:
        await database.close()
    (cell,) = shown
    assert (cell.cell, cell.policy_id, cell.since) == (CELL, "pay-2026", 1)
    assert json.loads(cell.body) == NUMBERS
    assert (": " in cell.body, ", " in cell.body) == (False, False)  # spelled as a release of now spells it
    epochs = await execute(dsn, ("SELECT epoch, told, last FROM epoch ORDER BY epoch", {}))
    assert [tuple(row) for row in epochs] == [(1, None, {}), (2, "", {})]
