"""What there is to see when the demo stays up: something that waits for an answer, and links for those who may give it."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from driveline.calls import answer, call
from driveline.demo.partnerships.asking import NEED_MILES, kinds_of
from driveline.demo.partnerships.cast import Cast, Person, Program
from driveline.errors import UserError
from driveline.running import Running

LINK_MINUTES = 15
# Beyond the days that were asked for before, so that every shop has room again.
IN_DAYS, FOR_DAYS = 200, 10


@dataclass(frozen=True, slots=True)
class Guest:
    """Somebody whose browser can be signed in by a link, once."""

    who: str
    name: str | None
    sees: str
    url: str

    def as_data(self) -> dict[str, str | None]:
        """For programs."""
        return {"who": self.who, "name": self.name, "sees": self.sees, "url": self.url}


def open_house(running: Running, cast: Cast, today: date) -> list[Guest]:
    """A shop owner who is asked, an instructor whom a shop has answered, and an operator.

    The first school whose two requests find a shop plays, those before others that have agreed to something already;
    raises UserError when there is none.
    """
    for number, program in sorted(enumerate(cast.programs), key=lambda one: not _has_agreed(running, one[1])):
        asked = [_ask(running, program, kind, title, today) for kind, title in kinds_of(number)]
        if all(need["proposals"] for need in asked):
            waiting, answered = (need["proposals"][0] for need in asked)
            path = f"proposals/{answered['proposal_id']}/accept"
            _matching(running, "POST", path, {"member_id": answered["offered_by"]})
            return _guests(running, cast.owners[waiting["offered_by"]], program.instructor)
        for need in asked:
            _matching(running, "DELETE", f"needs/{need['need_id']}")
    raise UserError("demo: no shop has room for two more requests of one school")


def _has_agreed(running: Running, program: Program) -> bool:
    there = _matching(running, "GET", f"members/{program.instructor.member_id}/partnerships")
    return any(proposal["state"] == "agreed" for proposal in there["proposals"])


def _ask(running: Running, program: Program, kind: str, title: str, today: date) -> dict[str, Any]:
    starts = today + timedelta(days=IN_DAYS)
    body = {
        "member_id": program.instructor.member_id, "contact_id": program.instructor.contact_id, "cip": program.cip,
        "kind": kind, "title": f"{title}, once more", "zip": program.zip, "radius_miles": NEED_MILES, "students": 16,
        "starts_on": starts.isoformat(), "ends_on": (starts + timedelta(days=FOR_DAYS)).isoformat(),
    }  # fmt: skip
    return _matching(running, "POST", "needs", body)


def _guests(running: Running, owner: Person, instructor: Person) -> list[Guest]:
    def link(**whom: Any) -> str:
        asked = call("POST", f"{running.membership}/v1/sign-in-links", token=running.admin_token, json=whom)
        return str(answer(asked)["url"])

    return [
        Guest("a shop owner", owner.name, "is asked by a school", link(contact_id=owner.contact_id)),
        Guest("an instructor", instructor.name, "has a shop's yes to agree to", link(contact_id=instructor.contact_id)),
        Guest("an operator", None, "sees who takes part", link(operator=True)),
    ]


def _matching(running: Running, method: str, path: str, body: Any = None) -> dict[str, Any]:
    said = call(method, f"{running.matching}/v1/{path}", token=running.admin_token, json=body)
    found: dict[str, Any] = answer(said)
    return found
