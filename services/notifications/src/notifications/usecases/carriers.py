"""What differs between the channels: how a message is packed for its carrier, and what its being taken leaves behind."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from notifications.adapters.mail import Sender, compose
from notifications.adapters.smtp import Smtp
from notifications.adapters.tables import MessageRow
from notifications.domain.contact import Contact
from notifications.domain.sending import Outcome, Taken
from notifications.usecases.say import Say


@dataclass(frozen=True, slots=True)
class Parcel:
    """A message ready to go."""

    message_id: str
    channel: str
    hand_over: Callable[[], Awaitable[Outcome]]


class Carrier(Protocol):
    """One channel."""

    async def pack(
        self,
        session: AsyncSession,
        row: MessageRow,
        person: Contact,
        names: dict[str, str],
        address: str,
        now: datetime,
        /,
    ) -> Parcel:
        """Find the words, in the transaction that writes the attempt down; raises UnsayableError."""

    async def taken(self, session: AsyncSession, row: MessageRow, taken: Taken, now: datetime, /) -> None:
        """Keep what is needed to recognise a receipt, in the transaction that says it was sent."""


class MailCarrier:
    """Email, by a mail server."""

    def __init__(self, smtp: Smtp, sender: Sender, say: Say) -> None:
        self._smtp = smtp
        self._sender = sender
        self._say = say

    async def pack(
        self,
        _session: AsyncSession,
        row: MessageRow,
        person: Contact,
        names: dict[str, str],
        address: str,
        now: datetime,
    ) -> Parcel:
        """The mail, whole."""
        mail = compose(
            self._sender,
            message_id=row.message_id,
            to=address,
            words=self._say.mail(row, person, names),
            cause=row.cause,
            at=now,
            unsubscribe_url=self._say.unsubscribe_url(row),
        )

        async def hand_over() -> Outcome:
            return await self._smtp.hand_over(mail, self._sender.address, address)

        return Parcel(row.message_id, row.channel, hand_over)

    async def taken(self, _session: AsyncSession, _row: MessageRow, _taken: Taken, _now: datetime) -> None:
        """A mail server that took a mail says nothing more of it."""
