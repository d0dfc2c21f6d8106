"""Count: how many needs and proposals there are in each state, for whoever watches."""

import asyncio
from typing import get_args

from chassis.database import Database
from chassis.retry import reason_of
from sqlalchemy import Table, func, select

from chassis import logs
from matching.adapters import metrics
from matching.adapters.tables import NEED, PROPOSAL
from matching.domain.need import NeedState
from matching.domain.proposal import ProposalState

EVERY_S = 15.0
_COUNTED = (
    (NEED, metrics.NEEDS, get_args(NeedState)),
    (PROPOSAL, metrics.PROPOSALS, get_args(ProposalState)),
)

log = logs.get(__name__)


async def keep_counting(database: Database) -> None:
    """Refresh the gauges again and again, until cancelled."""
    while True:
        try:
            for table, gauge, states in _COUNTED:
                counts = await _by_state(database, table)
                for state in states:
                    gauge.labels(state).set(counts.get(state, 0))
        except Exception as away:  # noqa: BLE001 - the database comes back; a gauge that is late harms nobody
            log.warning("not counted", reason=reason_of(away))
        await asyncio.sleep(EVERY_S)


async def _by_state(database: Database, table: Table) -> dict[str, int]:
    async with database.session() as session:
        rows = await session.execute(select(table.c.state, func.count().label("number")).group_by(table.c.state))
        return {row.state: row.number for row in rows}
