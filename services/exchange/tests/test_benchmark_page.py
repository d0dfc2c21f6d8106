"""The benchmark page: the same answers in words, whatever is asked, and the reason where nothing can be answered."""

import re
from html import unescape
from typing import Any, get_args

import pytest
from contracts.vocabulary import BENEFIT_UNIT
from exchange.adapters.metros import metros
from exchange.entrypoints import words
from exchange_log import Log
from exchange_market import Market, ago, member
from exchange_system import Service

from contracts import vocabulary


def text_of(html: str) -> str:
    """What is read on the page, blanks as one."""
    body = html.partition("<main")[2]
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", body)))


def test_there_are_words_for_every_code() -> None:
    for code_list, said in (
        (vocabulary.ROLES, words.ROLES),
        (vocabulary.SHOP_TYPES, words.SHOP_TYPES),
        (vocabulary.EXPERIENCES, words.EXPERIENCES),
        (vocabulary.BENEFITS, words.BENEFITS),
        (vocabulary.LABOR_RATE_KINDS, words.LABOR_RATES),
        (get_args(vocabulary.BenefitUnit), words.AMOUNTS),
        (vocabulary.SHOP_SIZES, words.SIZES),
        (get_args(vocabulary.PayPlan), words.PLANS),
        (get_args(vocabulary.CredentialLevel), words.CREDENTIAL_LEVELS),
        (get_args(vocabulary.ContributorBand), words.BANDS),
    ):
        assert set(said) == set(code_list)
        assert all(said.values())
    assert set(metros()) <= set(words.STATES)


async def test_the_first_address_leads_to_the_page(exchange: Service) -> None:
    answer = await exchange.http.get("/")
    assert (answer.status_code, answer.headers["location"]) == (307, "/benchmarks")


async def test_the_answer_is_a_sentence_and_a_table_with_the_official_figure(exchange: Service, log: Log) -> None:
    market = Market.of("PA", "tech_a")
    shops = [market.shop(n) for n in range(10)]
    await log.say("member.joined", *(member(shop) for shop in shops))
    await log.say("pay.submitted", *(market.pay(shop, f"{20 + n}") for n, shop in enumerate(shops)))
    await exchange.release()
    published = await exchange.http.get("/benchmarks?role=tech_a&state=PA")
    read = text_of(published.text)
    assert published.status_code == 200
    assert "A technician in Pennsylvania $24.50 an hour" in read
    assert "Half of the positions are paid less than $24.50 an hour, and half are paid more." in read
    assert "The middle half lies between $22.25 and $26.75." in read
    assert "Reported by 10 to 19 shops" in read
    assert "One in ten is paid less than – – 16.66" in read
    assert "Half are paid less than 24.50 21.00 – 28.00 24.34" in read
    assert "Automotive Service Technicians and Mechanics (49-3023), 704,640 employed in the nation." in read
    assert "Their mean in Pennsylvania is $26.13 an hour." in read
    assert '<option value="PA" selected>Pennsylvania</option>' in published.text
    assert '<option value="tech_a" selected>A technician</option>' in published.text
    rolled_up = text_of((await exchange.http.get("/benchmarks?role=tech_a&state=PA&experience=y0_1")).text)
    assert "You asked for A technician in Pennsylvania, up to 1 year in the trade . Too few shops" in rolled_up
    assert "A technician in Pennsylvania You asked" in rolled_up


def answers(market: Market, benefit: str, said: list[str | None]) -> list[dict[str, Any]]:
    """Of the n-th shop its answer to one benefit: None is not offered, empty offered without a word on how much."""
    return [
        {
            "submission_id": f"b-{benefit}",
            "revision": 1,
            "member_id": market.shop(n),
            "shop_type": "independent_repair",
            "size": "3_5",
            "zip": market.zip,
            "benefit": benefit,
            "offered": amount is not None,
            **({"amount": amount, "unit": BENEFIT_UNIT[benefit]} if amount else {}),
            "effective_on": ago(150).isoformat(),
        }
        for n, amount in enumerate(said)
    ]


