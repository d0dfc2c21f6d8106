"""The whole system: which services there are, which processes each has, and on which port it is found."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Service:
    """A service with its own database. The first module serves its HTTP address; the others are processes beside it."""

    name: str
    port: int
    modules: tuple[str, ...]

    @property
    def database(self) -> str:
        return self.name


SERVICES: tuple[Service, ...] = (
    Service("membership", 8001, ("membership", "membership.intake")),
    Service("matching", 8002, ("matching",)),
    Service("exchange", 8003, ("exchange",)),
    Service("notifications", 8004, ("notifications",)),
)
