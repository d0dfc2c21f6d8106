"""Send a sign-in link: to whoever is reached at an address, by mail; or into the hands of an operator."""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime

from chassis.database import Database
from chassis.outbox import Outbox
from contracts.notifications import NotificationRequested
from sqlalchemy.ext.asyncio import AsyncSession

from membership.adapters import contacts, members, reachable, sign_in_links
from membership.adapters.sign_in_links import Link
from membership.domain.contact import Contact
from membership.domain.errors import RuleBrokenError
from membership.domain.sign_in import ASKED_AT_MOST, ASKED_WITHIN, LINK_LASTS, LINKS_AT_ONCE, safe_next
from membership.settings import Settings
from membership.usecases.ids import new_id

TEMPLATE = "sign_in"


class TooManyAsked(Exception):
    """Enough links were asked for this address; whether it is known is not told by this either."""


@dataclass(frozen=True, slots=True)
class Made:
    """A link that signs in whoever opens it first. It is a secret: never log it."""

    url: str
    expires_at: datetime


class SendSignInLink:
    """Makes links."""

    def __init__(self, database: Database, outbox: Outbox, settings: Settings) -> None:
        self._database = database
        self._outbox = outbox
        self._settings = settings

    def next(self, asked: str | None) -> str:
        """Where to go afterwards; raises RuleBrokenError for a page that is not the house's."""
        return safe_next(asked, self._settings.home, self._settings.origins)

    async def by_mail(self, email: str, next_page: str | None) -> None:
        """A link for every contact with this address, if there is one: the caller learns nothing of that.

        Raises RuleBrokenError for what is no address at all, TooManyAsked after some in a short time.
        """
        next_page, address, now = self.next(next_page), reachable.email(email, "email"), datetime.now(UTC)
        async with self._database.transaction() as session:
            # Known or not, an address is counted, so that neither the refusal nor the time it takes tells which.
            asked = await sign_in_links.count_request(session, address, now, ASKED_WITHIN)
            if asked <= ASKED_AT_MOST:
                for contact in await contacts.by_email(session, address, LINKS_AT_ONCE):
                    await self._mail(session, contact, next_page, now)
        if asked > ASKED_AT_MOST:
            raise TooManyAsked

    async def by_hand(self, contact_id: str, next_page: str | None) -> Made:
        """A link for a contact, for an operator to pass on; raises RuleBrokenError for nobody's id."""
        next_page, now = self.next(next_page), datetime.now(UTC)
        async with self._database.transaction() as session:
            contact = await contacts.read(session, contact_id)
            if contact is None or contact.erased:
                raise RuleBrokenError("contact_id", f"'{contact_id}' is not a contact")
            return await self._make(session, Link(contact_id, None, next_page, now + LINK_LASTS), now)

    async def for_operator(self, operator: str, next_page: str | None) -> Made:
        """A link by which an operator's browser gets what the operator's client has already."""
        next_page, now = self.next(next_page or self._settings.own_page), datetime.now(UTC)
        async with self._database.transaction() as session:
            return await self._make(session, Link(None, operator, next_page, now + LINK_LASTS), now)

    async def _mail(self, session: AsyncSession, contact: Contact, next_page: str, now: datetime) -> None:
        member = await members.read(session, contact.member_id)
        if member is None or member.status == "left":
            return
        made = await self._make(session, Link(contact.contact_id, None, next_page, now + LINK_LASTS), now)
        request = {
            "request_id": new_id("q"),
            "member_id": contact.member_id,
            "contact_id": contact.contact_id,
            "class": "transactional",
            "template": TEMPLATE,
            "data": {
                "url": made.url,
                "name": contact.reach.name,
                "member": member.profile.name,
                "minutes": int(LINK_LASTS.total_seconds() // 60),
            },
        }
        await self._outbox.emit(session, NotificationRequested.model_validate(request))

    async def _make(self, session: AsyncSession, link: Link, now: datetime) -> Made:
        token = secrets.token_urlsafe(32)
        await sign_in_links.add(session, token, link, now)
        return Made(f"{self._settings.base}/sign-in/{token}", link.expires_at)
