"""Send messages: claim what is due, write the attempt down, hand it over, write down what came of it."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from chassis.database import Database
from chassis.outbox import Outbox
from chassis.retry import Backoff, reason_of
from sqlalchemy.ext.asyncio import AsyncSession

from chassis import logs
from notifications.adapters import messages, metrics, suppressions
from notifications.adapters.contacts import contacts_by_id, member_names
from notifications.adapters.rendering import UnsayableError
from notifications.adapters.tables import MessageRow
from notifications.domain.contact import Contact
from notifications.domain.quiet_hours import WakingHours
from notifications.domain.retrying import next_attempt
from notifications.domain.sending import Outcome, RefusedForNow, Taken, Unanswered
from notifications.domain.verdict import Case, Go, Hold, Suppress, judge
from notifications.usecases.carriers import Carrier, Parcel
from notifications.usecases.say import members_in
from notifications.usecases.settle import settle

Clock = Callable[[], datetime]
# Beyond the time that a living process waits for an answer: after that nobody is waiting any more.
GRACE = timedelta(seconds=5)

log = logs.get(__name__)


@dataclass(frozen=True, slots=True)
class Policy:
    """When texts may come, how long an answer is waited for, how many messages are under way at once."""

    waking: WakingHours
    timeout_s: float
    at_once: int


class SendMessages:
    """One process's share of the sending. Any number of processes may do it beside each other."""

    def __init__(
        self, database: Database, outbox: Outbox, carriers: Mapping[str, Carrier], policy: Policy, clock: Clock
    ) -> None:
        self._database = database
        self._outbox = outbox
        self._carriers = carriers
        self._policy = policy
        self._clock = clock

    async def __call__(self) -> int:
        """Deal with as many due messages as may be under way at once; how many there were."""
        if not self._carriers:
            return 0
        count, parcels = await self._claim()
        await asyncio.gather(*(self._carry(parcel) for parcel in parcels))
        return count

    async def recover(self) -> None:
        """Attempts whose process is gone: they may have arrived. Unknown, said so, never made again."""
        now = self._clock()
        async with self._database.transaction() as session:
            before = now - timedelta(seconds=self._policy.timeout_s) - GRACE
            for row in await messages.attempting_since(session, before):
                log.warning("attempt without an outcome", message_id=row.message_id, attempted_at=str(row.attempted_at))
                await settle(session, self._outbox, row, "unknown", now, "the sending process ended without an answer")

    async def _claim(self) -> tuple[int, list[Parcel]]:
        """The attempt is committed before anything is handed over: whatever happens then, it is known to have begun."""
        now = self._clock()
        parcels = []
        async with self._database.transaction() as session:
            rows = await messages.due(session, self._carriers, now, self._policy.at_once)
            people, names, stopped = await _needed(session, rows)
            for row in rows:
                person = people.get(row.contact_id) or _stranger(row)
                address = person.email if row.channel == "email" else person.phone
                parcel = await self._judged(
                    session, row, person, names, stopped.get((row.channel, address or ""), frozenset()), now
                )
                if parcel is not None:
                    parcels.append(parcel)
        return len(rows), parcels

    async def _judged(
        self,
        session: AsyncSession,
        row: MessageRow,
        person: Contact,
        names: dict[str, str],
        stopped: frozenset[str],
        now: datetime,
    ) -> Parcel | None:
        case = Case(row.template, row.class_, row.channel, row.answers_text, row.late_after)
        match judge(case, person, stopped, now, self._policy.waking):
            case Hold(until, reason):
                row.due_at = until
                await settle(session, self._outbox, row, "held", now, reason)
            case Suppress(reason):
                await settle(session, self._outbox, row, "suppressed", now, reason)
            case Go(address):
                try:
                    parcel = await self._carriers[row.channel].pack(session, row, person, names, address, now)
                except UnsayableError as wrong:
                    await settle(session, self._outbox, row, "failed", now, str(wrong))
                    return None
                row.status, row.attempted_at, row.address = "attempting", now, address
                row.attempts += 1
                return parcel
        return None

    async def _carry(self, parcel: Parcel) -> None:
        begun = time.monotonic()
        try:
            async with asyncio.timeout(self._policy.timeout_s):
                outcome = await parcel.hand_over()
        except TimeoutError:
            outcome = Unanswered(f"no answer within {self._policy.timeout_s:g} s")
        except Exception as fault:  # whatever it is: the message may be out
            log.exception("attempt failed", message_id=parcel.message_id)
            outcome = Unanswered(reason_of(fault))
        metrics.ATTEMPT_SECONDS.labels(parcel.channel).observe(time.monotonic() - begun)
        await self._write_down(parcel, outcome)

    async def _write_down(self, parcel: Parcel, outcome: Outcome) -> None:
        """As long as it takes: while this process lives, it knows what the database does not."""
        backoff, attempt = Backoff(first_s=0.2, cap_s=5.0), 0
        while True:
            try:
                async with self._database.transaction() as session:
                    await self._note(session, parcel, outcome)
            except Exception as away:  # noqa: BLE001 - a database that is away comes back
                attempt += 1
                log.warning("outcome not written yet", message_id=parcel.message_id, reason=reason_of(away))
                await asyncio.sleep(backoff.seconds(attempt))
            else:
                return

    async def _note(self, session: AsyncSession, parcel: Parcel, outcome: Outcome) -> None:
        row, now = await messages.locked(session, parcel.message_id), self._clock()
        if row is None:
            return
        if isinstance(outcome, Taken):
            await settle(session, self._outbox, row, "sent", now)
            await self._carriers[row.channel].taken(session, row, outcome, now)
        elif row.status != "attempting":  # somebody else has given this attempt up; it must not be made again
            log.warning("outcome comes late", message_id=row.message_id, outcome=str(outcome))
        elif isinstance(outcome, Unanswered):
            await settle(session, self._outbox, row, "unknown", now, outcome.reason)
        elif isinstance(outcome, RefusedForNow) and (again := next_attempt(row.attempts, now)) is not None:
            row.status, row.due_at, row.reason = "planned", again, outcome.reason
            metrics.RETRIED.labels(row.channel).inc()
        else:
            await settle(session, self._outbox, row, "failed", now, outcome.reason)


async def _needed(
    session: AsyncSession, rows: Sequence[MessageRow]
) -> tuple[dict[str, Contact], dict[str, str], dict[tuple[str, str], frozenset[str]]]:
    people = await contacts_by_id(session, {row.contact_id for row in rows if row.contact_id})
    names = await member_names(session, set().union(*(members_in(row) for row in rows)))
    addresses = set()
    for row in rows:
        person = people.get(row.contact_id) or _stranger(row)
        if address := person.email if row.channel == "email" else person.phone:
            addresses.add((row.channel, address))
    return people, names, await suppressions.stopped(session, addresses)


def _stranger(row: MessageRow) -> Contact:
    """Who wrote to us and is nobody's contact: a number, and nothing else."""
    return Contact("", 0, phone=row.address)
