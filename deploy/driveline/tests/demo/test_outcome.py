"""The demo's claims: all hold for a good run, and each falls when the figure behind it does; the page fits 80 columns."""

import json
import os
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from driveline.demo import page, sources
from driveline.demo.aftermath import Refusals
from driveline.demo.benchmarks import NATION, Row, rounded
from driveline.demo.joining import Joined
from driveline.demo.market import Shop
from driveline.demo.offer_rows import OfferRow
from driveline.demo.offers import Answer, Offers, Posted
from driveline.demo.outcome import Outcome
from driveline.demo.partnerships.act import Partnerships
from driveline.demo.partnerships.answering import Answers
from driveline.demo.partnerships.cast import Cast
from driveline.demo.partnerships.open_house import Guest
from driveline.demo.partnerships.tally import Tally
from driveline.demo.rates import Pace
from driveline.demo.spoil import KINDS
from driveline.demo.story import Standing, Story
from driveline.running import Running
from driveline.verify.check import EpochResult, Result
from driveline.verify.compare import Difference
from driveline.verify.facts import WRONG_PARTITION, Facts
from rich.console import Console

SHOP = Shop("pa-ois:1", "Elm Garage", "New Oxford", "PA", "17350", "independent_repair", "3_5", 4)
PERCENTILES = {"p10": "16.75", "p25": "18.75", "p50": "24.25", "p75": "33.75", "p90": "39.25"}
RUNNING = Running("k:1", "r", "p", "http://m", "http://a", "http://e", "http://n", "", {})


def row(place: str, kind: str = "independent_repair", **said: Any) -> Row:
    return Row(
        place, kind, {"status": "published", "percentiles": PERCENTILES, "contributors": "50_plus"} | said, PERCENTILES
    )


def offered(asked: str, numbers: dict[str, str]) -> OfferRow:
    said = {"status": "published", "contributors": "50_plus", "official": {"state": {"area": "PA", "mean": "26.13"}}}
    return OfferRow(asked, said, numbers, numbers)


HEALTH = offered("health, PA", {"share": "65", "amount": "70"})
DOOR = offered("mechanical_door, PA", {"p25": "135.00", "p50": "145.00", "p75": "160.00"})


def good() -> Outcome:
    states = [state for state in sources.state_means() if state not in ("US", "DC")]
    return Outcome(
        schools=Joined({"joined": 800}),
        stations=Joined({"joined": 2805, "merged": 3}),
        applications=Joined({"joined": 1600, "existing": 25}),
        synthetic=1600,
        story=Story(
            refused={"bad-1": KINDS[0], "bad-2": KINDS[1]},
            standing=[Standing(SHOP, "49-3023", 2425)] * 20_100,
            told={"once": 20_000, "revised": 1000},
            entries=22_000,
            dead=2,
            strays=1,
        ),
        published_seconds=4.0,
        manifest={"epoch": 1, "cutoffs": {"pay": "2026-08-25", "benefits": "2026-08-25", "labor-rates": "2026-05-27"}},
        nation=[row("US", kind) for kind in NATION],
        states=[row(state) for state in states],
        offers=Offers(
            answers=[Answer(SHOP, "health", n < 65, 70) for n in range(100)],
            rates=[Posted(SHOP, "mechanical_door", 145_00)] * 50,
        ),
        offer_rows=[HEALTH, DOOR],
        cells={"pay": 12_000, "benefits": 1_500, "labor-rates": 500},
        official=sources.official(),
        refusals=Refusals(
            {KINDS[0].label: ["data: is not JSON"], KINDS[1].label: ["data: is not UTF-8 " + "x" * 200]}, receipts=2
        ),
        dead=["pay.submitted: data: is not JSON", "pay.submitted: data: is not JSON"],
        check=Result(
            [EpochResult("1.0", 20_250, 14_000, [], [])],
            [],
            Facts({}, Counter({f"pay.submitted: {WRONG_PARTITION}": 1}), 30_000),
            4.2,
        ),
        paces={"pay": {"exchange": Pace(30_000, 3.0), "membership": Pace(0, 0.0)}},
        restarts={"exchange-1": 0},
        left=5,
        partnerships=Partnerships(
            Cast([], {}),
            needs=123,
            offers=400,
            answers=Answers(by_link=200, by_text=60, looked=210, ignored={"http://a/answers/1"}),
            tally=Tally(
                steps=Counter(proposed=150, accepted=125, agreed=117, declined=20, expired=11),
                outcomes=Counter(agreed=117, nobody=6),
                passed_on=21,
                mails=Counter(welcome=250, proposal=150, acceptance=125, agreement=234, nobody=6),
                texts=Counter(sms_confirm=70, proposal=60, sms_noted=60),
            ),
            traces={"demo-1": ["partner.cref  need_id=n-1"]},
            seconds=60.0,
        ),
        stages=[("the services start", 12.0)],
        seconds=123.4,
    )


