"""Members, needs and offers with values that have character, each in a part of the country of its own."""

import itertools
import uuid
from typing import Any

import httpx
from contracts.membership import MemberJoined, MemberUpdated
from matching_process import Running, until

# Two ZIPs some 19 miles apart, and one that is within nobody's reach.
YORK, NEW_OXFORD, HONOLULU = "17401", "17350", "96813"


def mark(word: str) -> str:
    return f"{word}-{uuid.uuid4().hex[:8]}"


def member(member_id: str, revision: int = 1, **fields: Any) -> MemberJoined | MemberUpdated:
    body = {
        "member_id": member_id,
        "revision": revision,
        "kind": "business",
        "status": "active",
        "name": "Elm Street Garage",
        "zip": NEW_OXFORD,
        "shop_type": "independent_repair",
        **fields,
    }
    if body["kind"] == "school":
        body = {**body, "shop_type": None, "level": "high_school"}
    return (MemberJoined if revision == 1 else MemberUpdated).model_validate(body)


def school(member_id: str, revision: int = 1, **fields: Any) -> MemberJoined | MemberUpdated:
    return member(member_id, revision, kind="school", name="York County School of Technology", zip=YORK, **fields)


async def joined(running: Running, *members: MemberJoined | MemberUpdated) -> None:
    """Matching knows these members at these revisions."""
    await running.tell(*members, source="driveline/membership")
    for one in members:
        await until(lambda one=one: revision_of(running, one.member_id), lambda seen, one=one: seen >= one.revision)


async def revision_of(running: Running, member_id: str) -> int:
    from sqlalchemy import text

    async with running.database.session() as session:
        query = text("SELECT revision FROM member WHERE member_id = :m")
        return (await session.execute(query, {"m": member_id})).scalar() or 0


async def need_of(client: httpx.AsyncClient, need_id: str) -> dict[str, Any]:
    answer = await client.get(f"/v1/needs/{need_id}")
    return answer.json() if answer.status_code == 200 else {"state": None, "proposals": []}


# Every test has a kind of partnership to itself where others' offers would be in its way.
KINDS = itertools.cycle(
    ["guest_speaker", "shop_tour", "job_shadow", "mentor", "job", "scholarship", "field_trip", "co_op", "summer_job"]
)
