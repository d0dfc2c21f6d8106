"""What the exchange is told by its environment, beside what every service is told."""

from typing import Literal

from chassis.settings import ServiceSettings


class Settings(ServiceSettings):
    """Prefix `DRIVELINE_`, as for every service."""

    disclosure: Literal["", "floor", "guarded"] = ""
    """The line of policies that releases follow from the next one on; empty: that of the last release, at first the floor."""
