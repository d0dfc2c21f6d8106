"""Grants: for thousands at once by an operator, for oneself by a member, never more than the partner itself has."""

import httpx
from membership_system import Log, System, shop


async def test_a_grant_is_stated_anew_and_only_what_changed_is_told(
    system: System, api: httpx.AsyncClient, log: Log
) -> None:
    ours = [(await api.post("/v1/members", json=shop())).json()["member_id"] for _ in range(3)]
    body = {"partner": "wrenchway", "scopes": ["pay:write", "benefits:write"], "member_ids": [*ours, ours[0]]}
    answer = await api.post("/v1/grants", json=body)
    assert answer.json() == {
        "partner": "wrenchway",
        "scopes": ["benefits:write", "pay:write"],
        "members": 3,
        "changed": 3,
    }
    assert (await api.post("/v1/grants", json=body)).json()["changed"] == 0
    assert (await api.post("/v1/grants", json=body | {"scopes": ["pay:write"]})).json()["changed"] == 3
    told = sorted(await log.bodies("grant.changed", 2, member_id=ours[0]), key=lambda grant: grant["revision"])
    assert [(grant["revision"], grant["scopes"]) for grant in told] == [
        (1, ["benefits:write", "pay:write"]),
        (2, ["pay:write"]),
    ]


async def test_a_member_grants_for_itself_with_its_own_token(system: System, api: httpx.AsyncClient) -> None:
    mine, other = [(await api.post("/v1/members", json=shop())).json()["member_id"] for _ in range(2)]
    made = (await api.post(f"/v1/members/{mine}/clients", json={"scopes": ["members:write"]})).json()
    token = await system.bearer(made["client_id"], made["client_secret"])
    body = {"partner": "wrenchway", "scopes": ["pay:write"]}
    own = await api.post("/v1/grants", json=body | {"member_ids": [mine]}, headers=token)
    assert (own.status_code, own.json()["changed"]) == (200, 1)
    others = await api.post("/v1/grants", json=body | {"member_ids": [mine, other]}, headers=token)
    assert (others.status_code, others.json()) == (403, {"error": "member_ids: a member grants for itself only"})
    partners = await api.post(
        "/v1/grants", json=body | {"member_ids": [other]}, headers=await system.partner("wrenchway")
    )
    assert partners.status_code == 403


async def test_bad_grants_change_nothing(api: httpx.AsyncClient) -> None:
    member_id = (await api.post("/v1/members", json=shop())).json()["member_id"]
    good = {"partner": "wrenchway", "scopes": ["pay:write"], "member_ids": [member_id]}
    for change, status, line in (
        ({"member_ids": [member_id, "shop-42"]}, 422, "member_ids.1: 'shop-42' is not a member"),
        ({"partner": "nobody"}, 422, "partner: 'nobody' is not registered"),
        (
            {"scopes": ["technician-pay:write"]},
            403,
            "scopes: partner 'wrenchway' itself does not have 'technician-pay:write'",
        ),
        ({"for": "ever"}, 422, "for: Extra inputs are not permitted"),
    ):
        answer = await api.post("/v1/grants", json=good | change)
        assert (answer.status_code, answer.json()) == (status, {"error": line})
    assert (await api.post("/v1/grants", json=good)).json()["changed"] == 1
