"""Who takes part in the demo market: real Pennsylvania shops, and synthetic ones where the Census counts shops elsewhere."""

import random
import re
from collections import defaultdict
from dataclasses import dataclass

from contracts.zips import zips

from driveline.demo import sources

SYNTHETIC = 1600
FEWEST_IN_A_STATE = 22  # beside its independent shops a state needs five others, or its own number would tell on them

# By a shop's type: how common it is among the synthetic shops, and how many technicians it has (fewest, most).
TYPES = {
    "independent_repair": (0.58, 3, 9),
    "dealership_service": (0.14, 9, 26),
    "independent_collision": (0.10, 4, 13),
    "tire_store": (0.05, 3, 8),
    "quick_lube": (0.05, 3, 7),
    "franchise_chain": (0.04, 3, 8),
    "truck_dealer": (0.04, 6, 20),
}
MOST_REPORTED_BY_A_REAL_SHOP = 4
SIZES = ((2, "1_2"), (5, "3_5"), (10, "6_10"), (20, "11_20"))

_BY_NAME = (
    (r"COLLISION|BODY|PAINT", "independent_collision"),
    (r"TRUCKS?|DIESEL|FLEET|FREIGHTLINER|KENWORTH|PETERBILT|MACK", "truck_dealer"),
    (
        r"FORD|CHEVROLET|TOYOTA|HONDA|NISSAN|SUBARU|HYUNDAI|KIA|BUICK|CHRYSLER|DODGE|JEEP|VOLKSWAGEN",
        "dealership_service",
    ),
    (r"MIDAS|MEINEKE|PEP BOYS|MONRO|AAMCO|TUFFY", "franchise_chain"),
    (r"LUBE|OIL CHANGE", "quick_lube"),
    (r"TIRES?|GOODYEAR|FIRESTONE", "tire_store"),
)


@dataclass(frozen=True, slots=True)
class Shop:
    """One business of the market; `ref` is its external id, `technicians` how many positions it reports."""

    ref: str
    name: str
    city: str
    state: str
    zip: str
    shop_type: str
    size: str
    technicians: int

    @property
    def scheme(self) -> str:
        """The register that knows it: `pa-ois` is real, `synthetic` is not."""
        return self.ref.partition(":")[0]

    @property
    def real(self) -> bool:
        """Whether such a shop exists."""
        return self.scheme != "synthetic"


def size_of(technicians: int) -> str:
    """The size band of a shop with so many technicians."""
    return next((band for most, band in SIZES if technicians <= most), "21_plus")


def type_of(name: str) -> str:
    """The likely type of a shop with that name."""
    plain = name.upper()
    return next((kind for words, kind in _BY_NAME if re.search(rf"\b({words})\b", plain)), "independent_repair")


def real_shops(seed: int) -> list[Shop]:
    """The stations of the list; size and technicians are drawn, as the list does not say them."""
    chance = random.Random(f"{seed}/real")
    shops = []
    for row in sources.stations():
        kind = type_of(row["station_name"])
        _, fewest, most = TYPES[kind]
        technicians = chance.randint(max(1, fewest - 2), most)
        city = row["address"].rpartition(",")[2].partition(" PA ")[0].strip().title()
        shops.append(
            Shop(
                f"pa-ois:{row['ois_no']}",
                row["station_name"],
                city,
                "PA",
                row["zip5"],
                kind,
                size_of(technicians),
                min(technicians, MOST_REPORTED_BY_A_REAL_SHOP),
            )
        )
    return [shop for shop in shops if shop.zip in zips()]


def shops_by_state(total: int, weights: dict[str, float], fewest: int) -> dict[str, int]:
    """`total` shops over the states: the fewest for each, the rest in proportion, by largest remainder."""
    rest = total - fewest * len(weights)
    share = {state: rest * weight / sum(weights.values()) for state, weight in weights.items()}
    counts = {state: fewest + int(part) for state, part in share.items()}
    by_remainder = sorted(share, key=lambda state: (int(share[state]) - share[state], state))
    for state in by_remainder[: total - sum(counts.values())]:
        counts[state] += 1
    return counts


def synthetic_shops(seed: int) -> list[Shop]:
    """Invented shops outside Pennsylvania, spread over states and counties as the repair businesses are."""
    chance = random.Random(f"{seed}/synthetic")
    places: dict[str, list[str]] = defaultdict(list)
    for place in zips().values():
        places[place.county_fips].append(place.zip)
        places[place.state].append(place.zip)
    counties: dict[str, list[sources.County]] = defaultdict(list)
    for county in sources.counties():
        if county.state != "PA" and (county.fips or county.state) in places:
            counties[county.state].append(county)
    weights = {state: sum(c.establishments for c in found) for state, found in sorted(counties.items())}
    kinds, shares = list(TYPES), [share for share, _, _ in TYPES.values()]
    shops: list[Shop] = []
    for state, count in shops_by_state(SYNTHETIC, weights, FEWEST_IN_A_STATE).items():
        found = counties[state]
        for county in chance.choices(found, [c.establishments for c in found], k=count):
            place = zips()[chance.choice(places[county.fips or state])]
            kind = chance.choices(kinds, shares)[0]
            _, fewest, most = TYPES[kind]
            technicians = chance.randint(fewest, most)
            number = len(shops) + 1
            name = f"Synthetic shop {number}, {place.city} {place.state}"
            size = size_of(technicians)
            shops.append(Shop(f"synthetic:{number}", name, place.city, place.state, place.zip, kind, size, technicians))
    return shops
