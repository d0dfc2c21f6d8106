"""Where members are: a member's own address and each of its locations, as points on the map."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

# The site of the address that a member itself gives; a location has an id of its own.
OWN_ADDRESS = ""


@dataclass(frozen=True, slots=True)
class Point:
    """Degrees north and east, and the time zone that applies there."""

    lat: float
    lon: float
    timezone: str


@dataclass(frozen=True, slots=True)
class Place:
    """A ZIP that a member names, under an id that is unique for the member."""

    site_id: str
    zip: str
    shop_type: str | None


@dataclass(frozen=True, slots=True)
class Site:
    """A place that is on the map."""

    place: Place
    point: Point


def sites(own: Place | None, locations: Iterable[Place], point_of: Callable[[str], Point | None]) -> list[Site]:
    """All places of a member that the map knows; its own address counts only if none of its locations is there."""
    places = list(locations)
    if own is not None and own.zip not in {place.zip for place in places}:
        places.insert(0, own)
    return [Site(place, point) for place in places if (point := point_of(place.zip)) is not None]
