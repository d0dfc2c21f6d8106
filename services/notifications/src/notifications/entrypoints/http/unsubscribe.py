"""`/unsubscribe/{token}`: a page with a button, and the POST behind it, which mail programs send by themselves (RFC 8058)."""

from chassis.pages import Pages
from fastapi import APIRouter, Response

from notifications.usecases.unsubscribe import Unsubscribe


def router(unsubscribe: Unsubscribe, pages: Pages) -> APIRouter:
    """The link is the proof: whoever has the mail may end such mails."""
    routes = APIRouter(prefix="/unsubscribe", include_in_schema=False)

    @routes.get("/{token}")
    async def ask(token: str) -> Response:
        """Changes nothing: scanners of mail follow every link."""
        offer = await unsubscribe.offer(token)
        if offer is None:
            return pages.page("unsubscribe_unknown.html", status=404)
        return pages.page("unsubscribe.html", words=offer.words)

    @routes.post("/{token}")
    async def end(token: str) -> Response:
        """Whatever the body says, also `List-Unsubscribe=One-Click`."""
        offer = await unsubscribe(token)
        if offer is None:
            return pages.page("unsubscribe_unknown.html", status=404)
        return pages.page("unsubscribed.html", words=offer.words)

    return routes
