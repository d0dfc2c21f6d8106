"""What followed from an event: records of the whole log put under the one that caused them. Pure; `tracing` reads the log."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

# What of a body tells people most, in the order in which it is shown; no more than fits a line.
TELLING = (
    "template", "channel", "outcome", "answer", "kind", "title", "reason", "role", "measure", "submission_id", "need_id",
    "request_id", "status", "member_id", "contact_id", "cell",
)  # fmt: skip
MOST_TOLD = 4
LIFE = "partnership."  # topics whose records of one need follow each other


@dataclass(frozen=True)
class Spot:
    """One record of the log, as far as tracing needs it. `at` is milliseconds since 1970."""

    topic: str
    partition: int
    offset: int
    at: int
    headers: dict[str, str]
    value: bytes | None = None

    @property
    def id(self) -> str:
        """Its CloudEvent's id."""
        return self.headers.get("ce_id", "")

    @property
    def place(self) -> str:
        """`topic/partition/offset`."""
        return f"{self.topic}/{self.partition}/{self.offset}"

    @cached_property
    def body(self) -> dict[str, Any]:
        """Its JSON; nothing where that is none."""
        try:
            found = json.loads(self.value or b"")
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    @cached_property
    def causes(self) -> set[str]:
        """The ids of the events that it says it follows from."""
        said = {self.headers.get("ce_causationid"), self.body.get("cause"), _dead_of(self), self.body.get("ce_id")}
        return {one for one in said if isinstance(one, str) and one}

    @property
    def need(self) -> str | None:
        """The need in whose life it is a step."""
        found = self.body.get("need_id") if self.topic.startswith(LIFE) else None
        return found if isinstance(found, str) else None


@dataclass
class Followed:
    """A record, and what followed from it, in the order of time."""

    spot: Spot
    then: list["Followed"] = field(default_factory=list)

    def all(self) -> list[Spot]:
        """It and everything below it."""
        return [self.spot, *(spot for one in self.then for spot in one.all())]

    def as_data(self) -> dict[str, Any]:
        """The same for programs."""
        spot = self.spot
        return {
            "place": spot.place,
            "ce_id": spot.id,
            "ce_type": spot.headers.get("ce_type"),
            "at": spot.at,
            "dead": spot.headers.get("dead_reason"),
            "data": spot.body,
            "then": [one.as_data() for one in self.then],
        }


def followed(event_id: str, spots: Iterable[Spot]) -> list[Followed]:
    """What an event is on the log, and all that followed: one tree, or none when there is no such event.

    The intake puts a partner's event on its inner topic under its own id: the copy follows from the original. A step in
    a need's life that somebody took by hand names no cause; it follows from the step before.
    """
    ordered = sorted(spots, key=lambda spot: (spot.at, not spot.topic.startswith("partner."), spot.place))
    roots: list[Followed] = []
    by_id: dict[str, Followed] = {}
    by_need: dict[str, Followed] = {}
    for spot in ordered:
        found = Followed(spot)
        above = by_id.get(spot.id) or next((by_id[cause] for cause in spot.causes if cause in by_id), None)
        if above is None and spot.need is not None:
            above = by_need.get(spot.need)
        if above is not None:
            above.then.append(found)
        elif spot.id == event_id:
            roots.append(found)
        else:
            continue
        if not spot.headers.get("dead_topic"):  # a dead letter has its event's id; nothing follows from the letter
            by_id[spot.id] = found
        if spot.need is not None:
            by_need[spot.need] = found
    return roots


def _dead_of(spot: Spot) -> str | None:
    return spot.id if spot.headers.get("dead_topic") else None


def lines(trees: Sequence[Followed], notes: dict[str, str]) -> list[str]:
    """The trees for people; `notes` say more of a record, by place."""
    begun = trees[0].spot.at if trees else 0
    return [line for tree in trees for line in _lines(tree, begun, notes, "", "")]


def _lines(tree: Followed, begun: int, notes: dict[str, str], lead: str, below: str) -> list[str]:
    spot = tree.spot
    what = f"could not be applied: {spot.headers['dead_reason']}" if "dead_reason" in spot.headers else telling(spot)
    made = [f"{lead}{spot.topic}  {what}".rstrip(), f"{below}  +{(spot.at - begun) / 1000:.3f} s  {spot.place}"]
    if spot.place in notes:
        made.append(f"{below}  {notes[spot.place]}")
    for number, one in enumerate(tree.then, 1):
        last = number == len(tree.then)
        made += _lines(one, begun, notes, f"{below}  {'└' if last else '├'} ", f"{below}  {' ' if last else '│'} ")
    return made


def telling(spot: Spot) -> str:
    """What its body says, in a line."""
    body = spot.body
    found = [f"{name}={body[name]}" for name in TELLING if isinstance(body.get(name), str | int)]
    return "  ".join(found[:MOST_TOLD])