def test_a_good_run_claims_everything() -> None:
    outcome = good()
    assert [claim.text for claim in outcome.claims() if not claim.shown] == []
    assert outcome.clean
    assert json.loads(json.dumps(outcome.as_data())) == outcome.as_data()
    assert outcome.as_data()["median"] == {"released": "24.25", "official": "24.34"}


def _difference(outcome: Outcome) -> None:
    outcome.check.epochs[0].differences.append(Difference("missing", "pay|nation:US|*|*|*|*", "x", "-"))


def _more(outcome: Outcome) -> None:
    outcome.story.standing.append(Standing(SHOP, "49-3023", 1))


def _put_in(outcome: Outcome) -> None:
    outcome.states[3] = replace(outcome.states[3], put_in=PERCENTILES | {"p50": "24.50"})


def _median(outcome: Outcome) -> None:
    said = {"status": "published", "percentiles": {"p50": "22.75"}}
    outcome.nation[0] = replace(outcome.nation[0], said=said, put_in={"p50": "22.75"})


def _share(outcome: Outcome) -> None:
    outcome.offer_rows[0] = replace(HEALTH, put_in={"share": "70", "amount": "70"})


def _withheld(outcome: Outcome) -> None:
    outcome.offer_rows[1] = replace(DOOR, said={"status": "withheld"}, released={})


@pytest.mark.parametrize(
    ("spoil", "falls"),
    [
        (lambda o: o.schools.counts.update(joined=799), "real schools"),
        (lambda o: o.stations.counts.update(joined=1999), "real shops"),
        (lambda o: o.applications.counts.update(joined=1599), "synthetic"),
        (lambda o: o.applications.refused.append("x"), "synthetic"),
        (lambda o: setattr(o.story, "entries", 19_999), "positions"),
        (lambda o: o.refusals.silent.append("bad-2"), "bad records"),
        (lambda o: o.refusals.wrong.append("good-1: role: is missing"), "bad records"),
        (lambda o: o.refusals.reasons.popitem(), "bad records"),
        (lambda o: o.refusals.receipts_wrong.append("x"), "bad records"),
        (lambda o: setattr(o.refusals, "receipts", 1), "receipts"),
        (lambda o: o.dead.append("x"), "dead letters"),
        (lambda o: o.check.facts.nothing.clear(), "wrong partition"),
        (_more, "stand in the epoch"),
        (_difference, "recomputed"),
        (lambda o: o.check.faults.append("x"), "recomputed"),
        (lambda o: o.check.epochs.clear(), "recomputed"),
        (lambda o: o.states[0].said.update(status="rolled_up"), "states have"),
        (_put_in, "went in"),
        (_median, "national median"),
        (_share, "benefits and labor rates"),
        (_withheld, "benefits and labor rates"),
        (lambda o: o.offer_rows.clear(), "benefits and labor rates"),
        (lambda o: o.offers.answers.pop(), "stand in the epoch"),
        (lambda o: o.partnerships.tally.outcomes.update(open=1), "with an outcome"),
        (lambda o: o.partnerships.tally.outcomes.subtract(agreed=90), "with an outcome"),
        (lambda o: setattr(o.partnerships.tally, "passed_on", 0), "passed on"),
        (lambda o: o.partnerships.answers.ignored.clear(), "let be"),
        (lambda o: setattr(o.partnerships.answers, "by_text", 0), "by a text"),
        (lambda o: o.partnerships.tally.wrong.append("mail <a> is there 2 times"), "mail <a> is there 2 times"),
        (lambda o: o.partnerships.tally.texts.clear(), "once for its cause"),
        (lambda o: o.restarts.update({"exchange-1": 1}), "died"),
    ],
)
def test_each_claim_falls_with_its_figure(spoil: Callable[[Outcome], Any], falls: str) -> None:
    outcome = good()
    spoil(outcome)
    assert not outcome.clean
    assert any(falls in claim.text for claim in outcome.claims() if not claim.shown)
    assert "Not everything was shown." in drawn(outcome)


