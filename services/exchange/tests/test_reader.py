"""Whatever lies on a collected topic: reading it never fails, and every record ends in exactly one place."""

import json
from typing import Any

from contracts.codec import partition_of
from contracts.topics import COLLECTED
from exchange.domain.policy import POLICIES
from exchange.domain.shard import Shard
from exchange.entrypoints.collector.log_position import gap_in
from exchange.entrypoints.collector.reader import Prepared, RecordReader
from exchange.usecases.collect import Owned
from exchange_log import PARTITIONS, binary
from exchange_market import Market, member, places, withdrawal
from exchange_measures import benefit, labor_rate
from exchange_wire import Said, fetch
from hypothesis import given, settings
from hypothesis import strategies as st

MARKET = Market()
HERE = MARKET.shop(0, partition=3)
ELSEWHERE = MARKET.shop(0, partition=4)
BODIES = {
    "member.joined": member(HERE),
    "member.updated": member(HERE, 2),
    "pay.submitted": MARKET.pay(HERE, "24.00"),
    "technician-pay.submitted": MARKET.pay(HERE, "24.00"),
    "benefits.submitted": benefit(HERE, "pto_days", "10"),
    "labor-rate.submitted": labor_rate(HERE, "diagnostic", "150.00"),
    "submission.withdrawn": withdrawal(HERE),
}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)
ANY_BYTES = st.one_of(
    st.none(),
    st.binary(max_size=40),
    st.sampled_from([b"", b"null", b"[" * 5000, b'{"a":' * 5000, b"\xff\xfe", b'{"member_id": "\\ud800"}', b"1e999", b"9" * 5000]),
)  # fmt: skip


@st.composite
def records(draw: st.DrawFn) -> list[tuple[str, list[tuple[str, bytes | None]], bytes | None]]:
    """(topic, headers, value), most of them with something wrong."""
    found = []
    for _ in range(draw(st.integers(1, 8))):
        topic = draw(st.sampled_from(COLLECTED))
        headers = list(binary(topic))
        body: dict[str, Any] = dict(BODIES[topic])
        value: bytes | None = None
        match draw(st.sampled_from(["good", "elsewhere", "field", "bytes", "headers", "structured", "type"])):
            case "elsewhere":
                body["member_id"] = ELSEWHERE
            case "field":
                body[draw(st.sampled_from([*body, "new"]))] = draw(JSON)
            case "headers":
                at = draw(st.integers(0, len(headers) - 1))
                headers[at] = (draw(st.sampled_from([headers[at][0], "", "ce_x"])), draw(ANY_BYTES))
            case "type":
                headers[4] = ("ce_type", draw(st.sampled_from([b"x", b"driveline.pay.submitted.v1", b""])))
            case "structured":
                event = {"specversion": "1.0", "id": "e", "source": "s", "type": f"driveline.{topic}.v1"}
                body, headers = event | {"data": draw(st.just(body) | JSON)}, []
            case "bytes":
                value = draw(ANY_BYTES)
                found.append((topic, headers, value))
                continue
        value = json.dumps(body, ensure_ascii=draw(st.booleans())).encode("utf-8", "surrogatepass")
        found.append((topic, headers, value))
    return found


def places_taken(prepared: Prepared) -> int:
    batch = prepared.batch
    return (
        len(batch.members)
        + sum(len(of.rows) for of in batch.submitted.values())
        + sum(len(of.targets) for of in batch.withdrawn.values())
        + len(prepared.refused)
        + len(prepared.strays)
        + prepared.ignored
    )


@settings(max_examples=300, deadline=None)
@given(records())
def test_every_record_ends_in_one_place(said: list[tuple[str, Any, bytes | None]]) -> None:
    shard = Shard(3, POLICIES, places().chains)
    reader = RecordReader(places().chains, PARTITIONS)
    by_topic: dict[str, list[Said]] = {}
    for topic, headers, value in said:
        by_topic.setdefault(topic, []).append((headers, value))
    prepared = reader.prepare(shard, {topic: fetch(topic, many) for topic, many in by_topic.items()})
    assert places_taken(prepared) == len(said)
    assert all(s.home == partition_of(ELSEWHERE, PARTITIONS) or s.home != 3 for s in prepared.strays)
    assert all(reason.count("\n") == 0 and ": " in reason for _, reason in prepared.refused)
    # Whatever was read can be folded, and the member ids are those of this partition.
    shard.fold(prepared.batch)
    assert all(partition_of(name, PARTITIONS) == 3 for name in shard.members.index)


def test_records_are_taken_only_without_a_gap() -> None:
    """Of a log with a hole, or of which a fetch began elsewhere, nothing is taken: the shard is loaded again."""
    shard = Shard(3, POLICIES, places().chains)
    owned = Owned(shard, {"pay.submitted": 5}, {"pay.submitted": 7})

    def gap(*offsets: int) -> str | None:
        first = offsets[0]
        deltas = [offset - first for offset in offsets]
        return gap_in(
            owned, {"pay.submitted": fetch("pay.submitted", [([], b"")] * len(offsets), first, deltas=deltas)}
        )

    assert gap(7) is None
    assert gap(7, 8, 9) is None
    assert gap(5, 6, 7) == "pay.submitted came from 5 to 8, expected from 7"
    assert gap(8, 9) == "pay.submitted came from 8 to 10, expected from 7"
    assert gap(7, 9) == "pay.submitted came from 7 to 10 with holes, expected from 7"
