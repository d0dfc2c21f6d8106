"""The benchmark page: the same answers in words, whatever is asked, and the reason where nothing can be answered."""

import re
from html import unescape
from typing import get_args

import pytest
from exchange.adapters.metros import metros
from exchange.entrypoints import words
from exchange_log import Log
from exchange_market import Market, member
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