def rates(market: Market, kind: str, posted: list[str]) -> list[dict[str, Any]]:
    return [
        {
            "submission_id": f"l-{kind}",
            "revision": 1,
            "member_id": market.shop(n),
            "shop_type": "independent_repair",
            "zip": market.zip,
            "kind": kind,
            "posted_rate": rate,
            "effective_on": ago(250).isoformat(),
        }
        for n, rate in enumerate(posted)
    ]


async def test_benefits_and_labor_rates_are_said_in_words(exchange: Service, log: Log) -> None:
    market = Market.of("HI", "tech_a")
    await log.say("member.joined", *(member(market.shop(n)) for n in range(16)))
    said = {
        "pto_days": ["10"] * 5 + ["12"] * 5 + [None] * 6,
        "tuition": ["1500"] * 4 + [""] * 7 + [None] * 5,
        "uniforms": [""] * 12 + [None] * 4,
        "four_day_week": [None] * 16,
    }
    for benefit, answered in said.items():
        await log.say("benefits.submitted", *answers(market, benefit, answered))
    await log.say("labor-rate.submitted", *rates(market, "mechanical_door", [f"{120 + 2 * n}" for n in range(16)]))
    manifest = await exchange.release()

    async def read(question: str) -> str:
        answer = await exchange.http.get(f"/benchmarks?{question}")
        assert answer.status_code == 200
        return text_of(answer.text)

    days = await read("about=benefits&benefit=pto_days&state=HI&shop_type=independent_repair&size=3_5")
    assert "Paid time off in Hawaii, independent repair shop, shop size: 3 to 5 people 65% of shops offer" in days
    assert "65% of shops offer paid time off here. Where it is offered, the usual amount is 11 days a year" in days
    assert "Reported by 10 to 19 shops" in days
    assert "There is no official statistic of benefits in this trade." in days
    assert "Half are paid less than 24.34" in days
    assert "Their mean in Hawaii is $" in days
    assert "rounded: percentages to 5 points, days to whole days, dollars to $50." in days
    tuition = await read("about=benefits&benefit=tuition&state=HI")
    assert "70% of shops offer help with tuition here. The usual amount is withheld: fewer than 5 shops" in tuition
    uniforms = await read("about=benefits&benefit=uniforms&state=HI")
    assert "The share is withheld: fewer than 5 shops answered one way" in uniforms
    assert "%" not in uniforms
    assert "usual amount" not in uniforms
    assert "0% of shops offer a four-day week here." in await read("about=benefits&benefit=four_day_week&state=HI")
    assert "Health insurance in the United States" in await read("about=benefits")
    rate = await read("about=labor-rates&kind=mechanical_door&state=HI")
    assert "Mechanical door rate in Hawaii $135.00 an hour" in rate
    assert "Half of the posted rates are below $135.00 an hour, and half are above." in rate
    assert "A number is shown only if at least 10 shops have reported it" in rate
    assert "The smallest area that is shown is a state." in rate
    assert "Metro area" not in rate
    assert "There is no number that may be shown. Fewer than 10 shops" in await read(
        "about=labor-rates&kind=warranty&state=HI"
    )

    cells = await exchange.cells(manifest)
    exported = cells["benefits|state:HI|independent_repair|*|pto_days"]
    assert (exported["share"], exported["amount"]) == ("65", {"unit": "days_year", "p50": "11"})
    assert "share" not in cells["benefits|state:HI|*|*|uniforms"]
    assert cells["labor-rates|state:HI|*|mechanical_door"]["percentiles"]["p50"] == "135.00"
    benefits = {"benefit": "uniforms", "state": "HI", "size": "3_5"}
    answer = (await exchange.http.get("/v1/benchmarks/benefits", params=benefits)).json()
    assert (answer["status"], answer["policy_id"], "share" in answer) == ("published", "benefits-2026", False)
    posted = {"kind": "mechanical_door", "state": "HI", "metro": market.metro}
    answer = (await exchange.http.get("/v1/benchmarks/labor-rates", params=posted)).json()
    assert (answer["status"], answer["answered"]) == ("rolled_up", {"kind": "mechanical_door", "state": "HI"})
    assert answer["policy_id"] == "labor-rates-2026"


