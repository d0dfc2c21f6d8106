"""Sign-in links by hand: an operator makes one for a contact, or for a browser of their own."""

from typing import Any, Self

from contracts.fields import moment_text
from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field, model_validator

from chassis import logs
from membership.domain.errors import NotAllowedError
from membership.entrypoints.http.access import Operator, is_operator
from membership.usecases.send_sign_in_link import SendSignInLink

log = logs.get(__name__)


class LinkAsked(BaseModel):
    """For whom, and which page comes after."""

    model_config = ConfigDict(extra="forbid")

    contact_id: str | None = Field(default=None, max_length=200)
    operator: bool = False
    next: str | None = Field(default=None, max_length=2000)

    @model_validator(mode="after")
    def _is_for_one(self) -> Self:
        if (self.contact_id is None) is not self.operator:
            raise ValueError("give contact_id, or operator: true")
        return self


def router(send: SendSignInLink) -> APIRouter:
    """The route of links."""
    routes = APIRouter(prefix="/v1", tags=["identity"])

    @routes.post("/sign-in-links", status_code=201)
    async def make_link(asked: LinkAsked, who: Operator, response: Response) -> dict[str, Any]:
        """`{"url", "expires_at"}`: good once, for a quarter of an hour."""
        if not is_operator(who):
            raise NotAllowedError("scope", "'operate' of a partner or a member makes no sign-in links")
        if asked.contact_id is None:
            made = await send.for_operator(who.subject, asked.next)
        else:
            made = await send.by_hand(asked.contact_id, asked.next)
        # Whoever makes a link could be signed in as somebody else: that leaves a trace.
        log.info("sign-in link made", by=who.subject, contact_id=asked.contact_id, operator=asked.operator)
        response.headers["Cache-Control"] = "no-store"
        return {"url": made.url, "expires_at": moment_text(made.expires_at)}

    return routes
