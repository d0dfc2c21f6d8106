"""A partner that is made known while the intake runs is heard within seconds."""

import time
import uuid

import httpx
from chassis.servers.topics import from_contract, make_topics
from contracts.topics import partner_topics
from membership_system import Log, System, pay


async def test_a_new_partner_is_heard_soon(system: System, api: httpx.AsyncClient, log: Log, kafka: str) -> None:
    name = f"new-{uuid.uuid4().hex[:8]}"
    registered = await api.post("/v1/partners", json={"name": name, "scopes": ["pay:write"]})
    assert registered.status_code == 201
    make_topics(kafka, [from_contract(topic) for topic in partner_topics(name)])
    ours = await system.join(api, grant=name)
    began = time.monotonic()
    await log.publish(f"partner.{name}", "pay.submitted", pay(ours))
    [body] = await log.bodies("pay.submitted", member_id=ours)
    assert body["submission_id"] == f"{name}/9b1c"
    assert time.monotonic() - began < 15
