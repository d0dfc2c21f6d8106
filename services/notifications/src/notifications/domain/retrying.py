"""When a message that was refused for now is tried again, and when it is given up."""

from datetime import datetime, timedelta

MOST_ATTEMPTS = 16
FIRST_S = 1
LONGEST = timedelta(hours=1)


def next_attempt(attempts: int, now: datetime) -> datetime | None:
    """After so many attempts (1 and up): 1 s, 2 s, 4 s ... an hour; None after five hours in all."""
    if attempts >= MOST_ATTEMPTS:
        return None
    return now + min(LONGEST, timedelta(seconds=FIRST_S << (attempts - 1)))
