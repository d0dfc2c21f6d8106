"""The collector beside a raw consumer that does nothing and beside a peer that does the same, in one run on one log."""

from driveline_bench import peer
from driveline_bench.census import census
from driveline_bench.collect import exchange, raw_consumer
from driveline_bench.figures import Rate, under
from driveline_bench.market import submitted
from driveline_bench.testbed import PAY, Testbed, a_testbed
from driveline_bench.truth import Array, Truth, difference


def compare(events: int, members: int) -> None:
    """The raw consumer, the exchange in one process, and the peer; each is printed as it is known."""
    with a_testbed(members) as bed:
        expected = publish(bed, events)
        ours = _exchange_over(bed, events, expected)
        bed.store.flushall()
        for layout, whose in ((peer.CELLS, "of the peer"), (peer.BLOCKS, "of the peer with the exchange's layout")):
            theirs = _peer_over(bed, events, expected, layout)
            print(
                f"the exchange collects {ours.per_second / theirs.per_second:.2f} times the events {whose} in a second"
            )


def collect_alone(events: int, members: int) -> None:
    """The raw consumer and the exchange."""
    with a_testbed(members) as bed:
        _exchange_over(bed, events, publish(bed, events))


def peer_alone(events: int, members: int) -> None:
    """The peer, in both layouts."""
    with a_testbed(members, collected=False) as bed:
        expected = publish(bed, events)
        for layout in (peer.CELLS, peer.BLOCKS):
            _peer_over(bed, events, expected, layout)


def publish(bed: Testbed, events: int) -> Array:
    """Put the market on the log; all its cells, counted anew."""
    truth = Truth()
    bed.publish(PAY, submitted(bed.market, events, told=truth.told), "pay events")
    return truth.cells()


def exact(who: str, wrong: str | None, cells: int) -> None:
    """Print that the cells are right, or stop: a rate of wrong numbers is no rate."""
    if wrong is not None:
        raise SystemExit(f"bench: the cells of {who} are wrong: {wrong}")
    print(under(f"exact: all {cells:,} cells as counted anew by numpy"), flush=True)


def _exchange_over(bed: Testbed, events: int, expected: Array) -> Rate:
    raw = raw_consumer(bed, events)
    print(raw.line(), flush=True)
    ours, stored = exchange(bed, events, 1)
    print(ours.line(), flush=True)
    share = ours.per_second / raw.per_second
    print(under(f"{share:.0%} of the raw consumer; {stored:,.0f} bytes a contribution in Redis"))
    exact("the exchange", difference(census(bed), expected), len(expected))
    bed.end_all()
    return ours


def _peer_over(bed: Testbed, events: int, expected: Array, layout: str) -> Rate:
    theirs = peer.collect(bed, events, layout)
    print(theirs.rate.line(), flush=True)
    wrong = f"{theirs.refused} refused, {theirs.ties} ties" if theirs.refused or theirs.ties else None
    exact("the peer", wrong or difference(theirs.cells, expected), len(expected))
    return theirs.rate
