"""Headers that the collector takes for plain are never such as the codec refuses, or reads as another type."""

from datetime import UTC, datetime

import pytest
from aiokafka import TopicPartition
from aiokafka.record.util import calc_crc32c
from chassis.wire import fetched
from contracts.codec import decode_kafka, encode_kafka, new_event
from contracts.event import Refused
from contracts.exchange import PaySubmitted
from exchange.entrypoints.collector.envelopes import Envelopes
from exchange_wire import fetch, packed
from hypothesis import given, settings
from hypothesis import strategies as st

TYPE = "driveline.pay.submitted.v1"
PLAIN: list[tuple[str, bytes | None]] = [
    ("content-type", b"application/json"),
    ("ce_specversion", b"1.0"),
    ("ce_id", b"e-1"),
    ("ce_source", b"urn:partner:wrenchway"),
    ("ce_type", TYPE.encode()),
    ("ce_time", b"2026-11-23T08:00:00.123456Z"),
    ("ce_subject", b"shop-42"),
    ("ce_partner", b"wrenchway"),
    ("traceparent", b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
]
BODY = b'{"submission_id": "9b1c"}'
Headers = list[tuple[str, bytes | None]]

TIMES = st.one_of(
    st.datetimes().map(lambda t: f"{t.isoformat()}Z"),
    st.sampled_from(
        [
            "2026-11-23T08:00:00Z", "2026-W47-1T08:00:00Z", "2026-11-23T080000.0Z", "2026-11-23T080000,0Z",
            "20261123T08:00:00.0Z", "2026-11-23 08:00:00Z", "2026-11-23T08:00:00z", "2026-11-23T08:00:00+00:00Z",
            "2026-11-23T08:00:60Z", "2026-02-30T08:00:00Z", "2026-11-23T08:00:00.1234567Z", "2026-11-23T08:00:00.Z",
            "2026-11-23T08:00Z", "2026-11-23T24:00:00Z", "٢٠٢٦-11-23T08:00:00Z", "2026-11-23T08:00:00,12Z",
            "2026-327T08:00:00.0Z", "2026-11-23T08:00+00Z",
        ]
    ),
)  # fmt: skip
ODD = st.one_of(
    st.none(),
    st.binary(max_size=6),
    st.text(max_size=8).map(str.encode),
    TIMES.map(str.encode),
    st.sampled_from([b"", b"1.0", TYPE.encode(), b"application/json", b"x" * 201, b"x" * 501, b"a\nb", b"a\x7fb"]),
)
NAMES = st.sampled_from(
    [name for name, _ in PLAIN] + ["CE_ID", "Content-Type", "ce_datacontenttype", "ce_", "", "ce_Ä", "x" * 20_000]
)


@st.composite
def headers(draw: st.DrawFn) -> Headers:
    """Plain ones, most of them with something odd."""
    made = list(PLAIN)
    made[5] = ("ce_time", draw(TIMES).encode())
    for _ in range(draw(st.integers(0, 2))):
        at = draw(st.integers(0, len(made) - 1)) if made else 0
        match draw(st.sampled_from(["value", "name", "drop", "add", "swap"])):
            case "value" if made:
                made[at] = (made[at][0], draw(ODD))
            case "name" if made:
                made[at] = (draw(NAMES), made[at][1])
            case "drop" if made:
                del made[at]
            case "swap" if made:
                made[0], made[at] = made[at], made[0]
            case _:
                made.insert(at, (draw(NAMES), draw(ODD)))
    return made


def plain(found: Headers) -> bool:
    return judged([found])[0]


def judged(many: list[Headers], ce_type: str = TYPE) -> list[bool]:
    """For each set of headers, over a body, whether the compiled reader calls it plain."""
    found = Envelopes(ce_type)(fetch("pay.submitted", [(headers, BODY) for headers in many], 7))
    assert found is not None
    assert found.records["offset"].tolist() == list(range(7, 7 + len(many)))
    for record in found.records:
        assert found.data[record["start"] : record["end"]].tobytes() == BODY
    return [bool(plain) for plain in found.records["plain"]]


@settings(max_examples=600, deadline=None)
@given(headers())
def test_what_is_plain_the_codec_takes_as_this_type(found: Headers) -> None:
    if not plain(found):
        return
    event = decode_kafka(found, BODY)  # raises Refused when the fast path was too lenient
    assert (event.type, event.data) == (TYPE, BODY)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ce_time", b"2026-W47-1T08:00:00Z"),
        ("ce_time", b"2026-11-23T080000.0Z"),
        ("ce_time", b"2026-11-23T08:00Z"),
        ("ce_id", b""),
        ("ce_id", b"x" * 201),
        ("ce_subject", None),
        ("ce_subject", b"\xff"),
        ("ce_specversion", b"0.3"),
        ("ce_type", b"driveline.pay.submitted.v2"),
        ("content-type", b"application/cloudevents+json"),
    ],
)
def test_what_is_odd_goes_to_the_codec(name: str, value: bytes | None) -> None:
    assert not plain([(known, value if known == name else text) for known, text in PLAIN])


