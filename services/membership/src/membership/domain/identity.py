"""By what two applications are known to come from the same owner."""

import hashlib
import re
from dataclasses import dataclass, replace

from membership.domain.member import Location, Profile

# Mail providers and reserved names that many owners share: their domain says nothing about who owns a shop.
SHARED_DOMAINS = frozenset(
    """aol.com att.net comcast.net example.com example.net example.org gmail.com gmx.com googlemail.com hotmail.com
    icloud.com live.com mac.com mail.com me.com msn.com outlook.com proton.me protonmail.com verizon.net yahoo.com
    ymail.com""".split()  # noqa: SIM905 - a column of words
)

# A state registers one company under a legal name, so two stations under `Monro, Inc.` have one owner; two called
# `Dave's Garage` have not.
_LEGAL_FORM = re.compile(r"\b(llc|l l c|inc|incorporated|corp|corporation|ltd|lp|l p|llp)$")


@dataclass(frozen=True, slots=True, order=True)
class Identity:
    """One mark by which a member is recognised; `rank` orders marks from the surest to the weakest."""

    rank: int
    kind: str
    value: str


def normal(text: str) -> str:
    """Letters and digits in lower case, single spaces: how names and addresses are compared."""
    return re.sub(r"[^a-z0-9]+", " ", text.lower()).strip()


def of_request(partner: str | None, request_id: str) -> Identity:
    """A request's id belongs to whoever sent it: two partners may both count from 1."""
    return Identity(0, "request", f"{partner or ''}/{request_id}")


def of_profile(profile: Profile, emails: tuple[str, ...] = (), phones: tuple[str, ...] = ()) -> list[Identity]:
    """The marks of a profile with these contacts, surest first."""
    found = [Identity(1, "external", f"{e.scheme}:{e.id}") for e in profile.external_ids]
    if profile.kind == "technician":
        # A technician is the person behind the confirmed email or phone.
        found += [Identity(4, "technician", reach.lower()) for reach in (*emails, *phones)]
        return sorted(set(found))
    if profile.name and profile.address and profile.zip:
        place = f"{profile.kind}|{normal(profile.name)}|{normal(profile.address)}|{profile.zip}"
        found.append(Identity(2, "place", place))
    if profile.kind == "business":
        domains = {email.rpartition("@")[2].lower() for email in emails} - SHARED_DOMAINS
        found += [Identity(3, "domain", domain) for domain in domains]
    return sorted(set(found))


def of_legal_name(profile: Profile) -> list[Identity]:
    """The owner behind a register's row, when the row carries a company's legal name."""
    name = normal(profile.name or "")
    if profile.kind != "business" or not profile.state or not _LEGAL_FORM.search(name):
        return []
    return [Identity(3, "legal-name", f"{profile.state}|{name}")]


def with_its_shop(known: Profile, application: Profile) -> Profile:
    """An application that came to a known owner, with the shop it describes among its locations.

    The same address always yields the same location, and the owner's own address is not a second shop.
    """
    if application.kind != "business" or application.locations:
        return application
    own, shop = _shop(known), _shop(application)
    if shop is None or (own is not None and shop.location_id == own.location_id):
        return application
    return replace(application, locations=(shop,) if known.locations or own is None else (own, shop))


def _shop(profile: Profile) -> Location | None:
    if not profile.zip:
        return None
    mark = hashlib.sha256(f"{normal(profile.address or '')}|{profile.zip}".encode()).hexdigest()[:10]
    return Location(f"l-{mark}", profile.zip, profile.shop_type)
