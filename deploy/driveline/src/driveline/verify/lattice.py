"""The cells that one entry is counted in: 14 for each of its geographies, 56 with a metro."""

from collections.abc import Iterator

from driveline.verify.geography import geographies
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
