"""The path of a partnership over HTTP: asked, proposed, accepted, agreed, completed; each step told once."""

from matching_market import NEW_OXFORD, YORK, joined, mark, member, school
from matching_process import Running


async def test_from_a_need_to_what_came_of_it(matching: Running) -> None:
    pupil, garage = mark("school"), mark("shop")
    await joined(matching, school(pupil), member(garage))
    async with matching.api(member_id=garage) as shop, matching.api(member_id=pupil) as teacher:
        offered = await shop.post(
            "/v1/offers", json={"kind": "guest_speaker", "zip": NEW_OXFORD, "capacity": 1, "period": "month"}
        )
        assert offered.status_code == 201, offered.text
        offer_id = offered.json()["offer_id"]
        asked = await teacher.post(
            "/v1/needs",
            json={
                "kind": "guest_speaker",
                "title": "Brake day",
                "zip": YORK,
                "students": 22,
                "contact_id": "c-9",
                "starts_on": "2027-02-01",
                "answer_by": "2027-01-15",
            },
        )
        assert asked.status_code == 201, asked.text
        need = asked.json()
        [proposal] = need["proposals"]
        assert (proposal["state"], proposal["awaits"], proposal["offer_id"]) == ("proposed", garage, offer_id)
        assert proposal["distance_miles"] == 19
        path = f"/v1/proposals/{proposal['proposal_id']}"
        accepted = await shop.post(f"{path}/accept")
        assert (accepted.status_code, accepted.json()["state"]) == (200, "accepted"), accepted.text
        agreed = await teacher.post(f"{path}/agree")
        assert (agreed.status_code, agreed.json()["state"]) == (200, "agreed"), agreed.text
        seen = (await teacher.get(f"/v1/needs/{need['need_id']}")).json()
        assert (seen["state"], seen["outcome"]) == ("filled", "agreed")
        first = await shop.post(f"{path}/complete", json={"hours_given": "2.5", "value_donated": "150.00"})
        assert (first.json()["state"], first.json()["said_completed_by"]) == ("agreed", [garage])
        last = await teacher.post(f"{path}/complete", json={"students_reached": 21})
        assert last.json()["state"] == "completed", last.text
    mine = {"need_id": need["need_id"]}
    [told] = await matching.told("partnership.proposed", **mine)
    assert told["answer_url"].startswith(f"{matching.url}/answers/")
    told.pop("answer_url")
    assert told.pop("answer_until") == proposal["answer_until"]
    assert told == {
        "proposal_id": proposal["proposal_id"],
        "need_id": need["need_id"],
        "offer_id": offer_id,
        "revision": 1,
        "kind": "guest_speaker",
        "title": "Brake day",
        "requested_by": pupil,
        "offered_by": garage,
        "contact_id": "c-9",
        "zip": YORK,
        "distance_miles": 19,
        "students": 22,
        "starts_on": "2027-02-01",
    }
    assert [t["revision"] for t in await matching.told("partnership.accepted", **mine)] == [2]
    assert [t["revision"] for t in await matching.told("partnership.agreed", **mine)] == [3]
    [done] = await matching.told("partnership.completed", **mine)
    assert (done["revision"], done["students_reached"], done["hours_given"], done["value_donated"]) == (
        5,
        21,
        "2.5",
        "150.00",
    )
    assert [t["title"] for t in await matching.told("partnership.requested", **mine)] == ["Brake day"]
    assert len(await matching.told("partnership.offered", offer_id=offer_id)) == 1
