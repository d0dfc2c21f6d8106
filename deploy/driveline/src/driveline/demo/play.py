"""The demo itself, act by act: join, tell, release, look, check; it measures everything that it later claims."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from contracts.topics import topic
from rich.console import Console

from driveline.calls import answer, call
from driveline.demo import aftermath, benchmarks, joining, outside, page, sources
from driveline.demo.draw import positions
from driveline.demo.joining import Joined
from driveline.demo.market import Shop, real_shops, synthetic_shops
from driveline.demo.offer_rows import cells_by_measure, offer_rows
from driveline.demo.offers import Offers, offers
from driveline.demo.outcome import Outcome
from driveline.demo.partnerships.act import perform
from driveline.demo.publication import ASE, PAYROLL, WRENCHWAY
from driveline.demo.rates import Pace, Rates
from driveline.demo.stages import Stages
from driveline.demo.story import Roll, Story, tell
from driveline.errors import UserError
from driveline.running import Running
from driveline.settling import settled_within
from driveline.system import System
from driveline.verify.check import Result, check

SEED = 20261123
WRENCHWAY_SENDS = ("pay:write", "benefits:write", "labor-rates:write")
SETTLE_WITHIN, RELEASE_WITHIN = 180, 120
# Among the synthetic shops every so many: sends its pay through the payroll partner, was vouched for too late, leaves.
PAYROLL_EACH, LATE_EACH, LEAVING_EACH = 8, 101, 397
UNGRANTED_EACH = 113  # among the real shops: has granted nobody


@dataclass(frozen=True)
class _Market:
    """Everybody who joined."""

    schools: Joined
    stations: Joined
    applied: Joined
    real: list[Shop]
    synthetic: list[Shop]
    roll: Roll
    leaving: list[str]
    paces: dict[str, Pace]

    def members(self, refs: frozenset[str]) -> list[str]:
        """The members behind these shops."""
        return sorted({self.roll.member_of[ref] for ref in refs})


def play(system: System, scratch: Path, stages: Stages, out: Console) -> Outcome:
    """Drive a fresh system from nothing to a verified release."""
    running, today = system.running, datetime.now(UTC).date()
    market = _join(running, scratch, stages, today)
    story, offered = _prepare(running, market, stages, today)
    seconds, paces = _publish(running, market, story, scratch, stages)
    manifest = _release(running, stages)
    with stages.stage("everybody reads the benchmarks") as stage, httpx.Client(base_url=running.exchange) as exchange:
        nation = benchmarks.nation(exchange, story.standing)
        states = benchmarks.states(exchange, story.standing)
        beside_pay, cells = offer_rows(exchange, offered), cells_by_measure(exchange, manifest)
        stage.detail = f"{len(nation) + len(states) + len(beside_pay)} questions"
    result = _verify(running, stages)
    with stages.stage("what was refused, and why") as stage:
        refusals = aftermath.refusals(running, (WRENCHWAY, PAYROLL, ASE), story.refused)
        dead = aftermath.dead_letters(running, "exchange")
        stage.detail = f"{refusals.count:,} refused, {len(dead)} dead letters"
    shops, told = (
        [*market.real, *market.synthetic],
        next(p.ce_id for p in story.published if p.ce_id not in story.refused),
    )
    partnerships = perform(
        running, market.schools.members, shops, market.roll.member_of, scratch, stages, today, SEED, told
    )
    official = sources.official()
    out.print(
        page.nation_table(nation, official),
        page.state_table(states),
        page.offer_table(beside_pay),
        page.refusal_table(refusals, dead),
    )
    out.print(page.trace_listing(partnerships.traces))
    return Outcome(
        schools=market.schools,
        stations=market.stations,
        applications=market.applied,
        synthetic=len(market.synthetic),
        story=story,
        published_seconds=seconds,
        manifest=manifest,
        nation=nation,
        states=states,
        offers=offered,
        offer_rows=beside_pay,
        cells=cells,
        official=official,
        refusals=refusals,
        dead=dead,
        check=result,
        paces={"joining": market.paces, "pay comes in": paces},
        restarts=_restarts(system),
        left=len(market.leaving),
        partnerships=partnerships,
    )


def _join(running: Running, scratch: Path, stages: Stages, today: date) -> _Market:
    with Rates(running.kafka) as rates:
        with stages.stage("schools join from the IPEDS list", len(sources.schools())) as stage:
            schools = joining.import_register(running, "schools", today, stage.at)
            stage.detail = f"{schools.counts['joined']:,} joined"
        with stages.stage("shops join from the list of PA stations", len(sources.stations())) as stage:
            stations = joining.import_register(running, "pa-stations", today, stage.at)
            stage.detail = f"{stations.counts['joined']:,} joined, {stations.counts['merged']:,} merged"
        real, synthetic = _one_each(real_shops(SEED), stations.members), synthetic_shops(SEED)
        with stages.stage("synthetic shops of other states apply by event", len(synthetic)) as stage:
            applied = joining.join_by_event(running, synthetic, scratch, stage.at)
            stage.detail = ", ".join(f"{count:,} {outcome}" for outcome, count in applied.counts.items())
        member_of = {f"pa-ois:{key}": member for key, member in stations.members.items()} | applied.members
        missing = [shop.ref for shop in synthetic if shop.ref not in member_of]
        if missing:
            raise UserError(f"demo: {len(missing)} of {len(synthetic)} applications not settled, e.g. {missing[0]}")
        roll, leaving = _roll(real, synthetic, member_of)
        with stages.stage("an operator vouches for them", len(synthetic)) as stage:
            late = {member_of[ref] for ref in roll.not_counted} - set(leaving)
            joining.vouch(running, _days(synthetic, member_of, late, today), stage.at)
            stage.detail = f"{len(late)} of them too late for this epoch"
    return _Market(schools, stations, applied, real, synthetic, roll, leaving, rates.paces)


def _prepare(running: Running, market: _Market, stages: Stages, today: date) -> tuple[Story, Offers]:
    shops, roll = [*market.real, *market.synthetic], market.roll
    with stages.stage("members grant partners what these may send") as stage:
        joining.admit_payroll_partner(running)
        others = frozenset(shop.ref for shop in shops) - roll.payroll - roll.ungranted
        count = joining.grant(running, PAYROLL, market.members(roll.payroll))
        count += joining.grant(running, WRENCHWAY, market.members(others), WRENCHWAY_SENDS)
        stage.detail = f"{count:,} grants"
    with stages.stage("pay is drawn from the official percentiles") as stage:
        story = tell(list(positions(shops, SEED)), roll, today, SEED, topic("pay.submitted").partitions)
        stage.detail = f"{story.entries:,} positions, {len(story.published):,} records"
    with stages.stage("benefits and posted labor rates are drawn") as stage:
        offered = offers(shops, roll, today, SEED)
        story.published += offered.published
        stage.detail = f"{len(offered.published):,} records"
    return story, offered


def _publish(
    running: Running, market: _Market, story: Story, scratch: Path, stages: Stages
) -> tuple[float, dict[str, Pace]]:
    """The seconds that the outside producer took, and how fast the services followed."""
    file = scratch / "pay.ndjson"
    outside.write(file, story.published)
    with Rates(running.kafka) as rates:
        with stages.stage("an outside producer publishes it", len(story.published)) as stage:
            seconds = outside.publish(file, running.kafka, stage.at)
            stage.detail = f"{len(story.published) / seconds:,.0f} records a second"
        with stages.stage("everything published has its effect") as stage:
            stage.detail = f"{settled_within(running, SETTLE_WITHIN).passes} passes"
    with stages.stage("some shops leave again") as stage:
        joining.leave(running, market.leaving)
        settled_within(running, SETTLE_WITHIN)
        stage.detail = f"{len(market.leaving)} left"
    return seconds, rates.paces


def _release(running: Running, stages: Stages) -> dict[str, Any]:
    with stages.stage("an epoch is released") as stage:
        body, token = {"kind": "release"}, running.admin_token
        asked = call("POST", f"{running.exchange}/v1/epochs", token=token, json=body, seconds=RELEASE_WITHIN)
        manifest: dict[str, Any] = answer(asked)
        stage.detail = f"epoch {manifest['epoch']}, cutoff {manifest['cutoffs']['pay']}"
    return manifest


def _verify(running: Running, stages: Stages) -> Result:
    with stages.stage("every cell again, by brute force from the log") as stage:
        result = asyncio.run(
            check(running.kafka, running.exchange, lambda what, done, total: stage.at(done, total, what))
        )
        stage.detail = f"{result.cells:,} cells, {result.differences} differ"
    return result


def _roll(real: list[Shop], synthetic: list[Shop], member_of: dict[str, str]) -> tuple[Roll, list[str]]:
    """Who sends through whom, who granted nobody, who does not count; and the members that will leave."""
    payroll = frozenset(shop.ref for shop in synthetic[::PAYROLL_EACH])
    late = frozenset(shop.ref for shop in synthetic[3::LATE_EACH])
    leaving = frozenset(shop.ref for shop in synthetic[5::LEAVING_EACH])
    ungranted = frozenset(shop.ref for shop in real[::UNGRANTED_EACH])
    return Roll(member_of, payroll, ungranted, late | leaving), [member_of[ref] for ref in sorted(leaving)]


def _days(synthetic: list[Shop], member_of: dict[str, str], late: set[str], today: date) -> dict[str, date]:
    """By member since when somebody vouches for it."""
    early, lately = today - timedelta(days=joining.VERIFIED_BEFORE), today - timedelta(days=joining.VOUCHED_LATELY)
    return {member: lately if member in late else early for member in (member_of[shop.ref] for shop in synthetic)}


def _one_each(shops: list[Shop], members: dict[str, str]) -> list[Shop]:
    """The shops that joined; of two stations with one owner the first."""
    first: dict[str, Shop] = {}
    for shop in shops:
        member = members.get(shop.ref.removeprefix("pa-ois:"))
        if member is not None:
            first.setdefault(member, shop)
    return list(first.values())


def _restarts(system: System) -> dict[str, int]:
    """How often each process had to be started again."""
    return {
        member.name: member.watched.restarts for service in system.services for member in system.fleet.of(service.name)
    }
