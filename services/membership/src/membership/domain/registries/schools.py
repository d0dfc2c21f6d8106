"""The school list: IPEDS HD2024 directory rows with their completions in CIP 47.06 as members with programs."""

import re
from collections.abc import Mapping

from membership.domain.member import ExternalId, Profile, Program
from membership.domain.registries.row import Row, needed

SCHEME = "ipeds"
# A school belongs here when it teaches collision, automotive or diesel; the general and the heavy programs of such a
# school come along. Aviation, motorcycle and marine share the prefix 47.06 and are not ours.
TAKING_PART = ("47.0603", "47.0604", "47.0605")
KEPT = ("47.0600", *TAKING_PART, "47.0613")

# IPEDS SECTOR: 1 to 3 four years and more, 4 to 6 two years, 7 to 9 less; public, non-profit, for profit in turn.
LEVEL_OF_SECTOR = {"1": "community_college", "4": "community_college", "7": "career_center"} | dict.fromkeys(
    ("2", "3", "5", "6", "8", "9"), "private_postsecondary"
)
_ADULT_ED = re.compile(r"\badult\b", re.IGNORECASE)


def read(row: Mapping[str, str]) -> Row | None:
    """The school of a row, or None when it teaches nothing of ours.

    Completions say that a program exists and how many finished, not how many are enrolled: `enrolled` stays unknown.
    """
    unit, name, state, zip9 = needed(row, "UNITID", "INSTNM", "STABBR", "ZIP")
    taught = [cip for cip in KEPT if (row.get(f"cip_{cip}") or "").strip(" 0.")]
    if not set(taught) & set(TAKING_PART):
        return None
    entry = ExternalId(SCHEME, unit)
    return Row(
        entry,
        Profile(
            kind="school",
            name=name,
            address=(row.get("ADDR") or "").strip() or None,
            city=(row.get("CITY") or "").strip() or None,
            state=state,
            zip=zip9[:5],
            external_ids=(entry,),
            level="adult_ed" if _ADULT_ED.search(name) else LEVEL_OF_SECTOR.get((row.get("SECTOR") or "").strip()),
            programs=tuple(Program(f"{SCHEME}-{unit}-{cip}", cip) for cip in taught),
        ),
    )
