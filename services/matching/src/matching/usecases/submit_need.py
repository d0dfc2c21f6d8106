"""Submit a need over HTTP: it is applied at once, and told in the same transaction as `partnership.requested`."""

from datetime import UTC, datetime
from typing import Any

from chassis.outbox import Outbox
from contracts.codec import parse_data
from contracts.event import canonical_json
from contracts.matching import PartnershipRequested
from sqlalchemy.ext.asyncio import AsyncSession

from matching.adapters import facts, needs, withdrawals
from matching.domain.errors import ConflictError, NotFoundError, RuleBrokenError
from matching.domain.need import Need
from matching.usecases.ids import new_id
from matching.usecases.request_partnership import RequestPartnership


class SubmitNeed:
    """Takes the event's body, in which `need_id` and `revision` may be absent: a new need, or the next revision."""

    def __init__(self, outbox: Outbox, request: RequestPartnership) -> None:
        self._outbox = outbox
        self._request = request

    async def __call__(self, session: AsyncSession, body: dict[str, Any]) -> tuple[Need, bool]:
        """The need, and whether anything was new. Raises Refused for the first field that is wrong."""
        said = parse_data(PartnershipRequested, canonical_json(await _whole(session, body)), strict=True)
        is_new = await self._request(session, said)
        need = await needs.read(session, said.need_id)
        if need is None:
            raise NotFoundError("need_id", said.need_id)
        if is_new:
            if need.closes_at <= datetime.now(UTC):
                raise RuleBrokenError("answer_by", f"'{need.answer_by}' is over")
            await self._outbox.emit(session, said)
        elif facts.requested(need).model_dump() != said.model_dump():
            raise ConflictError("revision", f"{said.revision} is not newer than {need.revision}, which is there")
        return need, is_new


async def _whole(session: AsyncSession, body: dict[str, Any]) -> dict[str, Any]:
    need_id = body.get("need_id")
    if need_id is None:
        return {"revision": 1} | body | {"need_id": new_id("n")}
    if "revision" in body or not isinstance(need_id, str):
        return {"revision": 1} | body
    old = await needs.hold(session, need_id)
    if old is None:
        return body | {"revision": 1}
    taken_back = await withdrawals.newest(session, "need", need_id, old.member_id)
    return body | {"revision": max(old.revision, taken_back) + 1}
