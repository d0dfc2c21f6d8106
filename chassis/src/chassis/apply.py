"""Applying one partition's part of a batch: one transaction, in which a record that cannot be applied stands alone."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from aiokafka import ConsumerRecord
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.database import Database
from chassis.dead_letters import Rejection
from chassis.retry import never_applicable, reason_of

Record: TypeAlias = ConsumerRecord[Any, Any]
# Applies records in the session's transaction; returns those that it refuses itself. Raising fails all of them.
Apply: TypeAlias = Callable[[Sequence[Record], AsyncSession], Awaitable[Iterable[Rejection] | None]]


@dataclass(slots=True)
class Outcome:
    """What became of the records: those before `failed` are done, applied or rejected."""

    applied: int = 0
    rejected: list[Rejection] = field(default_factory=list)
    failed: Record | None = None
    fault: Exception | None = None


async def apply_records(
    records: Sequence[Record], apply: Apply, database: Database, attempts_of: Callable[[Record], int]
) -> Outcome:
    """All at once where nothing goes wrong; else one by one, each in a savepoint, up to the first fault that may pass.

    `apply` may run twice for a record, the first run being rolled back: it writes to the session only,
    or to what takes a repeat.
    """
    try:
        async with database.transaction() as session:
            rejected = list(await apply(records, session) or ())
        return Outcome(len(records) - len(rejected), rejected)
    except Exception as fault:  # noqa: BLE001 - whatever it is, it must not reach FastStream, which would drop the batch
        if len(records) == 1:
            return _judged(Outcome(), records[0], fault, attempts_of)
    return await _one_by_one(records, apply, database, attempts_of)


async def _one_by_one(
    records: Sequence[Record], apply: Apply, database: Database, attempts_of: Callable[[Record], int]
) -> Outcome:
    outcome = Outcome()
    try:
        async with database.transaction() as session:
            for record in records:
                try:
                    async with session.begin_nested():
                        rejected = list(await apply([record], session) or ())
                except Exception as fault:  # noqa: BLE001 - as above
                    _judged(outcome, record, fault, attempts_of)
                    if outcome.failed is not None:
                        break
                else:
                    outcome.rejected.extend(rejected)
                    outcome.applied += 1 - len(rejected)
    except Exception as fault:  # noqa: BLE001 - the transaction itself failed: none of them is applied
        return Outcome(failed=records[0], fault=fault)
    return outcome


def _judged(outcome: Outcome, record: Record, fault: Exception, attempts_of: Callable[[Record], int]) -> Outcome:
    attempts = attempts_of(record) + 1
    if never_applicable(fault, attempts):
        outcome.rejected.append(Rejection(record, reason_of(fault), attempts))
    else:
        outcome.failed, outcome.fault = record, fault
    return outcome
