"""People are added to one member or to many, by whom it concerns; somebody who is known is changed, not doubled."""

import json
import uuid
from typing import Any

import httpx
from aiokafka import ConsumerRecord
from membership_system import Log, System, body_of, shop


async def join(api: httpx.AsyncClient, **fields: Any) -> str:
    return str((await api.post("/v1/members", json=shop(**fields))).raise_for_status().json()["member_id"])


def ndjson(*lines: Any) -> str:
    return "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)


async def test_people_are_added_and_changed(api: httpx.AsyncClient, log: Log) -> None:
    member_id = await join(api)
    at = f"/v1/members/{member_id}/contacts"
    pat = {"name": "Pat", "email": "pat@EXAMPLE.com", "roles": ["owner"]}
    kim = {"name": "Kim", "phone": "+12025550123", "roles": ["manager"], "timezone": "America/Chicago"}
    first = (await api.post(at, json=[pat, kim])).json()["contacts"]
    assert [(c["name"], c["email"], c["phone"], c["timezone"], c["revision"]) for c in first] == [
        ("Pat", "pat@example.com", None, "America/New_York", 1),
        ("Kim", None, "+12025550123", "America/Chicago", 1),
    ]
    again = (await api.post(at, json=[pat | {"name": "Pat Doe", "phone": "+12025550188"}, kim])).json()["contacts"]
    assert [(c["contact_id"], c["name"], c["revision"]) for c in again] == [
        (first[0]["contact_id"], "Pat Doe", 2),
        (first[1]["contact_id"], "Kim", 1),
    ]
    changes = await log.bodies("contact.changed", 3, member_id=member_id)
    assert sorted((c["name"], c["revision"]) for c in changes) == [("Kim", 1), ("Pat", 1), ("Pat Doe", 2)]


async def test_only_the_member_itself_and_operators_add_people(system: System, api: httpx.AsyncClient) -> None:
    member_id = await system.join(api, scopes=["members:write"])
    refused = await api.post(
        f"/v1/members/{member_id}/contacts",
        json=[{"email": "intruder@example.com"}],
        headers=await system.partner("wrenchway"),
    )
    assert (refused.status_code, refused.json()) == (403, {"error": f"member_id: '{member_id}' is not you"})
    partner = await system.partner("wrenchway")
    for path, body in (("/v1/contacts/import", ""), ("/v1/members/confirm", '{"members": []}')):
        answer = await api.post(path, content=body, headers=partner | {"content-type": "application/json"})
        assert (answer.status_code, answer.json()) == (403, {"error": "token: lacks the scope operate"})


async def test_bad_people_are_refused_on_one_line_and_nobody_is_added(api: httpx.AsyncClient) -> None:
    member_id = await join(api)
    good = {"email": "pat@example.com"}
    for body, line in (
        ({"email": "pat@example.com"}, "body: is not a list of contacts"),
        ([good, {"name": "Kim"}], "contacts.1: needs an email or a phone"),
        ([good, {"phone": "+1202555"}], "contacts.1.phone: '+1202555' is not a telephone number"),
        ([good, {"mail": "kim@example.com"}], "contacts.1.mail: is not a field of contacts"),
    ):
        answer = await api.post(f"/v1/members/{member_id}/contacts", json=body)
        assert (answer.status_code, answer.json()) == (422, {"error": line})
    assert (await api.get(f"/v1/members/{member_id}")).json()["contacts"] == []
    unknown = await api.post("/v1/members/m-none/contacts", json=[good])
    assert (unknown.status_code, unknown.json()) == (404, {"error": "member_id: 'm-none' is not a member"})


async def test_a_list_of_people_is_imported_and_its_bad_lines_are_named(api: httpx.AsyncClient, log: Log) -> None:
    one, other = await join(api), await join(api, zip="60601", state="IL", city="Chicago")
    body = ndjson(
        {"member_id": one, "contacts": [{"name": "Pat", "email": "pat@example.com"}]},
        "",
        {"member_id": "m-none", "contacts": [{"email": "who@example.com"}]},
        "{not json",
        {"member_id": other, "contacts": [{"name": "Kim", "phone": "+13125550123"}, {"name": "Lee"}]},
        {"member_id": other, "contacts": [{"name": "Kim", "phone": "+13125550123"}]},
        {"member_id": one, "contacts": [{"name": "Pat Doe", "email": "pat@example.com"}]},
    )
    said = (await api.post("/v1/contacts/import", content=body)).json()
    assert said["lines"] == 7
    assert said["refused"] == [
        {"line": 3, "reason": "member_id: 'm-none' is not a member"},
        {"line": 4, "reason": said["refused"][1]["reason"]},
        {"line": 5, "reason": "contacts.1: needs an email or a phone"},
    ]
    [pat, pat_again], [kim] = said["people"][one], said["people"][other]
    assert pat == pat_again
    [changed] = await log.bodies("contact.changed", contact_id=pat)
    assert (changed["name"], changed["revision"], changed["timezone"]) == ("Pat Doe", 1, "America/New_York")
    [changed] = await log.bodies("contact.changed", contact_id=kim)
    assert (changed["name"], changed["timezone"]) == ("Kim", "America/Chicago")
    again = (await api.post("/v1/contacts/import", content=body)).json()
    assert again["people"] == {one: [pat, pat], other: [kim]}


