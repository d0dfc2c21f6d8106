"""What shops say besides pay: as the contracts have it, enough of it in every state, and the same for the same seed."""

from collections import Counter
from datetime import date

import httpx
import pytest
from contracts.codec import decode_kafka, parse
from contracts.exchange import BenefitsSubmitted, LaborRateSubmitted
from driveline.demo.market import Shop, real_shops, synthetic_shops
from driveline.demo.offer_rows import cells_by_measure, offer_rows
from driveline.demo.offers import Answer, Offers, Posted, offers
from driveline.demo.story import Roll

TODAY = date(2026, 11, 26)
SHOPS = real_shops(5)[:900] + synthetic_shops(5)
REFS = [shop.ref for shop in SHOPS]
SPECIAL = {"payroll": REFS[903::9], "ungranted": REFS[:900:50], "not_counted": REFS[905::97]}
ROLL = Roll({ref: f"m-{ref}" for ref in REFS}, *(frozenset(refs) for refs in SPECIAL.values()))
ELM = Shop("pa-ois:1", "Elm Garage", "New Oxford", "PA", "17350", "independent_repair", "3_5", 4)


@pytest.fixture(scope="module")
def told() -> Offers:
    return offers(SHOPS, ROLL, TODAY, 5)


def test_it_is_what_the_contracts_take_and_old_enough_to_count(told: Offers) -> None:
    cutoffs = {BenefitsSubmitted: date(2026, 8, 28), LaborRateSubmitted: date(2026, 5, 30)}
    kinds: Counter[str] = Counter()
    for publication in told.published:
        event = parse(decode_kafka(publication.headers, publication.value), strict=True)
        assert isinstance(event, BenefitsSubmitted | LaborRateSubmitted)
        assert date(2024, 12, 1) < event.effective_on <= cutoffs[type(event)]
        assert event.member_id.removeprefix("m-") not in ROLL.payroll | ROLL.ungranted
        kinds[event.topic] += 1
    assert kinds["benefits.submitted"] == 3 * kinds["labor-rate.submitted"]


def test_what_must_stand_is_of_shops_that_count_and_there_is_enough_of_it_in_every_state(told: Offers) -> None:
    assert not {one.shop.ref for one in (*told.answers, *told.rates)} & ROLL.not_counted
    assert told.standing < len(told.published)
    doors = Counter(one.shop.state for one in told.rates if one.kind == "mechanical_door")
    health = Counter(one.shop.state for one in told.answers if one.benefit == "health")
    assert len(doors) == len(health) == 50
    assert min(doors.values()) >= 10
    assert min(health.values()) >= 10


def test_the_same_seed_says_the_same(told: Offers) -> None:
    assert offers(SHOPS, ROLL, TODAY, 5) == told
    assert offers(SHOPS, ROLL, TODAY, 6) != told


def exchange(*answers: dict[str, object]) -> httpx.Client:
    """It answers these, one after the other."""
    waiting = iter(answers)
    return httpx.Client(
        base_url="http://e", transport=httpx.MockTransport(lambda _: httpx.Response(200, json=next(waiting)))
    )


def test_what_went_in_is_rounded_as_the_policies_round() -> None:
    """13 of 20 offer it: 65 percent; of 250 and 300 the middle is 275, to the next 50 dollars; of two rates 140.5."""
    amounts = [250, 300, *[None] * 11]
    answers = [Answer(ELM, "tool_allowance_year", True, amount) for amount in amounts]
    answers += [Answer(ELM, "tool_allowance_year", False, None)] * 7
    rates = [Posted(ELM, "mechanical_door", cents) for cents in (140_00, 141_00)]
    benefit = {"status": "published", "share": "65", "amount": {"unit": "usd_year", "p50": "300.00"}}
    door = {"status": "published", "percentiles": {"p50": "141.00"}}
    rows = offer_rows(exchange(benefit, door), Offers([], answers, rates))
    assert [(row.asked, row.released, row.exact) for row in rows] == [
        ("tool_allowance_year, PA", {"share": "65", "amount": "300.00"}, True),
        ("mechanical_door, PA", {"p50": "141.00"}, True),
    ]
    rolled_up = offer_rows(exchange(benefit | {"status": "rolled_up"}, door), Offers([], answers, rates))
    assert [row.exact for row in rolled_up] == [False, True]


def test_cells_are_counted_by_measure_from_the_export() -> None:
    lines = b"".join(
        b'{"cell": "%b"}\n' % cell
        for cell in (b"pay|nation:US|*|*|*|*", b"benefits|nation:US|*|*|health", b"pay|state:PA|*|*|*|*")
    )
    asked = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        return httpx.Response(200, content=lines)

    client = httpx.Client(base_url="http://e", transport=httpx.MockTransport(answer))
    assert cells_by_measure(client, {"epoch": 3, "serial": 1}) == {"pay": 2, "benefits": 1}
    assert asked == ["/v1/epochs/3/1/cells"]