async def test_another_question_keeps_the_place_and_the_kind_of_shop(exchange: Service) -> None:
    page = (await exchange.http.get("/benchmarks?about=benefits&state=PA&shop_type=specialty&size=3_5")).text
    assert (
        '<a href="/benchmarks?about=benefits&amp;state=PA&amp;shop_type=specialty" aria-current="page">Benefits</a>'
        in page
    )
    assert '<a href="/benchmarks?about=labor-rates&amp;state=PA&amp;shop_type=specialty">Labor rates</a>' in page
    assert '<a href="/benchmarks?state=PA&amp;shop_type=specialty">Pay</a>' in page
    assert '<input type="hidden" name="about" value="benefits">' in page
    assert '<option value="49620">York-Hanover, PA</option>' in page


async def test_what_may_not_be_shown_is_explained_and_the_official_figure_stands_all_the_same(
    exchange: Service,
) -> None:
    await exchange.release()
    answer = await exchange.http.get("/benchmarks?role=painter&state=WY")
    read = text_of(answer.text)
    assert answer.status_code == 200
    assert "Painter in Wyoming There is no number that may be shown. Fewer than 5 shops have reported it" in read
    assert "Automotive Body and Related Repairers (49-3021)" in read
    assert "Here" not in read
    assert "There is no official statistic for this role." in text_of(
        (await exchange.http.get("/benchmarks?role=service_advisor&state=WY")).text
    )


@pytest.mark.parametrize(
    ("question", "reason"),
    [
        ("about=prices", "What to ask about: 'prices' is not one of those to choose from."),
        ("about=benefits&benefit=gym", "Benefit: 'gym' is not one of those to choose from."),
        ("about=benefits&size=9", "Shop size: '9' is not one of those to choose from."),
        ("about=labor-rates&kind=door", "Kind of rate: 'door' is not one of those to choose from."),
        ("role=tech_q", "Role: 'tech_q' is not one of those to choose from."),
        ("role=<script>", "Role: '<script>' is not one of those to choose from."),
        ("state=XX", "State: 'XX' is not a state of the ZIP table, such as PA."),
        ("metro=49620", "Metro area: needs its state."),
        ("state=OH&metro=49620", "Metro area: '49620' is not a metro (CBSA code) in OH."),
        ("detail=plan%3Dweekly", "One more filter: 'weekly' is not one of those to choose from."),
        ("detail=rate%3D7", "One more filter: 'rate=7' is not a filter."),
        ("detail=size%3D3_5&experience=y5_9", "One more filter: cannot be asked together with “Experience”."),
        ("detail=plan%3Dhourly&shop_type=specialty", "One more filter: cannot be asked together with “Kind of shop”."),
    ],
)
async def test_a_bad_question_is_answered_by_the_form_with_the_reason(
    exchange: Service, question: str, reason: str
) -> None:
    answer = await exchange.http.get(f"/benchmarks?{question}")
    assert answer.status_code == 400
    assert reason in text_of(answer.text)
    assert "<script" not in answer.text
    assert '<p role="alert">' in answer.text


async def test_a_metro_is_chosen_from_its_states_and_another_state_leaves_it_open(exchange: Service) -> None:
    nation = (await exchange.http.get("/benchmarks")).text
    assert 'name="metro"' not in nation
    state = (await exchange.http.get("/benchmarks?state=PA")).text
    assert '<option value="49620">York-Hanover, PA</option>' in state
    metro = (await exchange.http.get("/benchmarks?state=PA&metro_of=PA&metro=49620&role=painter")).text
    assert '<option value="49620" selected>York-Hanover, PA</option>' in metro
    assert "Painter in York-Hanover, PA " in text_of(metro)
    both_sides = (await exchange.http.get("/benchmarks?state=OH&metro_of=OH&metro=17140&role=painter")).text
    assert "Painter in Cincinnati, OH-KY-IN, in Ohio" in text_of(both_sides)
    other = await exchange.http.get("/benchmarks?state=OH&metro_of=PA&metro=49620&role=painter")
    assert other.status_code == 200
    assert "Painter in Ohio" in text_of(other.text)
