"""What schools ask for and what shops offer, as a partner passes it on; and the requests that nobody can meet."""

from collections.abc import Iterator
from datetime import date, timedelta

from driveline.demo.partnerships.cast import Cast
from driveline.demo.publication import Publication, binary

CREF = "cref"
SCOPE = "partnerships:write"
# Two of these are asked for by each program, and offered by the shops around it.
KINDS = (
    ("guest_speaker", "Brake day"),
    ("shop_tour", "A morning in a real shop"),
    ("job_shadow", "A week beside a technician"),
    ("advisory_committee", "A seat on our advisory committee"),
    ("internship_paid", "A paid summer"),
    ("mentor", "A mentor for a second-year student"),
)
NOBODY_OFFERS = "competition_judge"
HOPELESS_EACH = 20  # of so many programs one asks for that as well
ASKED_BY_A_PROGRAM = 2
OFFER_MILES, NEED_MILES = 80, 70
CAPACITY = 3


def kinds_of(number: int) -> list[tuple[str, str]]:
    """What the program with this number asks for."""
    return [KINDS[(number + step) % len(KINDS)] for step in range(ASKED_BY_A_PROGRAM)]


def offers(cast: Cast, member_of: dict[str, str]) -> Iterator[Publication]:
    """Each shop offers what the programs around it ask for, once for each kind."""
    seen = set()
    for number, program in enumerate(cast.programs):
        for kind, _ in kinds_of(number):
            for shop in program.shops:
                if (shop.ref, kind) not in seen:
                    seen.add((shop.ref, kind))
                    body = {
                        "offer_id": f"o-{shop.ref.replace(':', '-')}-{kind}", "revision": 1,
                        "member_id": member_of[shop.ref], "kind": kind, "zip": shop.zip, "radius_miles": OFFER_MILES,
                        "capacity": CAPACITY, "period": "quarter",
                    }  # fmt: skip
                    yield binary(CREF, f"demo-{body['offer_id']}", "partnership.offered", body)


def needs(cast: Cast, today: date) -> Iterator[Publication]:
    """Every program asks for two things; some for a third that nobody offers."""
    starts, ends = today + timedelta(days=60), today + timedelta(days=80)
    for number, program in enumerate(cast.programs):
        wanted = kinds_of(number)
        if number % HOPELESS_EACH == 7:
            wanted.append((NOBODY_OFFERS, "A judge for our contest"))
        for kind, title in wanted:
            body = {
                "need_id": f"n-{number}-{kind}", "revision": 1, "member_id": program.instructor.member_id,
                "cip": program.cip, "contact_id": program.instructor.contact_id, "kind": kind, "title": title,
                "zip": program.zip, "radius_miles": NEED_MILES, "shop_types": [], "students": 12 + number % 15,
                "places": 1, "starts_on": starts.isoformat(), "ends_on": ends.isoformat(),
            }  # fmt: skip
            yield binary(CREF, f"demo-{body['need_id']}", "partnership.requested", body)
