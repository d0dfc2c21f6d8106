"""The station list: Pennsylvania's vehicle inspection stations as businesses, one location a station."""

import re
from collections.abc import Mapping
from string import capwords

from membership.domain.member import ExternalId, Location, Profile
from membership.domain.registries.row import Row, needed
from membership.domain.registries.shop_types import guess_shop_type

SCHEME = "pa-ois"
CLASSES = ("passenger_light", "medium", "heavy", "motorcycle", "light_trailer", "heavy_trailer")
_CAPITALS = re.compile(r"\b(Llc|Llp|Lp|Pa|Ii|Iii|Iv)\b")
_PLACE = re.compile(r"\s*(?P<city>.+?)\s+(?P<state>[A-Z]{2})(\s+[0-9]{5}(-[0-9]{4})?)?\s*")


def read(row: Mapping[str, str]) -> Row | None:
    """The shop of a station's row; the list says nothing about a shop's size, so that stays unknown."""
    name, number, address, zip5 = needed(row, "station_name", "ois_no", "address", "zip5")
    street, _, rest = address.rpartition(",")
    place = _PLACE.fullmatch(rest)
    entry = ExternalId(SCHEME, number)
    shop_type = guess_shop_type(name, {c for c in CLASSES if (row.get(c) or "").strip().upper() == "TRUE"})
    return Row(
        entry,
        Profile(
            kind="business",
            name=_readable(name),
            address=capwords(street.strip()) or None,
            city=capwords(place["city"]) if place else None,
            state=place["state"] if place else "PA",
            zip=zip5,
            external_ids=(entry,),
            shop_type=shop_type,
            ownership="single",
            locations=(Location(f"{SCHEME}-{number.lower()}", zip5, shop_type),),
        ),
    )


def _readable(name: str) -> str:
    """The list capitalises every word: `Alex'S Autoworks, Llc` reads `Alex's Autoworks, LLC`."""
    return _CAPITALS.sub(lambda found: found[0].upper(), name.replace("'S ", "'s ").strip())
