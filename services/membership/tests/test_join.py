"""Joining: by HTTP and by event, once and again, and what the rest of the house hears of it."""

import asyncio
import uuid

import httpx
from membership_system import Log, System, shop


async def test_a_shop_joins_and_its_whole_public_state_is_on_the_log(api: httpx.AsyncClient, log: Log) -> None:
    asked = shop(contacts=[{"name": "Pat", "email": "Pat@EXAMPLE.com", "phone": "+12025550123", "roles": ["owner"]}])
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
        "email": "Pat@example.com",
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


async def test_twenty_applications_of_one_owner_at_once_make_one_member(api: httpx.AsyncClient) -> None:
    asked = shop()
    answers = await asyncio.gather(
        *(api.post("/v1/members", json=asked | {"request_id": f"{asked['request_id']}-{i}"}) for i in range(20))
    )
    assert sorted(answer.status_code for answer in answers) == [200] * 19 + [201]
    assert len({answer.json()["member_id"] for answer in answers}) == 1


async def test_a_second_shop_of_the_owner_becomes_a_location(api: httpx.AsyncClient, log: Log) -> None:
    domain = f"garage-{uuid.uuid4().hex[:8]}.example"
    first = (await api.post("/v1/members", json=shop(contacts=[{"email": f"pat@{domain}"}]))).json()
    second = shop(zip="17401", contacts=[{"email": f"kim@{domain}"}])
    answer = await api.post("/v1/members", json=second)
    assert (answer.status_code, answer.json()["member_id"]) == (200, first["member_id"])
    [updated] = await log.bodies("member.updated", member_id=first["member_id"])
    assert (updated["revision"], updated["name"], updated["zip"]) == (2, first["name"], "17350")
    assert [place["zip"] for place in updated["locations"]] == ["17350", "17401"]
    assert updated["ownership"] == "small_group"
    contacts = await log.bodies("contact.changed", 2, member_id=first["member_id"])
    assert {contact["email"] for contact in contacts} == {f"pat@{domain}", f"kim@{domain}"}


async def test_the_same_entry_of_a_register_is_the_same_member(api: httpx.AsyncClient) -> None:
    entry = {"scheme": "pa-ois", "id": f"T{uuid.uuid4().hex[:6]}"}
    first = await api.post("/v1/members", json=shop(external_ids=[entry]))
    again = await api.post("/v1/members", json=shop(external_ids=[entry], zip="17401"))
    assert again.json()["member_id"] == first.json()["member_id"]
    as_school = {"kind": "school", "name": "York Tech", "zip": "17401", "external_ids": [entry]}
    refused = await api.post("/v1/members", json=as_school)
    assert refused.status_code == 422
    assert refused.json() == {"error": "kind: 'school' is asked for, but this member is a business"}


async def test_an_application_by_event_is_settled(system: System, log: Log) -> None:
    asked = shop()
    await log.publish("partner.wrenchway", "member.join-requested", asked)
    [settled] = await log.bodies("member.join-settled", request_id=asked["request_id"])
    assert settled == {
        "request_id": asked["request_id"],
        "outcome": "joined",
        "member_id": settled["member_id"],
        "reason": None,
    }
    [joined] = await log.bodies("member.joined", member_id=settled["member_id"])
    assert joined["name"] == asked["name"]
    await log.publish("partner.wrenchway", "member.join-requested", asked)
    _, again = await log.bodies("member.join-settled", 2, request_id=asked["request_id"])
    assert (again["outcome"], again["member_id"]) == ("existing", settled["member_id"])


async def test_one_partners_request_id_is_not_anothers(api: httpx.AsyncClient, log: Log) -> None:
    mark = f"r-{uuid.uuid4().hex[:8]}"
    ours = (await api.post("/v1/members", json=shop(request_id=mark))).json()["member_id"]
    await log.publish("partner.wrenchway", "member.join-requested", shop(request_id=mark))
    [settled] = await log.bodies("member.join-settled", request_id=mark)
    assert settled["outcome"] == "joined"
    assert settled["member_id"] != ours


async def test_an_application_that_the_rules_forbid_is_settled_as_refused(log: Log) -> None:
    asked = {"request_id": f"r-{uuid.uuid4().hex[:8]}", "kind": "technician", "zip": "17350"}
    await log.publish("partner.wrenchway", "member.join-requested", asked)
    [settled] = await log.bodies("member.join-settled", request_id=asked["request_id"])
    assert settled == {
        "request_id": asked["request_id"],
        "outcome": "refused",
        "member_id": None,
        "reason": "contacts: a technician joins with an email or a phone",
    }


async def test_a_partner_cannot_put_its_people_among_somebody_elses_contacts(
    system: System, api: httpx.AsyncClient
) -> None:
    asked = shop(contacts=[{"email": "owner@example.com"}])
    member_id = (await api.post("/v1/members", json=asked)).json()["member_id"]
    theirs = asked | {"request_id": "r-1", "contacts": [{"email": "intruder@example.com"}]}
    answer = await api.post("/v1/members", json=theirs, headers=await system.partner("wrenchway"))
    assert (answer.status_code, answer.json()["member_id"]) == (200, member_id)
    seen = (await api.get(f"/v1/members/{member_id}")).json()
    assert [contact["email"] for contact in seen["contacts"]] == ["owner@example.com"]


async def test_a_technician_has_no_name_in_public_and_counts_from_the_day_of_confirmation(
    api: httpx.AsyncClient, log: Log
) -> None:
    email = f"sam-{uuid.uuid4().hex[:8]}@example.com"
    asked = {
        "kind": "technician",
        "name": "Sam Doe",
        "address": "3 Oak Lane",
        "zip": "17350",
        "contacts": [{"email": email}],
    }
    answer = await api.post("/v1/members", json=asked)
    member_id = answer.json()["member_id"]
    [joined] = await log.bodies("member.joined", member_id=member_id)
    assert (joined["name"], joined["address"], joined["status"], joined["verified_on"]) == (None, None, "pending", None)
    confirmed = (await api.patch(f"/v1/members/{member_id}", json={"verified_on": "2026-07-01"})).json()
    assert (confirmed["revision"], confirmed["status"], confirmed["verified_on"]) == (2, "active", "2026-07-01")
    again = await api.post("/v1/members", json=asked | {"contacts": [{"email": email.upper()}]})
    assert (again.status_code, again.json()["member_id"]) == (200, member_id)


async def test_bad_applications_are_refused_on_one_line(api: httpx.AsyncClient) -> None:
    for change, line in (
        ({"kind": "garage"}, "kind: 'garage' is not one of 'school', 'business', 'organization' or 'technician'"),
        ({"zip": None}, "zip: is missing, a business has one"),
        ({"fee": "1"}, "fee: is not a field of member.join-requested"),
        ({"contacts": [{"email": "pat"}]}, "contacts.0.email: 'pat' is not an email address"),
        ({"contacts": [{"phone": "+1202555"}]}, "contacts.0.phone: '+1202555' is not a telephone number"),
    ):
        answer = await api.post("/v1/members", json=shop() | change)
        assert answer.status_code == 422
        assert answer.json() == {"error": line}
