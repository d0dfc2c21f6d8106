"""Murmur2 as Kafka's Java client computes it: its own test vectors."""

import pytest
from driveline.verify.partitions import murmur2, partition_of


@pytest.mark.parametrize(
    ("key", "signed"),
    [  # from Apache Kafka's UtilsTest.testMurmur2
        ("21", -973932308),
        ("foobar", -790332482),
        ("a-little-bit-long-string", -985981536),
        ("a-little-bit-longer-string", -1486304829),
        ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971),
        ("abc", 479470107),
    ],
)
def test_kafkas_own_vectors(key: str, signed: int) -> None:
    assert murmur2(key.encode()) == signed & 0xFFFFFFFF


def test_a_key_has_a_partition() -> None:
    assert [partition_of(key, 6) for key in ("shop-42", "school-3")] == [0, 5]
