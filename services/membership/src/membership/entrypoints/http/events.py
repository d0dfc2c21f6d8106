"""The intake over HTTP: CloudEvents in binary, structured and batch mode, and the receipts of all that was submitted."""

import json
import uuid
from typing import Any

from chassis.database import Database
from chassis.http import error
from contracts.codec import MAX_BATCH_BYTES, MAX_EVENT_BYTES, CloudEvent, decode_each
from contracts.event import Refused, one_line
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from membership.entrypoints.http.access import AnyCaller, is_operator
from membership.usecases.answer_receipt import AnswerReceipt
from membership.usecases.submitter import Submitter
from membership.usecases.take_in import Arrived, TakeIn, Taken

BATCH = "application/cloudevents-batch+json"


def router(database: Database, take_in: TakeIn, answer: AnswerReceipt) -> APIRouter:
    """The routes of the intake."""
    routes = APIRouter(prefix="/v1", tags=["intake"])

    @routes.post("/events", status_code=202)
    async def submit(request: Request, who: AnyCaller) -> JSONResponse:
        """202 once Kafka has acknowledged; in a batch each event has its own outcome. 4xx when none was accepted."""
        content_type = request.headers.get("content-type", "")
        in_batch = content_type.partition(";")[0].strip().lower() == BATCH
        body = await _body(request, MAX_BATCH_BYTES if in_batch else MAX_EVENT_BYTES)
        if isinstance(body, JSONResponse):
            return body
        try:
            found = decode_each(content_type, request.headers, body)
        except Refused as why:
            return error(400, str(why))
        arrived = [_arrived(i, item, body) for i, item in enumerate(found)]
        async with database.transaction() as session:
            taken = await take_in(session, Submitter.of_caller(who), arrived)
        return _answer(taken)

    @routes.get("/receipts/{ce_id:path}")
    async def receipt(ce_id: str, who: AnyCaller) -> JSONResponse:
        """What became of an event that the caller submitted: the newest receipt under this id."""
        found = await answer(ce_id, None if is_operator(who) else Submitter.of_caller(who).name)
        if not found:
            return error(404, f"ce_id: '{ce_id}' has no receipt")
        newest = found[0]
        return JSONResponse(
            {
                "ce_id": newest.ce_id,
                "ce_source": newest.ce_source,
                "ce_type": newest.ce_type,
                "outcome": newest.outcome,
                "reason": newest.reason,
                "at": newest.at.isoformat() if newest.at else None,
            }
        )

    return routes


async def _body(request: Request, at_most: int) -> bytes | JSONResponse:
    """The body, given up as soon as it is too long to be taken in."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > at_most:
            return error(413, f"body: more than {at_most} bytes")
    return bytes(body)


def _arrived(place: int, item: CloudEvent | Refused, body: bytes) -> Arrived:
    if isinstance(item, CloudEvent):
        return Arrived.whole(item)
    try:
        sent = json.loads(body)[place]
    except (ValueError, LookupError, TypeError, RecursionError):
        sent = None
    said = sent if isinstance(sent, dict) else {}
    ce_id, source, kind = (
        one_line(v, 200) if isinstance(v := said.get(n), str) else "" for n in ("id", "source", "type")
    )
    return Arrived(item, ce_id or f"http/{uuid.uuid4()}", source, kind)


def _answer(taken: list[Taken]) -> JSONResponse:
    receipts: list[dict[str, Any]] = [
        {"ce_id": t.receipt.ce_id, "outcome": t.receipt.outcome, "reason": t.receipt.reason, "topic": t.topic}
        for t in taken
    ]
    refused = [t for t in taken if t.receipt.outcome == "refused"]
    if not taken or len(refused) < len(taken):
        return JSONResponse({"receipts": receipts}, 202)
    status = 403 if all(t.forbidden for t in refused) else 422
    return JSONResponse({"error": refused[0].receipt.reason, "receipts": receipts}, status)
