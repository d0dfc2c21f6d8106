"""Who follows which cell."""

from collections.abc import Sequence

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from notifications.adapters.tables import SUBSCRIPTION, SubscriptionRow


async def keep(session: AsyncSession, row: SubscriptionRow) -> SubscriptionRow:
    """Write a subscription; who follows that cell already gets the new threshold and keeps the rest."""
    statement = insert(SUBSCRIPTION).values(row.model_dump())
    upsert = statement.on_conflict_do_update(
        constraint="subscription_once_uq", set_={"threshold": statement.excluded.threshold}
    )
    kept: SubscriptionRow = (
        await session.scalars(
            select(SubscriptionRow)
            .from_statement(upsert.returning(SubscriptionRow))
            .execution_options(populate_existing=True)
        )
    ).one()
    return kept


async def of_member(session: AsyncSession, member_id: str) -> Sequence[SubscriptionRow]:
    """A member's subscriptions, oldest first."""
    mine = select(SubscriptionRow).where(SUBSCRIPTION.c.member_id == member_id)
    return (await session.scalars(mine.order_by(SUBSCRIPTION.c.made_at, SUBSCRIPTION.c.subscription_id))).all()


async def drop(session: AsyncSession, member_id: str, subscription_id: str) -> bool:
    """False if this member has none of that id."""
    mine = (SUBSCRIPTION.c.member_id == member_id) & (SUBSCRIPTION.c.subscription_id == subscription_id)
    gone = delete(SUBSCRIPTION).where(mine).returning(SUBSCRIPTION.c.subscription_id)
    return (await session.execute(gone)).scalar_one_or_none() is not None


async def not_told_of(session: AsyncSession, cell: str, epoch: int) -> Sequence[SubscriptionRow]:
    """Who follows the cell and has heard nothing of this epoch or a later one, locked for the caller."""
    waiting = select(SubscriptionRow).where(SUBSCRIPTION.c.cell == cell, SUBSCRIPTION.c.told_epoch < epoch)
    return (await session.scalars(waiting.order_by(SUBSCRIPTION.c.subscription_id).with_for_update())).all()


async def forget_person(session: AsyncSession, contact_id: str) -> None:
    """A person who is forgotten follows nothing."""
    await session.execute(delete(SUBSCRIPTION).where(SUBSCRIPTION.c.contact_id == contact_id))
