"""Which faults may pass, which never will, and how long to wait between attempts."""

import random
from dataclasses import dataclass

import asyncpg
from aiokafka.errors import KafkaError
from contracts.event import Refused
from redis.exceptions import RedisError
from sqlalchemy.exc import DBAPIError

from chassis.errors import Unapplicable

# A record that makes the code itself fail this often in a row will do so for ever: it must not hold its partition.
# With the default backoff that is about 6 s, which also brakes a bad deployment long before it empties a topic.
DEFECT_ATTEMPTS = 6
# The same for a constraint: two processes may race for a row once or twice, not six times.
_DEFECTS = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    NotImplementedError,
    RecursionError,
    TypeError,
    ValueError,
)
_DATA = ("22", "54")  # SQLSTATE classes: data exception, program limit exceeded
_INTEGRITY = "23"
_WRONG_SQL = "42"


@dataclass(frozen=True, slots=True)
class Backoff:
    """Exponential, capped, with jitter so that many waiters do not come back at once."""

    first_s: float = 0.2
    cap_s: float = 30.0

    def seconds(self, attempts: int) -> float:
        """How long to wait after so many failed attempts (1 and up)."""
        return min(self.cap_s, self.first_s * 2.0 ** min(attempts - 1, 16)) * random.uniform(0.8, 1.2)  # noqa: S311


def reason_of(fault: BaseException) -> str:
    """The fault on one line, as it goes into logs and dead letters."""
    if isinstance(fault, Refused | Unapplicable):
        return str(fault)
    cause = fault
    if isinstance(fault, DBAPIError) and fault.orig is not None:
        cause = fault.orig.__cause__ or fault.orig  # SQLAlchemy wraps the driver's error, which has the telling name
    text = " ".join(str(cause).split())
    return f"{type(cause).__name__}: {text}"[:500]


def is_away(fault: BaseException) -> bool:
    """Whether a server is away or overwhelmed: its reason says it all. Of anything else a log tells where in the code."""
    if isinstance(fault, DBAPIError):
        return not _sqlstate(fault).startswith((*_DATA, _INTEGRITY, _WRONG_SQL))
    return isinstance(fault, OSError | KafkaError | RedisError)


def never_applicable(fault: BaseException, attempts: int) -> bool:
    """Whether to give the record up: refused, data that the database cannot hold, or a defect that stays."""
    if isinstance(fault, Refused | Unapplicable):
        return True
    if isinstance(fault, DBAPIError):
        state = _sqlstate(fault)
        if state.startswith(_DATA):
            return True
        return state.startswith(_INTEGRITY) and attempts >= DEFECT_ATTEMPTS
    return isinstance(fault, _DEFECTS) and not isinstance(fault, OSError) and attempts >= DEFECT_ATTEMPTS


def _sqlstate(fault: DBAPIError) -> str:
    state = getattr(fault.orig, "sqlstate", None) or getattr(fault.orig, "pgcode", None)
    if not state and isinstance(getattr(fault.orig, "__cause__", None), asyncpg.exceptions.DataError):
        return "22000"  # refused by the driver before it reached the server, e.g. an integer out of range
    return str(state or "")
