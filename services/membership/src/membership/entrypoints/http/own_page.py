"""Membership's first page: who is signed in and for whom; for an operator, who takes part."""

from typing import Annotated

from chassis.database import Database
from chassis.pages import Pages
from chassis.signed_in import Person, SignedInOperator, whoever
from fastapi import APIRouter, Depends, Response
from fastapi.responses import RedirectResponse

from membership.adapters import members
from membership.settings import Settings

STANDING = {
    "pending": "waits for confirmation",
    "active": "in good standing",
    "grace": "in good standing, renewal is due",
    "lapsed": "lapsed",
    "left": "ended",
}


def router(pages: Pages, settings: Settings, database: Database) -> APIRouter:
    """The route of the page."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/")
    async def own_page(who: Annotated[Person | SignedInOperator | None, Depends(whoever)]) -> Response:
        """Nobody's first page is the form."""
        async with database.session() as session:
            if isinstance(who, SignedInOperator):
                counts = await members.count_by_standing(session)
                return pages.page("own_page.html", who=who, here="/", member=None, counts=counts)
            member = await members.read(session, who.member_id) if who else None
        if who is None or member is None:
            return RedirectResponse("/sign-in", 303, {"Cache-Control": "no-store"})
        standing = STANDING[member.status]
        return pages.page("own_page.html", who=who, here="/", member=member, standing=standing, home=settings.home)

    return routes
