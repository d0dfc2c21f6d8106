"""The outside producer on a real broker: every byte as written down, in order for each key, progress told, faults in one line."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from driveline.demo import outside, tail
from driveline.demo.publication import Publication, binary, structured
from driveline.errors import UserError


async def test_what_is_written_down_arrives_byte_by_byte(
    kafka: str, make_topics: Callable[..., list[str]], tmp_path: Path
) -> None:
    topic = make_topics("outside", partitions=3, max_message_bytes="4194304")[0]
    odd = [
        Publication(topic, "a", "k", None, (("x", None), ("y", b"\xff")), 2),
        Publication(topic, "b", "k", b"{}", (), 2, 2_097_152),
        Publication(topic, "c", "k", b"\x00\x01", (("z", b""),), 2),
    ]
    many = [Publication(topic, str(n), f"key-{n % 7}", str(n).encode()) for n in range(1200)]
    seen: list[int] = []
    outside.write(tmp_path / "f", [*odd, *many])

    seconds = await asyncio.to_thread(outside.publish, tmp_path / "f", kafka, seen.append)

    assert seconds > 0
    assert seen == [500, 1000, 1203]
    found = await asyncio.to_thread(tail.records, kafka, topic, 3)
    assert len(found) == 1203
    first, second, third = [record for record in found if record.partition == 2][:3]
    assert (first.value, first.headers) == (None, (("x", None), ("y", b"\xff")))
    assert second.value is not None
    assert (len(second.value), second.value[:3]) == (2_097_152, b"{} ")
    assert (third.value, third.headers) == (b"\x00\x01", (("z", b""),))
    for key in range(7):
        numbers = [int(r.value) for r in found if r.value and r.value.isdigit() and int(r.value) % 7 == key]
        assert numbers == list(range(key, 1200, 7))


async def test_a_producer_that_fails_is_told_in_one_line(kafka: str, tmp_path: Path) -> None:
    (tmp_path / "f").write_text("not JSON\n")
    with pytest.raises(UserError, match=r"the outside producer ended with 1: json\.decoder.JSONDecodeError"):
        await asyncio.to_thread(outside.publish, tmp_path / "f", kafka, lambda _: None)


def test_both_modes_carry_the_same_event() -> None:
    body = {"member_id": "m-1", "revision": 1}
    one, other = binary("wrenchway", "c", "pay.submitted", body), structured("wrenchway", "c", "pay.submitted", body)
    from contracts.codec import decode_kafka

    assert decode_kafka(one.headers, one.value).id == decode_kafka(other.headers, other.value).id == "c"
    assert (one.topic, one.key) == (other.topic, other.key) == ("partner.wrenchway", "m-1")
