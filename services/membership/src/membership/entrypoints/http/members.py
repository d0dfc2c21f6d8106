"""Members over HTTP: join, read, change, confirm, leave."""

import json
from datetime import UTC, date, datetime
from typing import Any

from chassis.database import Database
from chassis.outbox import Outbox
from contracts.codec import parse_data
from contracts.membership import MemberJoinRequested
from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.ext.asyncio import AsyncSession

from membership.adapters import contacts, facts, grants, members
from membership.domain.contact import Contact
from membership.domain.errors import NotAllowedError, UnknownMemberError
from membership.domain.member import Member
from membership.entrypoints.http.access import AnyCaller, Operator, Writer, check_own, is_operator
from membership.entrypoints.http.member_change import MemberChange
from membership.entrypoints.http.people import shown as as_contact
from membership.usecases.ids import new_id
from membership.usecases.join_member import JoinMember
from membership.usecases.leave_member import LeaveMember
from membership.usecases.update_member import Change, UpdateMember
from membership.usecases.vouch_members import VouchMembers


class VouchedFor(BaseModel):
    """A member, and since when somebody vouches for it."""

    model_config = ConfigDict(extra="forbid")

    member_id: str = Field(max_length=200)
    verified_on: date


class Vouching(BaseModel):
    """What POST /v1/members/confirm takes."""

    model_config = ConfigDict(extra="forbid")

    members: list[VouchedFor] = Field(max_length=10_000)


def router(database: Database, outbox: Outbox) -> APIRouter:
    """The routes of members."""
    routes = APIRouter(prefix="/v1/members", tags=["members"])
    join, update, leave = JoinMember(outbox), UpdateMember(outbox), LeaveMember(outbox)
    vouch = VouchMembers(database, outbox)

    @routes.post("", status_code=201)
    async def join_member(request: Request, response: Response, who: Writer) -> dict[str, Any]:
        """201 with the new member, 200 with the member that is there. The body is that of `member.join-requested`."""
        if who.member_id is not None:
            raise NotAllowedError(
                "member_id", f"'{who.member_id}' has joined; only partners and operators bring others"
            )
        wanted = parse_data(MemberJoinRequested, _with_request_id(await request.body()), strict=True)
        async with database.transaction() as session:
            joined = await join(session, wanted, who.partner)
        response.status_code = 201 if joined.outcome == "joined" else 200
        return _shown(joined.member)

    @routes.get("/{member_id}")
    async def read_member(member_id: str, who: AnyCaller) -> dict[str, Any]:
        """A member's public state; for itself and for operators with its contacts."""
        async with database.session() as session:
            member = await members.read(session, member_id)
            if member is None:
                raise UnknownMemberError(member_id)
            if who.partner is not None:
                if not (await grants.standing(session, who.partner, [member_id])).granted[member_id]:
                    raise NotAllowedError("member_id", f"'{member_id}' has granted nothing to '{who.partner}'")
                return _shown(member)
            check_own(who, member_id)
            return _shown(member, await contacts.of_member(session, member_id))

    @routes.patch("/{member_id}")
    async def update_member(member_id: str, request: Request, who: Writer) -> dict[str, Any]:
        """Replace the named fields; the revision grows if that changes anything."""
        said = parse_data(MemberChange, await request.body(), strict=True)
        if said.only_operators_may and not is_operator(who):
            raise NotAllowedError(said.only_operators_may, "only an operator sets it")
        async with database.transaction() as session:
            await _check_may_write(session, who, member_id)
            return _shown(await update(session, member_id, said.as_change()))

    @routes.post("/confirm")
    async def vouch_members(body: Vouching, _: Operator) -> dict[str, Any]:
        """Somebody vouches for many at once, each since a day; answers with who was refused and why."""
        return (await vouch([(said.member_id, said.verified_on) for said in body.members])).as_json()

    @routes.post("/{member_id}/confirm")
    async def confirm_member(member_id: str, _: Operator) -> dict[str, Any]:
        """A technician's email or phone answered today, or somebody vouched today for another member."""
        async with database.transaction() as session:
            return _shown(await update(session, member_id, Change(verified_on=datetime.now(UTC).date())))

    @routes.delete("/{member_id}")
    async def leave_member(member_id: str, who: Writer) -> dict[str, Any]:
        """The membership ends, and with it every grant."""
        check_own(who, member_id)
        async with database.transaction() as session:
            return _shown(await leave(session, member_id))

    return routes


async def _check_may_write(session: AsyncSession, who: AnyCaller, member_id: str) -> None:
    if who.partner is None:
        check_own(who, member_id)
        return
    granted = (await grants.standing(session, who.partner, [member_id])).granted
    if "members:write" not in granted.get(member_id, frozenset()):
        raise NotAllowedError("member_id", f"'{member_id}' has not granted 'members:write' to '{who.partner}'")


def _with_request_id(body: bytes) -> bytes:
    """Over HTTP the answer comes back on the same connection, so an application may go without an id of its own."""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return body
    if not isinstance(said, dict) or "request_id" in said:
        return body
    return json.dumps(said | {"request_id": new_id("http")}).encode()


def _shown(member: Member, people: list[Contact] | None = None) -> dict[str, Any]:
    shown: dict[str, Any] = facts.state_of(member).model_dump(mode="json", by_alias=True)
    if people is not None:
        shown["contacts"] = [as_contact(person) for person in people if not person.erased]
    return shown
