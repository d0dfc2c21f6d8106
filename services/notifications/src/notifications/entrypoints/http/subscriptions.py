"""`/v1/subscriptions`: a member's own subscriptions to benchmarks."""

from dataclasses import dataclass
from typing import Annotated, Any

from chassis.signed_in import maybe_signed_in
from chassis.tokens import TokenRefused, bearer, caller
from contracts.event import Refused
from contracts.fields import CellKey, Plain, moment_text
from contracts.vocabulary import BENEFITS, LABOR_RATE_KINDS, MEASURES
from fastapi import APIRouter, Depends, Request, Response
from fastapi.security import HTTPAuthorizationCredentials
from pydantic import BaseModel, ConfigDict
from starlette.exceptions import HTTPException

from notifications.adapters.tables import SubscriptionRow
from notifications.usecases.subscribe import Subscriptions

# A cell's key has six parts for pay, five for benefits, four for labor rates.
EXAMPLES = {
    "pay": "pay|state:PA|tech_a|*|*|*",
    "technician-pay": "technician-pay|state:PA|tech_a|*|*|*",
    "benefits": "benefits|state:PA|*|*|health",
    "labor-rates": "labor-rates|state:PA|*|mechanical_door",
}
assert set(EXAMPLES) == set(MEASURES)  # noqa: S101
# These cells are of one benefit, or one kind, each: "all benefits" is no cell, and nobody would ever hear of it.
OF_ONE = {"benefits": BENEFITS, "labor-rates": LABOR_RATE_KINDS}


class Wanted(BaseModel):
    """Which cell, and how far its median has to move, in dollars, or of benefits the share that offers, in points."""

    model_config = ConfigDict(extra="forbid")

    cell: CellKey
    threshold: Plain


@dataclass(frozen=True, slots=True)
class Own:
    """The member that a caller speaks for; and the person, if a person calls."""

    member_id: str
    contact_id: str | None


async def own_member(
    request: Request, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]
) -> Own:
    """A system with a token, or a person who is signed in. A form of another site cannot be this: the body is JSON, which
    no form sends, and the cookie does not go along with a request of another site."""
    if credentials is None and (person := await maybe_signed_in(request)) is not None:
        return Own(person.member_id, person.contact_id)
    who = await caller(request, credentials)
    if who.member_id is None:
        raise TokenRefused(403, "is nobody's who speaks for a member")
    return Own(who.member_id, None)


def router(subscriptions: Subscriptions) -> APIRouter:
    """A caller reaches its own member's subscriptions only."""
    routes = APIRouter(prefix="/v1/subscriptions", tags=["subscriptions"])
    own = Annotated[Own, Depends(own_member)]

    @routes.post("", status_code=201)
    async def subscribe(wanted: Wanted, who: own) -> dict[str, Any]:
        """Follow a cell; again with another threshold changes the threshold."""
        _check(wanted.cell)
        return _shown(await subscriptions.add(who.member_id, who.contact_id, wanted.cell, wanted.threshold))

    @routes.get("")
    async def listed(who: own) -> dict[str, Any]:
        """The caller's member's subscriptions."""
        return {"subscriptions": [_shown(row) for row in await subscriptions.of(who.member_id)]}

    @routes.delete("/{subscription_id}", status_code=204)
    async def unsubscribe(subscription_id: str, who: own) -> Response:
        """End one."""
        if not await subscriptions.drop(who.member_id, subscription_id):
            raise HTTPException(404, "subscription_id: no such subscription")
        return Response(status_code=204)

    return routes


def _check(cell: str) -> None:
    """Raises Refused for what cannot be a cell's key."""
    measure, *rest = cell.split("|")
    example = EXAMPLES.get(measure, EXAMPLES["pay"])
    if measure not in EXAMPLES or len(rest) != example.count("|"):
        raise Refused("cell", f"{cell!r} is not a cell's key such as {example!r}")
    if measure in OF_ONE and rest[-1] not in OF_ONE[measure]:
        raise Refused("cell", f"{rest[-1]!r} is not one of {', '.join(OF_ONE[measure])}")


def _shown(row: SubscriptionRow) -> dict[str, Any]:
    return {
        "subscription_id": row.subscription_id,
        "member_id": row.member_id,
        "contact_id": row.contact_id or None,
        "cell": row.cell,
        "threshold": row.threshold,
        "made_at": moment_text(row.made_at),
    }
