"""Partners, their credentials, and what members grant them."""

from typing import Annotated, Any

from chassis.database import Database
from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from membership.adapters import partners
from membership.domain.errors import NotAllowedError
from membership.entrypoints.http.access import Operator, Writer, is_operator
from membership.usecases.grant_partner import GrantPartner
from membership.usecases.register_partner import Registered, RegisterPartner


class Credentials(BaseModel):
    """What a client is to be allowed; `new_secret` asks for another secret for one that is known."""

    model_config = ConfigDict(extra="forbid")

    scopes: list[str]
    new_secret: bool = False


class Partner(Credentials):
    """A partner to be registered, or stated anew."""

    name: str


class Grants(BaseModel):
    """From now on the partner has exactly these scopes for these members."""

    model_config = ConfigDict(extra="forbid")

    partner: str
    scopes: list[str]
    member_ids: Annotated[list[str], Field(min_length=1)]


def router(database: Database, register: RegisterPartner, grant: GrantPartner) -> APIRouter:
    """The routes of partners and grants."""
    routes = APIRouter(prefix="/v1", tags=["partners"])

    @routes.post("/partners", status_code=201)
    async def register_partner(body: Partner, response: Response, _: Operator) -> dict[str, Any]:
        """201 with the secret, shown this once; 200 for a partner known before, which keeps its secret."""
        made = await register(body.name, body.scopes, new_secret=body.new_secret)
        response.status_code = 201 if made.new else 200
        return {"name": body.name, **_shown(made)}

    @routes.get("/partners")
    async def list_partners(_: Operator) -> dict[str, list[str]]:
        """The scopes of every partner by its name."""
        async with database.session() as session:
            return await partners.all_partners(session)

    @routes.post("/members/{member_id}/clients", status_code=201, tags=["members"])
    async def register_system(member_id: str, body: Credentials, response: Response, _: Operator) -> dict[str, Any]:
        """Credentials for a member's own system; 200 when it has some and keeps them."""
        made = await register.for_member(member_id, body.scopes, new_secret=body.new_secret)
        response.status_code = 201 if made.new else 200
        return {"member_id": member_id, **_shown(made)}

    @routes.post("/grants")
    async def grant_partner(body: Grants, who: Writer) -> dict[str, Any]:
        """State grants anew for thousands of members at once (an operator) or for oneself (a member's own token)."""
        if not is_operator(who) and set(body.member_ids) != {who.member_id}:
            raise NotAllowedError("member_ids", "a member grants for itself only")
        changed = await grant(body.partner, body.scopes, body.member_ids)
        return {
            "partner": body.partner,
            "scopes": sorted(body.scopes),
            "members": len(set(body.member_ids)),
            "changed": changed,
        }

    return routes


def _shown(made: Registered) -> dict[str, Any]:
    return {"scopes": sorted(made.scopes), "client_id": made.client_id, "client_secret": made.client_secret}
