"""Members, needs and offers with values that have character, and for each test a part of the country of its own."""

import itertools
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
from contracts.matching import PartnershipOffered, PartnershipRequested, PartnershipWithdrawn
from contracts.membership import MemberJoined, MemberUpdated
from contracts.zips import Zip, zips
from matching.domain.distance import miles
from matching.domain.site import Point
from matching_process import Running, until
from sqlalchemy import text

YORK, NEW_OXFORD = "17401", "17350"  # 19 miles apart
HIGH, WIDE = 1.6, 2.4  # degrees; more than 100 miles each, at these latitudes


def mark(word: str) -> str:
    return f"{word}-{uuid.uuid4().hex[:8]}"


@dataclass(frozen=True)
class Region:
    """A ZIP and four around it, each farther away than the one before, all within 24 miles; no other region within 50."""

    centre: str
    near: tuple[str, ...]


def _regions() -> Iterator[Region]:
    """One in the middle of each field of a grid over the country, where there are ZIPs enough."""
    fields: dict[tuple[int, int], list[Zip]] = {}
    for place in zips().values():
        if 28 < place.lat < 48 and -124 < place.lon < -68:
            fields.setdefault((int(place.lat // HIGH), int(place.lon // WIDE)), []).append(place)
    for (row, column), found in sorted(fields.items()):
        middle = Point((row + 0.5) * HIGH, (column + 0.5) * WIDE, "UTC")
        centre = min(found, key=lambda place: miles(middle, _point(place)))
        far = sorted((round(miles(_point(centre), _point(place)), 2), place.zip) for place in found)
        near = [zip5 for _, zip5 in itertools.takewhile(lambda pair: pair[0] < 24, far)]
        steps = [zip5 for before, zip5 in itertools.pairwise(near) if _away(centre, zip5) > _away(centre, before) + 0.5]
        if len(steps) >= 4 and miles(middle, _point(centre)) < 15:
            yield Region(centre.zip, tuple(steps[:4]))


def _point(place: Zip) -> Point:
    return Point(place.lat, place.lon, place.timezone)


def _away(centre: Zip, zip5: str) -> float:
    return miles(_point(centre), _point(zips()[zip5]))


REGIONS = _regions()


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
    return (MemberJoined if revision == 1 else MemberUpdated).model_validate(body)


def school(member_id: str, revision: int = 1, **fields: Any) -> MemberJoined | MemberUpdated:
    own = {"kind": "school", "name": "York County School of Technology", "zip": YORK, "shop_type": None}
    return member(member_id, revision, **{**own, "level": "high_school", **fields})


def requested(need_id: str, member_id: str, zip5: str, revision: int = 1, **fields: Any) -> PartnershipRequested:
    said = {"need_id": need_id, "member_id": member_id, "zip": zip5, "revision": revision, "kind": "shop_tour"}
    return PartnershipRequested.model_validate(said | fields)


def offered(offer_id: str, member_id: str, zip5: str, revision: int = 1, **fields: Any) -> PartnershipOffered:
    said = {"offer_id": offer_id, "member_id": member_id, "zip": zip5, "revision": revision, "kind": "shop_tour"}
    return PartnershipOffered.model_validate(said | fields)


def withdrawn(member_id: str, revision: int, **thing: str) -> PartnershipWithdrawn:
    return PartnershipWithdrawn.model_validate({"member_id": member_id, "revision": revision, **thing})


async def joined(running: Running, *members: MemberJoined | MemberUpdated) -> None:
    """Matching knows these members at these revisions."""
    await running.tell(*members, source="driveline/membership")
    for one in members:

        async def known(member_id: str = one.member_id) -> int:
            async with running.database.session() as session:
                query = text("SELECT revision FROM member WHERE member_id = :m")
                return (await session.execute(query, {"m": member_id})).scalar() or 0

        await until(known, lambda seen, at=one.revision: seen >= at)


@dataclass
class Town:
    """A school and some shops around it, the nearest first, each with an offer; and the ways to speak for them."""

    running: Running
    region: Region
    school: str
    shops: list[str]
    offers: list[str]
    kind: str = "shop_tour"

    def teacher(self) -> httpx.AsyncClient:
        return self.running.api(member_id=self.school)

    def shop(self, place: int) -> httpx.AsyncClient:
        return self.running.api(member_id=self.shops[place])

    async def ask(self, **fields: Any) -> dict[str, Any]:
        """A need over HTTP, as it is answered."""
        async with self.teacher() as teacher:
            answer = await teacher.post("/v1/needs", json={"kind": self.kind, "zip": self.region.centre, **fields})
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    async def need(self, need_id: str) -> dict[str, Any]:
        async with self.teacher() as teacher:
            answer = await teacher.get(f"/v1/needs/{need_id}")
        return answer.json() if answer.status_code == 200 else {"state": None, "outcome": None, "proposals": []}

    async def offer(self, place: int) -> dict[str, Any]:
        """A shop's offer, as that shop sees it."""
        async with self.shop(place) as shop:
            return dict((await shop.get(f"/v1/offers/{self.offers[place]}")).json())

    async def until(
        self, need_id: str, *states: tuple[int, str], within_s: float = 20, **fields: Any
    ) -> dict[str, Any]:
        """The need as soon as its proposals are these (place of the shop, state), in this order."""

        def good(seen: dict[str, Any]) -> bool:
            return self.states(seen) == list(states) and all(seen[name] == value for name, value in fields.items())

        return dict(await until(lambda: self.need(need_id), good, within_s))

    def states(self, need: dict[str, Any]) -> list[tuple[int, str]]:
        return [(self.offers.index(p["offer_id"]), p["state"]) for p in need["proposals"]]

    async def say(self, proposal: dict[str, Any], answer: str, by: str, **body: Any) -> httpx.Response:
        async with self.running.api(member_id=by) as client:
            return await client.post(f"/v1/proposals/{proposal['proposal_id']}/{answer}", json=body)


async def town(running: Running, shops: int = 2, kind: str = "shop_tour", **offer: Any) -> Town:
    """A new one, in a region of its own."""
    region = next(REGIONS)
    made = Town(running, region, mark("school"), [mark("shop") for _ in range(shops)], [], kind)
    there = [member(shop, zip=zip5) for shop, zip5 in zip(made.shops, region.near, strict=False)]
    await joined(running, school(made.school, zip=region.centre), *there)
    for place, zip5 in zip(range(shops), region.near, strict=False):
        async with made.shop(place) as shop:
            answer = await shop.post("/v1/offers", json={"kind": kind, "zip": zip5, **offer})
        assert answer.status_code == 201, answer.text
        made.offers.append(answer.json()["offer_id"])
    return made
