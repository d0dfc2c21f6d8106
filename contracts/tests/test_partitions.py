"""Keys find their partition as every other Kafka client finds it."""

from __future__ import annotations

import pytest
from aiokafka.partitioner import DefaultPartitioner
from contracts.codec import murmur2, partition_of
from hypothesis import given
from hypothesis import strategies as st
from known_events import patient


# From `UtilsTest.testMurmur2` of Apache Kafka, where they are signed.
@pytest.mark.parametrize(
    ("text", "signed"),
    [
        ("21", -973932308),
        ("foobar", -790332482),
        ("a-little-bit-long-string", -985981536),
        ("a-little-bit-longer-string", -1486304829),
        ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971),
        ("abc", 479470107),
    ],
)
def test_murmur2_is_that_of_the_java_client(text: str, signed: int) -> None:
    assert murmur2(text.encode()) == signed % 2**32


def test_known_members_have_known_partitions() -> None:
    assert [partition_of(key, 6) for key in ("shop-42", "school-3", "tech-8", "")] == [0, 5, 4, 3]
    assert [partition_of(key, 48) for key in ("shop-42", "school-3", "tech-8", "")] == [0, 11, 10, 9]


@patient
@given(st.text(max_size=60), st.integers(1, 100))
def test_aiokafka_agrees_on_every_key(key: str, partitions: int) -> None:
    every = list(range(partitions))
    try:
        raw = key.encode()
    except UnicodeEncodeError:
        return
    assert partition_of(key, partitions) == DefaultPartitioner()(raw, every, every)
