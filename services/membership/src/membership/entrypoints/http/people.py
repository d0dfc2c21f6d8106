"""People over HTTP: added to a member, to many members from a list, asked whether they want texts, and forgotten."""

import json
from collections.abc import AsyncIterator
from typing import Any, ClassVar

from chassis.database import Database
from chassis.http import error
from chassis.outbox import Outbox
from contracts.codec import parse_data
from contracts.event import Event, Refused
from contracts.fields import Id
from contracts.membership import JoinContact
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from pydantic import Field

from membership.adapters import facts
from membership.domain.contact import Contact
from membership.entrypoints.http.access import Operator, Writer, check_own
from membership.usecases.add_people import Added, AddPeople, Line
from membership.usecases.ask_for_texts import ask_for_texts
from membership.usecases.note_people import erase_person

LINES_AT_A_TIME = 500
MAX_LINE_BYTES = 1024 * 1024


class PeopleOf(Event):
    """A line of an import. It is validated like an event, but never published."""

    topic: ClassVar[str] = "contacts"

    member_id: Id
    contacts: tuple[JoinContact, ...] = Field(max_length=50)


def router(database: Database, outbox: Outbox) -> APIRouter:
    """The routes of people."""
    routes = APIRouter(prefix="/v1", tags=["members"])
    add = AddPeople(database, outbox)

    @routes.post("/members/{member_id}/contacts")
    async def add_contacts(member_id: str, request: Request, who: Writer) -> dict[str, Any]:
        """The body is a list of contacts; answers with these people as they are now."""
        check_own(who, member_id)
        named = parse_data(PeopleOf, _as_line(member_id, await request.body()), strict=True)
        async with database.transaction() as session:
            noted = await add.to_one(session, member_id, facts.reaches_of(named.contacts))
        return {"contacts": [shown(contact) for contact in noted]}

    @routes.post("/contacts/import")
    async def import_contacts(request: Request, _: Operator) -> JSONResponse:
        """NDJSON, `{"member_id", "contacts": [...]}` a line. Answers by member with the ids of its people, and with the
        lines that were refused. A line too long ends the import; what came before it stays."""
        added, batch, count = Added(), list[Line](), 0
        async for number, text in _lines(request):
            if text is None:
                return error(413, f"line {number}: more than {MAX_LINE_BYTES} bytes")
            count = number
            try:
                said = parse_data(PeopleOf, text, strict=True)
            except Refused as why:
                added.refused.append((number, str(why)))
                continue
            batch.append(Line(number, said.member_id, facts.reaches_of(said.contacts)))
            if len(batch) == LINES_AT_A_TIME:
                await add.to_many(batch, added)
                batch.clear()
        await add.to_many(batch, added)
        refused = [{"line": number, "reason": reason} for number, reason in sorted(added.refused)]
        return JSONResponse({"lines": count, "people": added.people, "refused": refused})

    @routes.post("/members/{member_id}/contacts/{contact_id}/texts", status_code=202)
    async def want_texts(member_id: str, contact_id: str, who: Writer) -> dict[str, str]:
        """The phone is asked by a text; texts begin when it replies YES."""
        check_own(who, member_id)
        async with database.transaction() as session:
            await ask_for_texts(session, outbox, member_id, contact_id)
        return {"contact_id": contact_id, "status": "asked"}

    @routes.delete("/members/{member_id}/contacts/{contact_id}", status_code=204)
    async def erase_contact(member_id: str, contact_id: str, who: Writer) -> None:
        """Forget a person, here and everywhere."""
        check_own(who, member_id)
        async with database.transaction() as session:
            await erase_person(session, outbox, member_id, contact_id)

    return routes


def shown(contact: Contact) -> dict[str, Any]:
    """A contact as its own member and operators see it."""
    return facts.contact_changed(contact).model_dump(mode="json", by_alias=True)


def _as_line(member_id: str, body: bytes) -> bytes:
    """A list of contacts as an import's line has it; anything else stays what it is and is refused as such."""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return body
    if not isinstance(said, list):
        raise Refused("body", "is not a list of contacts")
    return json.dumps({"member_id": member_id, "contacts": said}).encode()


async def _lines(request: Request) -> AsyncIterator[tuple[int, bytes | None]]:
    """Lines by number, from 1, as they arrive, blank ones left out; None in place of one that is too long."""
    rest, number = b"", 0
    async for part in request.stream():
        *whole, rest = (rest + part).split(b"\n")
        for line in whole:
            number += 1
            if line.strip():
                yield number, line if len(line) <= MAX_LINE_BYTES else None
        if len(rest) > MAX_LINE_BYTES:
            yield number + 1, None
    if rest.strip():
        yield number + 1, rest
