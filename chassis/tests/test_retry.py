"""What is tried again, what is given up, and how long it is waited in between."""

import asyncpg
import pytest
from aiokafka.errors import KafkaConnectionError
from chassis.errors import Unapplicable
from chassis.retry import DEFECT_ATTEMPTS, Backoff, is_away, never_applicable, reason_of
from contracts.event import Refused
from hypothesis import given
from hypothesis import strategies as st
from redis.exceptions import ConnectionError as RedisAway
from sqlalchemy.exc import DBAPIError, IntegrityError


class Driver(Exception):
    def __init__(self, sqlstate: str | None) -> None:
        super().__init__("the driver says so")
        self.sqlstate = sqlstate


def from_database(sqlstate: str | None) -> DBAPIError:
    return DBAPIError("SELECT", None, Driver(sqlstate))


@pytest.mark.parametrize(
    "fault", [Refused("zip", "'00000' is not a ZIP"), Unapplicable("nobody's"), from_database("22021")]
)
def test_some_faults_never_pass(fault: Exception) -> None:
    assert never_applicable(fault, 1)


@pytest.mark.parametrize(
    "fault",
    [
        ConnectionError("refused"),
        TimeoutError(),
        OSError("no route"),
        KafkaConnectionError(),
        RedisAway("away"),
        from_database("08006"),  # connection failure
        from_database("57P01"),  # the administrator shuts down
        from_database("40001"),  # serialization failure
        from_database("53300"),  # too many connections
        from_database(None),
        RuntimeError("something that nobody foresaw"),
    ],
)
def test_others_are_waited_for_as_long_as_it_takes(fault: Exception) -> None:
    assert not never_applicable(fault, 1)
    assert not never_applicable(fault, 10_000)


@pytest.mark.parametrize(
    ("fault", "away"),
    [
        (ConnectionRefusedError("refused"), True),
        (TimeoutError(), True),
        (KafkaConnectionError(), True),
        (RedisAway("away"), True),
        (from_database("57P03"), True),  # the database system is starting up
        (from_database(None), True),  # the driver lost its connection
        (from_database("42P01"), False),  # no such table
        (from_database("22021"), False),
        (from_database("23505"), False),
        (KeyError("x"), False),
        (RuntimeError("something that nobody foresaw"), False),
    ],
)
def test_a_server_that_is_away_is_told_from_everything_else(fault: Exception, away: bool) -> None:
    assert is_away(fault) is away


@pytest.mark.parametrize(
    "fault", [KeyError("x"), TypeError(), ValueError(), ZeroDivisionError(), AttributeError(), from_database("23505")]
)
def test_a_defect_and_a_constraint_get_a_few_attempts(fault: Exception) -> None:
    assert not never_applicable(fault, DEFECT_ATTEMPTS - 1)
    assert never_applicable(fault, DEFECT_ATTEMPTS)


def test_what_the_driver_refuses_to_send_never_passes() -> None:
    wrapped = Driver(None)
    wrapped.__cause__ = asyncpg.exceptions.DataError("value out of int32 range")
    assert never_applicable(DBAPIError("INSERT", None, wrapped), 1)


def test_a_reason_is_one_line_that_names_the_cause() -> None:
    assert reason_of(Refused("zip", "'00000' is not a ZIP")) == "zip: '00000' is not a ZIP"
    assert reason_of(KeyError("colour")) == "KeyError: 'colour'"
    driver = Driver("23505")
    driver.__cause__ = asyncpg.UniqueViolationError("duplicate key\nDETAIL:  Key (id)=(1)")
    reason = reason_of(IntegrityError("INSERT INTO secret_table", {"password": "x"}, driver))
    assert reason == "UniqueViolationError: duplicate key DETAIL: Key (id)=(1)"
    assert len(reason_of(ValueError("x" * 5000))) == 500


@given(st.integers(1, 10_000))
def test_waits_grow_and_stay_below_the_cap(attempts: int) -> None:
    backoff = Backoff(first_s=0.2, cap_s=30.0)
    seconds = backoff.seconds(attempts)
    assert 0.16 <= seconds <= 36.0
    if attempts <= 5:
        assert 0.8 <= seconds / (0.2 * 2 ** (attempts - 1)) <= 1.2
