"""Something that the demo says, and whether this run showed it."""

from typing import NamedTuple


class Claim(NamedTuple):
    """A sentence of the page's end, with a mark before it."""

    text: str
    shown: bool
