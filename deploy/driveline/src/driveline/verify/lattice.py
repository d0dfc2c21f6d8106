"""The cells that one entry is counted in, so many for each of its geographies; and what is wider than a cell."""

from collections.abc import Iterator
from itertools import product

from driveline.verify.geography import above, geographies, parents
from driveline.verify.policies import Policy
from driveline.verify.records import Benefit, LaborRate, Pay, Submission

ANY = "*"
# What follows the geography in a key, by measure; "one" is plan, size or credential level, with its name.
FILTERS = {
    "pay": ("role", "shop_type", "experience", "one"),
    "technician-pay": ("role", "shop_type", "experience", "one"),
    "benefits": ("shop_type", "size", "benefit"),
    "labor-rates": ("shop_type", "kind"),
}
NEVER_OPEN = ("benefit", "kind")


def slices_of_pay(pay: Pay) -> list[str]:
    """The parts of a key that follow the geography: role, shop type, experience, and one of plan, size, credentials."""
    found = [
        f"{role}|{shop_type}|{experience}|{ANY}"
        for role in (pay.role, ANY)
        for shop_type in (pay.shop_type, ANY)
        for experience in (pay.experience, ANY)
    ]
    found += [
        f"{role}|{ANY}|{ANY}|{one}"
        for role in (pay.role, ANY)
        for one in (f"plan={pay.plan}", f"size={pay.size}", f"credential_level={pay.credential_level}")
    ]
    return found


def slices(told: Submission) -> list[str]:
    """The parts of a key that follow the geography: 14 of pay, 4 of a benefit, 2 of a labor rate."""
    match told:
        case Pay():
            return slices_of_pay(told)
        case Benefit():
            return [f"{shop}|{size}|{told.benefit}" for shop in (told.shop_type, ANY) for size in (told.size, ANY)]
        case LaborRate():
            return [f"{shop}|{told.kind}" for shop in (told.shop_type, ANY)]


def cells(told: Submission, policy: Policy) -> Iterator[str]:
    """The keys of every cell that counts this entry."""
    parts = slices(told)
    for geography in geographies(told.zip, policy.finest):
        for part in parts:
            yield f"{policy.measure}|{geography}|{part}"


def wider(cell: str) -> Iterator[str]:
    """The keys of every cell that is wider: each filter equal or wider, at least one wider."""
    measure, geography, *filters = cell.split("|")
    ways = [{code} if name in NEVER_OPEN else {code, ANY} for name, code in zip(FILTERS[measure], filters, strict=True)]
    for place in (geography, *above(geography)):
        for wide in product(*ways):
            key = "|".join((measure, place, *wide))
            if key != cell:
                yield key


def steps(cell: str) -> Iterator[tuple[str, str]]:
    """Each filter that the cell gives, and the key of the cell that is wider by one step along it and no other."""
    measure, geography, *filters = cell.split("|")
    if geography in parents():
        yield "geography", "|".join((measure, parents()[geography], *filters))
    for at, name in enumerate(FILTERS[measure]):
        if filters[at] != ANY and name not in NEVER_OPEN:
            along = filters[at].partition("=")[0] if name == "one" else name
            yield along, "|".join((measure, geography, *filters[:at], ANY, *filters[at + 1 :]))
