"""Distance: miles as the crow flies between two points of the map."""

from math import asin, cos, radians, sin, sqrt

from matching.domain.site import Point

EARTH_MILES = 3958.8  # the mean radius
DEGREE_MILES = 69.0  # of latitude; a little less than the true one, so that a box of so many miles is not too small


def miles(one: Point, other: Point) -> float:
    """By the haversine formula on a sphere, which is right to half a percent."""
    lat, other_lat = radians(one.lat), radians(other.lat)
    half = sin((other_lat - lat) / 2) ** 2 + cos(lat) * cos(other_lat) * sin(radians(other.lon - one.lon) / 2) ** 2
    return 2 * EARTH_MILES * asin(sqrt(min(1.0, half)))


def box(centre: Point, radius: float) -> tuple[float, float, float, float]:
    """South, north, west and east of all that lies within so many miles, for an index to look in first.

    At the date line it is cut off: it has no ZIP on both sides within 500 miles of another.
    """
    high = radius / DEGREE_MILES
    wide = high / max(0.01, cos(radians(min(89.0, abs(centre.lat) + high))))
    return centre.lat - high, centre.lat + high, centre.lon - wide, centre.lon + wide
