"""Who plays: schools that have shops within reach, an instructor for each, an owner for each shop, and how each answers."""

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import asin, cos, radians, sin, sqrt

from contracts.zips import zips

from driveline.demo import sources
from driveline.demo.market import Shop

SCHOOLS = 60
SHOPS_A_SCHOOL = 4
REACH_MILES = 60
# Of so many owners one: says no, never answers, wants texts and answers by them.
DECLINES_EACH, SILENT_EACH, TEXTS_EACH = 6, 9, 3
REFUSING_INSTRUCTOR_EACH = 12
# Reserved for examples: no phone rings at 555-0100 to 555-0199 in any area.
AREAS = (202, 212, 303, 312, 404, 412, 503, 512, 602, 615, 617, 702, 713, 717, 804, 916)
FIRST = [
    "Alex",
    "Bo",
    "Casey",
    "Dana",
    "Eli",
    "Frankie",
    "Gray",
    "Harper",
    "Indy",
    "Jules",
    "Kim",
    "Lee",
    "Morgan",
    "Noor",
    "Pat",
    "Quinn",
    "Robin",
    "Sam",
    "Terry",
    "Val",
]
LAST = [
    "Abbott",
    "Baker",
    "Cruz",
    "Diaz",
    "Evans",
    "Fisher",
    "Garcia",
    "Hayes",
    "Ito",
    "Jones",
    "Khan",
    "Lopez",
    "Miller",
    "Nguyen",
    "Ortiz",
    "Park",
    "Reyes",
    "Smith",
]


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody invented, with reserved addresses; `contact_id` once membership has given one."""

    member_id: str
    name: str
    role: str
    email: str
    phone: str | None = None
    contact_id: str = ""
    habit: str = "yes"
    """`yes`, `no`, or `silent`."""

    @property
    def texts(self) -> bool:
        """Whether this person wants texts and answers by them."""
        return self.phone is not None

    def line(self) -> dict[str, object]:
        """As membership's import of contacts has it."""
        said = {"name": self.name, "email": self.email, "roles": [self.role]}
        return {"member_id": self.member_id, "contacts": [said | ({"phone": self.phone} if self.phone else {})]}


@dataclass(frozen=True, slots=True)
class Program:
    """A school's program that asks, its instructor, and the shops within reach, nearest first."""

    school: str
    zip: str
    cip: str
    instructor: Person
    shops: tuple[Shop, ...]


@dataclass(frozen=True)
class Cast:
    """Everybody; owners by member."""

    programs: Sequence[Program]
    owners: Mapping[str, Person]

    @property
    def people(self) -> list[Person]:
        """Instructors and owners."""
        return [*(program.instructor for program in self.programs), *self.owners.values()]

    def known_as(self, contacts: Mapping[str, Sequence[str]]) -> "Cast":
        """The same people with the ids that membership gave them, by member."""

        def known(person: Person) -> Person:
            return replace(person, contact_id=contacts[person.member_id][0])

        programs = [replace(program, instructor=known(program.instructor)) for program in self.programs]
        return Cast(programs, {member: known(owner) for member, owner in self.owners.items()})


def cast(schools: Mapping[str, str], shops: Iterable[Shop], member_of: Mapping[str, str], seed: int) -> Cast:
    """Choose them: `schools` are members by their IPEDS number, `member_of` the shops' by their reference."""
    chance = random.Random(f"{seed}/cast")
    around = [(shop, zips()[shop.zip]) for shop in shops if shop.ref in member_of]
    programs: list[Program] = []
    owners: dict[str, Person] = {}
    for row in sources.schools():
        member, place = schools.get(row["UNITID"]), zips().get(row["ZIP"][:5])
        if member is None or place is None or len(programs) == SCHOOLS:
            continue
        near = sorted(
            (distance, shop.ref, shop)
            for shop, there in around
            if (distance := miles(place.lat, place.lon, there.lat, there.lon)) <= REACH_MILES
        )
        chosen = tuple(shop for _, _, shop in near[:SHOPS_A_SCHOOL])
        if len(chosen) < SHOPS_A_SCHOOL:
            continue
        number = len(programs)
        habit = "no" if number % REFUSING_INSTRUCTOR_EACH == 5 else "yes"
        email = f"instructor-{number}@example.com"
        instructor = Person(member, _name(chance), "instructor", email, habit=habit)
        programs.append(Program(row["INSTNM"], place.zip, _cip(row), instructor, chosen))
        for shop in chosen:
            owners.setdefault(member_of[shop.ref], _owner(member_of[shop.ref], len(owners), chance))
    return Cast(programs, owners)


def _owner(member: str, number: int, chance: random.Random) -> Person:
    habit = "silent" if number % SILENT_EACH == 4 else "no" if number % DECLINES_EACH == 2 else "yes"
    area, last = AREAS[number // 100 % len(AREAS)], 100 + number % 100
    phone = f"+1{area}555{last:04d}" if number % TEXTS_EACH == 0 else None
    return Person(member, _name(chance), "owner", f"owner-{number}@example.com", phone, habit=habit)


def _name(chance: random.Random) -> str:
    return f"{chance.choice(FIRST)} {chance.choice(LAST)}"


def _cip(row: Mapping[str, str]) -> str:
    return max(("47.0604", "47.0603", "47.0605", "47.0613", "47.0600"), key=lambda cip: int(row[f"cip_{cip}"] or 0))


def miles(lat: float, lon: float, other_lat: float, other_lon: float) -> float:
    """As the crow flies, by the haversine formula."""
    north, east = radians(other_lat - lat) / 2, radians(other_lon - lon) / 2
    half = sin(north) ** 2 + cos(radians(lat)) * cos(radians(other_lat)) * sin(east) ** 2
    return 2 * 3958.8 * asin(sqrt(half))