async def test_a_thousand_lines_are_one_answer_and_a_line_without_end_is_not_read(
    api: httpx.AsyncClient, log: Log
) -> None:
    member_id = await join(api)
    lines = [
        {"member_id": member_id, "contacts": [{"email": f"p{i % 700}@example.com", "name": f"P {i}"}]}
        for i in range(1_200)
    ]
    said = (await api.post("/v1/contacts/import", content=ndjson(*lines))).json()
    assert (said["lines"], len(said["people"][member_id]), said["refused"]) == (1_200, 1_200, [])
    assert len(set(said["people"][member_id])) == 700
    # They go out one person after the other, some hundred in a second; whoever comes next does not wait behind them.
    people = set(said["people"][member_id])

    def is_first_of_its_person(record: ConsumerRecord[Any, Any]) -> bool:
        left = len(people)
        people.discard(body_of(record).get("contact_id"))
        return len(people) < left

    await log.read("contact.changed", is_first_of_its_person, 700, within_s=90)
    assert people == set()
    too_long = await api.post("/v1/contacts/import", content='{"member_id": "' + "x" * 1_100_000)
    assert (too_long.status_code, too_long.json()) == (413, {"error": "line 1: more than 1048576 bytes"})


async def test_an_operator_vouches_for_many_at_once(api: httpx.AsyncClient, log: Log) -> None:
    one, other = await join(api), await join(api)
    technician = {"kind": "technician", "zip": "17350", "contacts": [{"email": f"{uuid.uuid4().hex[:8]}@example.com"}]}
    sam = (await api.post("/v1/members", json=technician)).json()["member_id"]
    body = {
        "members": [
            {"member_id": one, "verified_on": "2026-02-15"},
            {"member_id": other, "verified_on": "2026-02-15"},
            {"member_id": one, "verified_on": "2026-01-15"},
            {"member_id": "m-none", "verified_on": "2026-01-15"},
            {"member_id": sam, "verified_on": "2026-03-01"},
        ]
    }
    said = (await api.post("/v1/members/confirm", json=body)).json()
    refused = [{"member_id": "m-none", "reason": "member_id: 'm-none' is not a member"}]
    assert said == {"changed": 3, "refused": refused}
    assert (await api.post("/v1/members/confirm", json=body)).json() == {"changed": 0, "refused": refused}
    for member_id, status, day in (
        (one, "active", "2026-01-15"),
        (other, "active", "2026-02-15"),
        (sam, "active", "2026-03-01"),
    ):
        [updated] = await log.bodies("member.updated", member_id=member_id)
        assert (updated["revision"], updated["status"], updated["verified_on"]) == (2, status, day)


async def test_a_phone_is_asked_once_whether_it_wants_texts(api: httpx.AsyncClient, log: Log) -> None:
    member_id, other = await join(api), await join(api)
    people = [{"email": "pat@example.com", "phone": "+12025550123"}, {"email": "kim@example.com"}]
    pat, kim = (await api.post(f"/v1/members/{member_id}/contacts", json=people)).json()["contacts"]
    for _ in range(2):
        asked = await api.post(f"/v1/members/{member_id}/contacts/{pat['contact_id']}/texts")
        assert (asked.status_code, asked.json()) == (202, {"contact_id": pat["contact_id"], "status": "asked"})
    requests = await log.bodies("notification.requested", 2, member_id=member_id)
    # The same request twice: notifications takes it once.
    assert requests[0] == requests[1]
    assert requests[0] == {
        "request_id": f"texts-{pat['contact_id']}-12025550123",
        "member_id": member_id,
        "contact_id": pat["contact_id"],
        "class": "transactional",
        "template": "sms_confirm",
    }
    for of, contact, line in (
        (member_id, kim["contact_id"], f"contact_id: '{kim['contact_id']}' has no phone"),
        (other, pat["contact_id"], f"contact_id: '{pat['contact_id']}' is not a contact of '{other}'"),
    ):
        refused = await api.post(f"/v1/members/{of}/contacts/{contact}/texts")
        assert (refused.status_code, refused.json()) == (422, {"error": line})
