"""Members change, leave, and are reached by nobody but themselves, operators, and partners that they granted."""

import uuid

import httpx
from aiokafka import ConsumerRecord
from membership_system import Log, System, shop


async def test_every_change_is_one_revision_and_no_change_is_none(api: httpx.AsyncClient, log: Log) -> None:
    member_id = (await api.post("/v1/members", json=shop())).json()["member_id"]
    at = f"/v1/members/{member_id}"
    revisions = [
        (await api.patch(at, json=change)).json()["revision"]
        for change in (
            {"size": "6_10", "name": "Elm Street Garage and Sons"},
            {"size": "6_10"},
            {"verified_on": "2026-01-15", "status": "grace"},
            {"verified_on": "2026-02-15"},
            {"verified_on": "2026-01-02"},
        )
    ]
    assert revisions == [2, 2, 3, 3, 4]
    updates = await log.bodies("member.updated", 3, member_id=member_id)
    by_revision = sorted((u["revision"], u["size"], u["status"], u["verified_on"]) for u in updates)
    assert by_revision == [
        (2, "6_10", "active", None),
        (3, "6_10", "grace", "2026-01-15"),
        (4, "6_10", "grace", "2026-01-02"),
    ]


async def test_an_entry_of_a_register_belongs_to_one_member(api: httpx.AsyncClient) -> None:
    entry = {"scheme": "pa-ois", "id": f"U{uuid.uuid4().hex[:6]}"}
    await api.post("/v1/members", json=shop(external_ids=[entry]))
    other = (await api.post("/v1/members", json=shop())).json()["member_id"]
    refused = await api.patch(f"/v1/members/{other}", json={"external_ids": [entry]})
    assert (refused.status_code, refused.json()) == (
        422,
        {"error": f"external_ids: 'pa-ois:{entry['id']}' is another member's"},
    )


async def test_leaving_ends_the_membership_and_every_grant(system: System, api: httpx.AsyncClient, log: Log) -> None:
    member_id = await system.join(api)
    left = await api.delete(f"/v1/members/{member_id}")
    assert (left.status_code, left.json()["status"], left.json()["revision"]) == (200, "left", 2)
    assert (await api.delete(f"/v1/members/{member_id}")).json()["revision"] == 2
    granted, taken_back = sorted(
        await log.bodies("grant.changed", 2, member_id=member_id), key=lambda grant: grant["revision"]
    )
    assert granted == {"member_id": member_id, "partner": "wrenchway", "revision": 1, "scopes": ["pay:write"]}
    assert taken_back == {"member_id": member_id, "partner": "wrenchway", "revision": 2, "scopes": []}
    refused = await api.patch(f"/v1/members/{member_id}", json={"status": "grace"})
    assert refused.json() == {"error": "status: 'left' cannot become 'grace'"}


async def test_an_erased_contact_is_a_revision_without_data(api: httpx.AsyncClient, log: Log) -> None:
    asked = shop(contacts=[{"name": "Pat", "email": "pat@example.com", "roles": ["owner"]}])
    member_id = (await api.post("/v1/members", json=asked)).json()["member_id"]
    at = f"/v1/members/{member_id}"
    await api.patch(at, json={"contacts": [{"name": "Pat Doe", "email": "pat@example.com", "roles": ["owner"]}]})
    [contact] = (await api.get(at)).json()["contacts"]
    assert (contact["name"], contact["revision"]) == ("Pat Doe", 2)
    assert (await api.delete(f"{at}/contacts/{contact['contact_id']}")).status_code == 204
    assert (await api.get(at)).json()["contacts"] == []

    def its(record: ConsumerRecord[bytes, bytes]) -> bool:
        return record.key == contact["contact_id"].encode()

    records = await log.read("contact.changed", its, 3)
    assert records[-1].value == (b'{"contact_id":"%s","erased":true,"revision":3}' % contact["contact_id"].encode())
    unknown = await api.delete(f"{at}/contacts/c-9")
    assert unknown.json() == {"error": f"contact_id: 'c-9' is not a contact of '{member_id}'"}


async def test_a_member_reaches_its_own_things_only(system: System, api: httpx.AsyncClient) -> None:
    mine, other = await system.join(api), await system.join(api, grant="vendor")
    system_of_mine = {"scopes": ["members:write", "pay:write"]}
    made = await api.post(f"/v1/members/{mine}/clients", json=system_of_mine)
    assert made.status_code == 201
    token = await system.bearer(made.json()["client_id"], made.json()["client_secret"])
    statuses = {
        "read mine": (await api.get(f"/v1/members/{mine}", headers=token)).status_code,
        "change mine": (await api.patch(f"/v1/members/{mine}", json={"size": "1_2"}, headers=token)).status_code,
        "verify mine": (
            await api.patch(f"/v1/members/{mine}", json={"verified_on": "2026-01-01"}, headers=token)
        ).status_code,
        "read another's": (await api.get(f"/v1/members/{other}", headers=token)).status_code,
        "change another's": (await api.patch(f"/v1/members/{other}", json={"size": "1_2"}, headers=token)).status_code,
        "end another's": (await api.delete(f"/v1/members/{other}", headers=token)).status_code,
        "register a partner": (
            await api.post("/v1/partners", json={"name": "x", "scopes": []}, headers=token)
        ).status_code,
    }
    assert statuses == {
        "read mine": 200,
        "change mine": 200,
        "verify mine": 403,
        "read another's": 403,
        "change another's": 403,
        "end another's": 403,
        "register a partner": 403,
    }


async def test_a_partner_reads_the_public_state_of_members_that_granted_it(
    system: System, api: httpx.AsyncClient
) -> None:
    ours, other = await system.join(api), await system.join(api, grant="vendor")
    token = await system.partner("wrenchway")
    seen = await api.get(f"/v1/members/{ours}", headers=token)
    assert (seen.status_code, seen.json()["member_id"], "contacts" in seen.json()) == (200, ours, False)
    hidden = await api.get(f"/v1/members/{other}", headers=token)
    assert (hidden.status_code, hidden.json()) == (
        403,
        {"error": f"member_id: '{other}' has granted nothing to 'wrenchway'"},
    )
    nobody = await api.get("/v1/members/shop-42", headers=token)
    assert (nobody.status_code, nobody.json()) == (404, {"error": "member_id: 'shop-42' is not a member"})
