"""The advisory locks of the exchange's database, side by side, because two with one number exclude each other."""

from enum import IntEnum, unique


@unique
class Lock(IntEnum):
    """Held by whoever is the only one to do something, and gone with its connection."""

    COORDINATOR = 2_026_112_300  # makes epochs
    BUILDER = 2_026_112_301  # builds a generation of the shards
    TELLER = 2_026_112_302  # tells the log what an epoch changed
