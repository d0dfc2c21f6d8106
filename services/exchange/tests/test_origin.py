"""A copy says where it came from, and counts from the first release that counted it there."""

import pytest
from contracts.codec import partition_of
from exchange.domain.shard import Release
from exchange.entrypoints.collector.envelopes import COPY, PLAIN, Envelopes
from exchange.entrypoints.collector.origin import first_counted, origins, with_origin
from exchange_log import binary
from exchange_wire import fetch

PAY = "pay.submitted"
SHOP = "shop-42"


def test_a_copy_of_a_copy_keeps_both_places() -> None:
    said = binary(PAY)
    once = with_origin(said, 3, 17)
    assert once == [*said, ("driveline-origin-partition", b"3"), ("driveline-origin-offset", b"17")]
    twice = with_origin(once, 9, 4001)
    assert twice == [*said, ("driveline-origin-partition", b"3,9"), ("driveline-origin-offset", b"17,4001")]
    assert (origins(said), origins(once), origins(twice)) == ([], [(3, 17)], [(3, 17), (9, 4001)])


@pytest.mark.parametrize(
    ("partition", "offset"), [(b"3", None), (b"3", b""), (b"3,4", b"17"), (b"three", b"17"), (b"\xff", b"17")]
)
def test_what_we_have_not_written_is_no_origin(partition: bytes, offset: bytes | None) -> None:
    assert origins([("driveline-origin-partition", partition), ("driveline-origin-offset", offset)]) == []
    assert origins([("driveline-origin-partition", partition)]) == []


def test_it_counts_from_the_first_release_that_counted_it_where_it_was_at_home() -> None:
    home = partition_of(SHOP, 6)
    astray = (home + 1) % 6
    releases = [
        Release(number, partitions, {PAY: {str(p): end for p in range(partitions)}})
        for number, partitions, end in [(1, 6, 10), (2, 6, 20), (3, 12, 30)]
    ]

    def first(*places: tuple[int, int]) -> int:
        headers = binary(PAY)
        for partition, offset in places:
            headers = with_origin(headers, partition, offset)
        return first_counted(releases, PAY, SHOP, headers)

    assert first() == 0
    assert (first((home, 9)), first((home, 10)), first((home, 19))) == (1, 2, 2)
    assert first((home, 30)) == 0  # no release has it
    assert first((astray, 9)) == 0  # nobody counted it there
    assert first((partition_of(SHOP, 12), 29)) == 3
    assert first((astray, 5), (home, 15)) == 2


def test_the_compiled_reader_knows_a_copy_by_its_last_headers() -> None:
    body = b'{"submission_id": "9b1c"}'
    said = binary(PAY)
    alike = [*said, ("driveline-orbit", b"3")]
    first = [*with_origin(said, 3, 17), ("traceparent", b"00-0af7")]
    found = Envelopes("driveline.pay.submitted.v1")(
        fetch(PAY, [(headers, body) for headers in (said, with_origin(said, 3, 17), alike, first)])
    )
    assert found is not None
    assert found.records["plain"].tolist() == [PLAIN, COPY, PLAIN, 0]
