"""The cells that one entry is counted in, 14 for each of its geographies; and what is wider than a cell."""

from collections.abc import Iterator
from itertools import product

from driveline.verify.geography import above, geographies, parents
from driveline.verify.policies import Policy
from driveline.verify.records import Pay

ANY = "*"


def slices(pay: Pay) -> list[str]:
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


def cells(pay: Pay, policy: Policy) -> Iterator[str]:
    """The keys of every cell that counts this entry."""
    parts = slices(pay)
    for geography in geographies(pay.zip, policy.finest):
        for part in parts:
            yield f"{policy.measure}|{geography}|{part}"


def wider(cell: str) -> Iterator[str]:
    """The keys of every cell that is wider: each filter equal or wider, at least one wider."""
    measure, geography, role, shop_type, experience, one = cell.split("|")
    for place in (geography, *above(geography)):
        for filters in product({role, ANY}, {shop_type, ANY}, {experience, ANY}, {one, ANY}):
            key = "|".join((measure, place, *filters))
            if key != cell:
                yield key


def steps(cell: str) -> Iterator[tuple[str, str]]:
    """Each filter that the cell gives, and the key of the cell that is wider by one step along it and no other."""
    measure, geography, role, shop_type, experience, one = cell.split("|")
    if geography in parents():
        yield "geography", f"{measure}|{parents()[geography]}|{role}|{shop_type}|{experience}|{one}"
    if role != ANY:
        yield "role", f"{measure}|{geography}|{ANY}|{shop_type}|{experience}|{one}"
    if shop_type != ANY:
        yield "shop_type", f"{measure}|{geography}|{role}|{ANY}|{experience}|{one}"
    if experience != ANY:
        yield "experience", f"{measure}|{geography}|{role}|{shop_type}|{ANY}|{one}"
    if one != ANY:  # plan, size or credential_level
        yield one.partition("=")[0], f"{measure}|{geography}|{role}|{shop_type}|{experience}|{ANY}"