def test_names_too_long_for_an_envelope_are_not_plain() -> None:
    """The codec counts names as well as values: 16 KiB of attributes at most."""
    long = [*PLAIN, ("ce_" + "x" * 20_000, b"1")]
    with pytest.raises(Refused, match="at most 16384"):
        decode_kafka(long, BODY)
    assert not plain(long)
    many = [*PLAIN, *((f"ce_{n:037d}", b"") for n in range(500))]
    with pytest.raises(Refused, match="at most 16384"):
        decode_kafka(many, BODY)
    assert not plain(many)


def test_what_our_own_codec_writes_is_plain() -> None:
    pay = PaySubmitted.model_validate(
        {
            "submission_id": "9b1c", "revision": 1, "member_id": "shop-42", "role": "tech_a", "experience": "y5_9",
            "shop_type": "independent_repair", "size": "3_5", "zip": "17350", "plan": "hourly", "rate": "31.50",
            "rate_unit": "clock_hour", "hours_clocked": "40", "effective_on": datetime(2026, 6, 30, tzinfo=UTC).date(),
        }
    )  # fmt: skip
    written, _ = encode_kafka(new_event(pay, source="driveline/membership"))
    assert plain(written)
    assert plain(PLAIN)
    assert judged([PLAIN], "driveline.member.joined.v1") == [False]


@settings(max_examples=100, deadline=None)
@given(st.lists(headers(), max_size=6))
def test_a_record_is_judged_the_same_alone_and_among_others(many: list[Headers]) -> None:
    assert judged(many) == [plain(one) for one in many]


@pytest.mark.parametrize("codec", range(5))
def test_records_are_found_however_their_batch_is_compressed(codec: int) -> None:
    many: list[tuple[Headers, bytes | None]] = [(PLAIN, b"first"), ([], None), (PLAIN, b""), (PLAIN[:3], b"last")]
    fetched = fetch("pay.submitted", many, 40, codec=codec)
    found = Envelopes(TYPE)(fetched)
    assert found is not None
    values = [
        None if record["end"] < 0 else found.data[record["start"] : record["end"]].tobytes() for record in found.records
    ]
    assert values == [b"first", None, b"", b"last"]
    assert found.records["offset"].tolist() == [40, 41, 42, 43]
    assert found.records["plain"].tolist() == [1, 0, 1, 0]
    assert [record.value for record in fetched.records] == values


@settings(max_examples=300, deadline=None)
@given(st.lists(headers(), min_size=1, max_size=3), st.data())
def test_bytes_that_are_no_records_are_not_read_beyond_their_end(many: list[Headers], data: st.DataObject) -> None:
    """A checksum that holds over nonsense: the kernel says that it cannot, or what it says lies within the batch."""
    raw = bytearray(packed([(one, BODY) for one in many]))
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(61, len(raw) - 1))] = data.draw(st.integers(0, 255))
    raw[17:21] = calc_crc32c(bytes(raw[21:])).to_bytes(4, "big")
    found = Envelopes(TYPE)(fetched(TopicPartition("pay.submitted", 3), bytes(raw), 0))
    if found is not None:
        assert all(61 <= r["start"] <= len(raw) and r["end"] <= len(raw) for r in found.records)
