"""Guessing a shop's type from its name and the vehicle classes it may inspect."""

import re
from collections.abc import Set as AbstractSet

# The first line that matches decides, so the narrow ones stand above the wide ones. A guess: an owner may correct it.
_BY_NAME: tuple[tuple[str, str], ...] = tuple(
    (shop_type, rf"\b({words})\b")
    for shop_type, words in (
        (
            "government_fleet",
            (
                r"(township|twp|borough|boro|city|county|commonwealth|university|municipality) of|penndot|dept|department|"
                r"school dist(rict)?|authority|police|turnpike|usps|postal|fire co(mpany)?"
            ),
        ),
        ("collision_chain", r"caliber|gerber|abra|crash champions|service king|carstar|maaco"),
        ("independent_collision", r"collision|auto ?body|body|bodyworks|paint|dent"),
        ("truck_dealer", r"kenworth|peterbilt|freightliner|mack|navistar|volvo trucks?|hino|western star|truck sales"),
        (
            "private_fleet",
            (
                r"trucking|transport(ation)?|bus|buses|coach|student|construction|leasing|excavating|paving|ryder|penske|"
                r"logistics|hauling|waste|disposal|freight|ups|fedex|utilities|fleet|farms?|concrete|asphalt|oil co"
            ),
        ),
        (
            "franchise_chain",
            (
                r"midas|meineke|pep boys|monro|aamco|precision tune|tuffy|aaa|just brakes|car ?x|sears|walmart|big o|"
                r"firestone complete|christian brothers|auto lab"
            ),
        ),
        ("quick_lube", r"lube|jiffy|valvoline|oil change|take 5|lubrication"),
        ("tire_store", r"tires?|firestone|goodyear|bridgestone|mavis|ntb|ntw|kost"),
        (
            "dealership_service",
            (
                r"ford|chevrolet|chevy|toyota|honda|nissan|subaru|hyundai|kia|buick|gmc|cadillac|dodge|chrysler|jeep|"
                r"mazda|volkswagen|vw|audi|bmw|mercedes|lexus|acura|infiniti|lincoln|mitsubishi|volvo|porsche|mini|"
                r"jaguar|land rover|genesis|carmax|tesla|pontiac|saturn"
            ),
        ),
        (
            "specialty",
            (
                r"transmissions?|mufflers?|alignment|radiators?|brakes?|rv|r v|trailers?|cycles?|motorcycles?|harley|"
                r"motorsports?|power ?sports?|performance|restorations?|customs?|kustom|welding|springs?|glass|electric|"
                r"diesel|marine|hitch|off ?road|4x4|4wd|speed|classics?"
            ),
        ),
        ("mobile_service", r"mobile|on wheels"),
    )
)
_RULES = tuple((shop_type, re.compile(pattern)) for shop_type, pattern in _BY_NAME)
_INDEPENDENT_WORDS = re.compile(r"\b(repairs?|service|garage|auto|automotive|truck|svc|serv)\b")


def guess_shop_type(name: str, classes: AbstractSet[str]) -> str:
    """The likely shop type of a station called `name` that may inspect these vehicle classes."""
    plain = re.sub(r"[^a-z0-9]+", " ", name.lower().replace("'s", "s")).strip()
    for shop_type, pattern in _RULES:
        if pattern.search(plain):
            return shop_type
    if classes == {"motorcycle"}:
        return "specialty"
    # A station for heavy vehicles alone that offers no repair to the public looks after its own trucks.
    if "heavy" in classes and "passenger_light" not in classes and not _INDEPENDENT_WORDS.search(plain):
        return "private_fleet"
    return "independent_repair"
