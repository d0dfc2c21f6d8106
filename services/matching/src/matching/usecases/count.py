"""Count: how many needs and proposals there are in each state, for whoever watches."""

import asyncio

from chassis.database import Database
from chassis.retry import reason_of
from sqlalchemy import Table, func, select

from chassis import logs
from matching.adapters import metrics
from matching.adapters.tables import NEED, PROPOSAL

EVERY_S = 15.0

log = logs.get(__name__)


async def keep_counting(database: Database) -> None:
    """Refresh the gauges again and again, until cancelled."""
    while True:
        try:
            for table, gauge in ((NEED, metrics.NEEDS), (PROPOSAL, metrics.PROPOSALS)):
                for state, count in (await _by_state(database, table)).items():
                    gauge.labels(state).set(count)
        except Exception as away:  # noqa: BLE001 - the database comes back; a gauge that is late harms nobody
            log.warning("not counted", reason=reason_of(away))
        await asyncio.sleep(EVERY_S)


async def _by_state(database: Database, table: Table) -> dict[str, int]:
    async with database.session() as session:
        rows = await session.execute(select(table.c.state, func.count().label("number")).group_by(table.c.state))
        return {row.state: row.number for row in rows}
