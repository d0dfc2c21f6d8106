"""Joining: by HTTP and by event, once and again, and what the rest of the house hears of it."""

import httpx
from membership_system import Log, shop


async def test_a_shop_joins_and_its_whole_public_state_is_on_the_log(api: httpx.AsyncClient, log: Log) -> None:
    asked = shop(contacts=[{"name": "Pat", "email": "pat@example.com", "phone": "+12025550123", "roles": ["owner"]}])
    answer = await api.post("/v1/members", json=asked)
    assert answer.status_code == 201
    member_id = answer.json()["member_id"]
    [joined] = await log.bodies("member.joined", member_id=member_id)
    assert joined == {
        "member_id": member_id,
        "revision": 1,
        "kind": "business",
        "status": "active",
        "verified_on": None,
        "name": asked["name"],
        "address": asked["address"],
        "city": "New Oxford",
        "state": "PA",
        "zip": "17350",
        "external_ids": [],
        "shop_type": "independent_repair",
        "size": "3_5",
        "ownership": "single",
        "locations": [],
        "level": None,
        "programs": [],
    }
    [contact] = await log.bodies("contact.changed", member_id=member_id)
    assert contact == {
        "contact_id": contact["contact_id"],
        "revision": 1,
        "member_id": member_id,
        "name": "Pat",
        "email": "pat@example.com",
        "phone": "+12025550123",
        "roles": ["owner"],
        "timezone": "America/New_York",
        "language": "en",
        "erased": False,
        "consents": [],
    }


async def test_a_repeated_request_returns_the_member_that_is_there(api: httpx.AsyncClient) -> None:
    asked = shop()
    first, again = await api.post("/v1/members", json=asked), await api.post("/v1/members", json=asked)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
