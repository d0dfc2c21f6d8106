"""What people allow or forbid: the newest statement holds, in any order and however often, and the house hears of it."""

import uuid
from datetime import UTC
from typing import Any, get_args

import httpx
from contracts.vocabulary import MessageClass
from hypothesis import given
from hypothesis import strategies as st
from membership.domain.contact import CLASSES, Contact, Reach
from membership_system import Log, System, shop

PAT = Contact.add("c-1", "shop-42", Reach("Pat", "pat@example.com", "+12025550123"))
moments = st.datetimes(timezones=st.just(UTC))
statements = st.tuples(
    st.sampled_from(["sms", "email"]),
    st.lists(st.sampled_from(CLASSES), max_size=2),
    st.booleans(),
    moments,
    st.sampled_from(["STOP", "START"]),
)


def test_no_class_means_all_that_the_contracts_know() -> None:
    assert get_args(MessageClass) == CLASSES


@given(st.lists(statements, max_size=6), st.randoms(use_true_random=False))
def test_the_newest_statement_holds_whatever_the_order(said: list[Any], random: Any) -> None:
    ends = []
    for order in (said, [*said, *said], random.sample(said, len(said))):
        contact = PAT
        for statement in order:
            contact = contact.state(*statement)
            assert contact.state(*statement) is contact
        ends.append(contact.consents)
    assert ends[0] == ends[1] == ends[2]
    for consent in ends[0]:
        newest = max(at for channel, classes, _, at, _ in said if consent.channel == channel
                     and consent.class_ in (classes or CLASSES))  # fmt: skip
        assert consent.at == newest


@given(st.lists(statements, max_size=6))
def test_every_change_is_one_revision_and_erased_stays_erased(said: list[Any]) -> None:
    contact, erased = PAT, PAT.erase()
    for statement in said:
        before, contact = contact, contact.state(*statement)
        assert contact.revision == before.revision + (contact.consents != before.consents)
        assert erased.state(*statement) is erased


async def somebody(api: httpx.AsyncClient) -> dict[str, Any]:
    asked = shop(contacts=[{"name": "Pat", "email": "pat@example.com", "phone": "+12025550123", "roles": ["owner"]}])
    member_id = (await api.post("/v1/members", json=asked)).raise_for_status().json()["member_id"]
    contact: dict[str, Any] = (await api.get(f"/v1/members/{member_id}")).json()["contacts"][0]
    return contact


async def state(log: Log, contact_id: str, **said: Any) -> str:
    """As notifications states it; returns the event's id."""
    body = {"contact_id": contact_id, "channel": "sms", "classes": [], "given": True, "source": "reply", **said}
    key = contact_id.encode()
    return await log.publish("consent.stated", "consent.stated", body, key=key)


async def revision(log: Log, contact_id: str, number: int) -> dict[str, Any]:
    [body] = await log.bodies("contact.changed", contact_id=contact_id, revision=number)
    return body


async def test_a_stop_ends_all_classes_and_a_later_start_gives_back_what_it_names(
    api: httpx.AsyncClient, log: Log
) -> None:
    contact_id = (await somebody(api))["contact_id"]
    start = {"classes": ["match"], "given": True, "at": "2026-03-01T00:00:00Z", "source": "START"}
    await state(log, contact_id, given=False, at="2026-02-01T00:00:00Z", source="STOP")
    await state(log, contact_id, **start)
    await state(log, contact_id, given=False, at="2026-01-01T00:00:00Z", source="an old STOP, come late")
    await state(log, contact_id, **start)
    await state(log, contact_id, classes=["digest"], at="2026-04-01T00:00:00Z", source="START DIGEST")
    last = await revision(log, contact_id, 4)

    def said(given: bool, at: str, source: str, *classes: str) -> list[dict[str, Any]]:
        return [{"channel": "sms", "class": c, "given": given, "at": at, "source": source} for c in classes]

    assert last["consents"] == [
        *said(True, "2026-04-01T00:00:00Z", "START DIGEST", "digest"),
        *said(False, "2026-02-01T00:00:00Z", "STOP", "marketing"),
        *said(True, "2026-03-01T00:00:00Z", "START", "match"),
        *said(False, "2026-02-01T00:00:00Z", "STOP", "transactional"),
    ]
    assert (last["name"], last["email"], last["phone"]) == ("Pat", "pat@example.com", "+12025550123")
    assert await log.bodies("contact.changed", within_s=0.5, contact_id=contact_id, revision=5) == []


async def test_new_contact_data_keeps_what_was_allowed(api: httpx.AsyncClient, log: Log) -> None:
    pat = await somebody(api)
    await state(log, pat["contact_id"], classes=["match"], at="2026-02-01T00:00:00Z")
    await revision(log, pat["contact_id"], 2)
    changed = {"name": "Pat Doe", "email": "pat@example.com", "phone": "+12025550123"}
    await api.post(f"/v1/members/{pat['member_id']}/contacts", json=[changed])
    body = await revision(log, pat["contact_id"], 3)
    assert (body["name"], [c["class"] for c in body["consents"]]) == ("Pat Doe", ["match"])


async def test_nothing_is_noted_about_whoever_was_erased(api: httpx.AsyncClient, log: Log) -> None:
    pat, other = await somebody(api), await somebody(api)
    await api.delete(f"/v1/members/{pat['member_id']}/contacts/{pat['contact_id']}")
    for contact in (pat, other):
        await state(log, contact["contact_id"], at="2026-02-01T00:00:00Z")
    await revision(log, other["contact_id"], 2)
    shown = (await api.get(f"/v1/members/{pat['member_id']}")).json()
    assert shown["contacts"] == []
    assert await log.bodies("contact.changed", within_s=0.5, contact_id=pat["contact_id"], revision=3) == []


async def test_a_statement_of_nobody_is_a_dead_letter_and_its_neighbours_are_applied(
    system: System, api: httpx.AsyncClient, log: Log
) -> None:
    pat, nobody = await somebody(api), f"c-{uuid.uuid4().hex[:8]}"
    ce_id = await state(log, nobody, at="2026-02-01T00:00:00Z")
    await state(log, pat["contact_id"], at="2026-02-01T00:00:00Z")
    await revision(log, pat["contact_id"], 2)

    def ours(record: Any) -> bool:
        return ("ce_id", ce_id.encode()) in record.headers

    [dead] = await log.read("membership.dead", ours)
    reasons = [value.decode() for name, value in dead.headers if value and b"is not a contact" in value]
    assert reasons == [f"contact_id: '{nobody}' is not a contact"]
