"""The outcome of a partnership: what each side says came of it, and the two put together."""

from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class Outcome:
    """Students reached, hours given and dollars donated, as far as they were told; numbers as plain text."""

    students_reached: int | None = None
    hours_given: str | None = None
    value_donated: str | None = None

    def with_the_giver(self, giver: Self) -> "Outcome":
        """What both said: the school knows best how many students, the giver what was given."""
        return Outcome(
            self.students_reached if self.students_reached is not None else giver.students_reached,
            giver.hours_given if giver.hours_given is not None else self.hours_given,
            giver.value_donated if giver.value_donated is not None else self.value_donated,
        )
