"""The flat records that a shard is made of, shared by the compiled kernels and the classes around them."""

from typing import Final

import numpy as np

NONE: Final = -1
NEVER: Final = 2**31 - 1  # a day no cutoff reaches

# One revision of one submission that stands, may still come to stand, or stood at a release that is still referred to.
VERSION: Final = np.dtype(
    [
        ("revision", "i8"),
        ("offset", "i8"),  # of its record in the log: its body is read again only when two revisions tie
        ("rank", "u8"),  # leading bytes of its canonical SHA-256; 0 while nobody needed it
        ("effective", "i4"),  # day, proleptic ordinal
        ("checksum", "u4"),  # of the body: tells an exact repeat from a tie
        ("value", "i4"),  # cents; of a benefit its answer (`offering`)
        ("zip", "i4"),
        ("known", "i4"),  # the first release that counted it, or will
        ("next", "i4"),  # the next older revision of the submission; also links the free records
        # Codes by number; 0 in those that the measure has none of.
        ("subject", "i1"),  # role, benefit, kind
        ("shop_type", "i1"),
        ("grade", "i1"),  # experience; of benefits the size
        ("plan", "i1"),
        ("size", "i1"),
        ("credential_level", "i1"),
    ],
    align=True,
)

# One submission: (measure, member_id, submission_id). Its versions are linked newest first.
SUBMISSION: Final = np.dtype(
    [
        ("withdrawn", "i8"),  # the greatest revision that withdrew it, or -1
        ("member", "i4"),
        ("sibling", "i4"),  # the member's next submission
        ("head", "i4"),
        ("standing", "i4"),  # the version that is in the cells now, or -1
    ],
    align=True,
)

# The state of a member as far as the exchange needs it.
MEMBER: Final = np.dtype(
    [
        ("revision", "i8"),  # -1: not heard of yet
        ("verified", "i4"),  # day; NEVER while unverified
        ("known", "i4"),  # the first release that counted this revision, or will
        ("kind", "i1"),  # number in KINDS
        ("active", "i1"),  # status active or grace
    ],
    align=True,
)
KINDS: Final = ("business", "school", "technician", "organization")

# A release that some cell still shows, or showed when it was withdrawn: which facts it counted, and at which days.
MARK: Final = np.dtype([("release", "i8"), ("cutoff", "i8"), ("window", "i8")])

# The log of one block (`addresses`): pool[start:start + length], in a piece of 2^size_class records (0: none yet).
LOG: Final = np.dtype(
    [
        ("start", "i4"),
        ("length", "i4"),
        ("removed", "i4"),  # how many of the records take one out again
        ("size_class", "i1"),
        ("dirty", "i1"),
    ],
    align=True,
)

# What a cell counted the last time.
COUNT: Final = np.dtype(
    [
        ("contributors", "i4"),
        ("entries", "i4"),
        ("largest", "i4"),  # entries of the contributor with most
    ],
    align=True,
)

# A record of a block's log: contributor (30 bits), value (16), shop type (4), grade (3), plan (4), size (3), credential
# level (2), removes (1). Sorted, an entry stands beside its removal, and each contributor's by value.
CONTRIBUTOR_SHIFT: Final = 33
CENTS_SHIFT: Final = 17
CENTS_MASK: Final = 0xFFFF
SHOP_TYPE_SHIFT: Final = 13
GRADE_SHIFT: Final = 10
PLAN_SHIFT: Final = 6
SIZE_SHIFT: Final = 3
LEVEL_SHIFT: Final = 1
# A wide record, of a measure without facets: contributor (30 bits), value (25), shop type (4), grade (3), removes (1).
WIDE_VALUE_SHIFT: Final = 8
WIDE_VALUE_MASK: Final = 0x1FFFFFF
WIDE_SHOP_TYPE_SHIFT: Final = 4
WIDE_GRADE_SHIFT: Final = 1