def drawn(outcome: Outcome, width: int = 80, *, keep: bool = False) -> str:
    console = Console(width=width, no_color=True, highlight=False, record=True, file=open("/dev/null", "w"))  # noqa: SIM115, PTH123
    with console.file:
        console.print(
            page.nation_table(outcome.nation, outcome.official),
            page.state_table(outcome.states),
            page.offer_table(outcome.offer_rows),
            page.refusal_table(outcome.refusals, outcome.dead),
            page.summary(outcome, RUNNING, keep=keep),
        )
        return console.export_text()


def test_the_page_fits_eighty_columns_and_has_the_figures() -> None:
    text = drawn(good())
    assert max(len(line.rstrip()) for line in text.splitlines()) <= 80
    assert [line for line in text.splitlines() if "…" in line and "xxx" not in line] == []
    for figure in (
        "800 schools",
        "2,805 Pennsylvania shops",
        "24.25",
        "24.34",
        "14,000",
        "10,000",
        "123.4",
        "50_plus",
        "26.13",
        "65%",
        "145.00",
        "1,500 of benefits",
        "2026-05-27",
    ):
        assert figure in text, figure
    assert "Everything above was checked." in text


def test_kept_up_it_says_where_it_serves() -> None:
    assert "It serves now" in drawn(good(), keep=True)
    assert "http://e" in drawn(good(), keep=True)
    assert "http://127.0.0.1:8003" in drawn(good())


def test_links_to_sign_in_by_stay_whole_in_a_narrow_terminal() -> None:
    url = f"http://127.0.0.1:8001/sign-in/{'x' * 120}"
    guest = Guest("a shop owner", "Pat Doe", "is asked by a school", url)
    with Path(os.devnull).open("w") as nowhere:
        console = Console(width=60, no_color=True, highlight=False, record=True, file=nowhere)
        page.invite(console, [guest], 15)
        lines = [line.rstrip() for line in console.export_text().splitlines()]
    assert lines[:4] == ["", "Sign in as", "a shop owner (Pat Doe), who is asked by a school", f"  {url}"]
    assert lines[4:] == ["Each link signs in one browser, once, within 15 minutes. Use a private window for each."]


def test_a_state_that_is_not_shown_has_no_numbers() -> None:
    outcome = good()
    outcome.states[0] = replace(outcome.states[0], said=outcome.states[0].said | {"status": "rolled_up"})
    line = next(line for line in drawn(outcome).splitlines() if line.lstrip().startswith("AL "))
    assert line.split()[:5] == ["AL", "-", "-", "-", "-"]


def test_what_went_in_is_rounded_as_the_policy_rounds() -> None:
    assert rounded([2000, 2100, 2237, 2300, 2400]) == {
        "p10": "20.50", "p25": "21.00", "p50": "22.25", "p75": "23.00", "p90": "23.50",
    }  # fmt: skip
    assert rounded([]) == {}
