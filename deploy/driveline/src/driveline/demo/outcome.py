"""What the demo found out, and what it may claim because of it; every figure is measured in this run."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from driveline.demo.aftermath import Refusals
from driveline.demo.benchmarks import Row
from driveline.demo.claim import Claim
from driveline.demo.joining import Joined
from driveline.demo.offer_rows import STATE, OfferRow
from driveline.demo.offers import Offers
from driveline.demo.partnerships.act import Partnerships
from driveline.demo.rates import Pace
from driveline.demo.sources import Official
from driveline.demo.story import Story
from driveline.verify.check import Result
from driveline.verify.facts import WRONG_PARTITION

SCHOOLS, REAL_SHOPS, ENTRIES, STATES = 800, 2000, 20_000, 50
NEAR = Decimal("1.00")  # dollars between the released national median and the official one


@dataclass
class Outcome:
    """One run of the demo."""

    schools: Joined
    stations: Joined
    applications: Joined
    synthetic: int
    story: Story
    published_seconds: float
    manifest: dict[str, Any]
    nation: list[Row]
    states: list[Row]
    offers: Offers
    offer_rows: list[OfferRow]
    cells: dict[str, int]  # released, by measure
    official: dict[str, Official]
    refusals: Refusals
    dead: list[str]
    check: Result
    paces: dict[str, dict[str, Pace]]  # by phase and consumer group
    restarts: dict[str, int]
    left: int
    partnerships: Partnerships
    stages: list[tuple[str, float]] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def real_shops(self) -> int:
        """Businesses that joined from the station list."""
        return self.stations.counts["joined"]

    @property
    def standing(self) -> int:
        """Entries that stand in the newest epoch, counted by verify."""
        return self.check.epochs[-1].standing if self.check.epochs else 0

    @property
    def median(self) -> tuple[Decimal, Decimal]:
        """The released national median of automotive technicians, and the official one."""
        official = self.official["49-3023"].percentiles[0.5]
        return Decimal(self.nation[0].number("p50") or 0), official

    def claims(self) -> Iterator[Claim]:
        """Everything that the demo claims."""
        schools, shops = self.schools.counts["joined"], self.real_shops
        yield Claim(
            f"{schools:,} real schools and {shops:,} real shops joined", schools >= SCHOOLS and shops >= REAL_SHOPS
        )
        joined = self.applications.counts.get("joined", 0)
        yield Claim(f"{joined:,} synthetic shops joined by event, though some asked twice",
                    joined == self.synthetic and not self.applications.refused)  # fmt: skip
        yield Claim(f"{self.story.entries:,} positions told by an outside producer", self.story.entries >= ENTRIES)
        refused, kinds = self.refusals.count, len(self.refusals.reasons)
        yield Claim(
            f"{refused:,} bad records of {kinds} kinds refused one by one, each for its own field, nothing else refused",
            self.refusals.clean and refused == len(self.story.refused),
        )
        yield Claim(f"{self.refusals.receipts} receipts say the same", self.refusals.receipts == kinds)
        yield Claim(
            f"{len(self.dead)} broken records on an inner topic ended in the dead letters, alone",
            len(self.dead) == self.story.dead,
        )
        strays = sum(count for reason, count in self.check.facts.nothing.items() if reason.endswith(WRONG_PARTITION))
        yield Claim(f"{strays} records in a wrong partition were put into the right one", strays == self.story.strays)
        told = len(self.story.standing) + self.offers.standing
        yield Claim(
            f"{self.standing:,} entries stand in the epoch, as the story has it: {told:,}", self.standing == told
        )
        yield Claim(
            f"{self.check.cells:,} released cells recomputed from the log, {self.check.differences} differ",
            self.check.clean,
        )
        published = sum(row.published for row in self.states)
        exact = sum(row.exact for row in [*self.nation, *self.states])
        yield Claim(f"{published} states have a benchmark of their own", published >= STATES)
        yield Claim(
            f"{exact} rows of these tables are exactly the percentiles that went in, rounded",
            exact == len(self.nation) + published,
        )
        exact = sum(row.exact for row in self.offer_rows)
        yield Claim(
            f"{exact} benefits and labor rates of {STATE} are exactly what shops said, rounded",
            exact == len(self.offer_rows) > 0,
        )
        released, official = self.median
        yield Claim(
            f"national median of automotive technicians {released}, official {official}",
            abs(released - official) <= NEAR,
        )
        yield from self.partnerships.claims()
        died = {name: count for name, count in self.restarts.items() if count}
        yield Claim("no service process died" if not died else f"died: {died}", not died)

    @property
    def clean(self) -> bool:
        """Whether every claim was shown."""
        return all(claim.shown for claim in self.claims())

    def as_data(self) -> dict[str, Any]:
        """The outcome for programs."""
        return {
            "clean": self.clean,
            "claims": [claim._asdict() for claim in self.claims()],
            "seconds": round(self.seconds, 1),
            "stages": {what: round(seconds, 2) for what, seconds in self.stages},
            "joined": {
                "schools": self.schools.counts,
                "pa-stations": self.stations.counts,
                "synthetic": self.applications.counts,
            },
            "published": len(self.story.published),
            "told": self.story.told,
            "refused": {kind: len(reasons) for kind, reasons in self.refusals.reasons.items()},
            "dead": len(self.dead),
            "epoch": self.manifest["epoch"],
            "standing": self.standing,
            "cells": self.check.cells,
            "cells_by_measure": self.cells,
            "offers": {row.asked: row.released for row in self.offer_rows},
            "differences": self.check.differences,
            "median": dict(zip(("released", "official"), map(str, self.median), strict=True)),
            "states": {row.place: row.said.get("percentiles") for row in self.states},
            "events": {
                phase: {group: {"events": pace.events, "per_second": round(pace.rate)} for group, pace in paces.items()}
                for phase, paces in self.paces.items()
            },
        }
