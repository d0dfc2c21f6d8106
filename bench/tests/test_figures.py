"""Figures, and when an event counts as collected."""

from driveline_bench.figures import percentile
from driveline_bench.latency import Watermarks


def test_a_percentile_is_one_of_the_values() -> None:
    assert percentile([30, 10, 20], 50) == 20
    assert percentile([float(n) for n in range(1, 101)], 99) == 99
    assert percentile([5], 99) == 5


def test_an_event_is_collected_by_the_first_watermark_past_it() -> None:
    marks = Watermarks(None)  # type: ignore[arg-type]
    marks.seen[0] = [(1.0, 0), (2.0, 3), (2.5, 4)]
    sent = [[(0.5, 0), (1.5, 2), (2.25, 3)], *([] for _ in marks.seen[1:])]
    assert marks.times(sent) == [1.5, 0.5, 0.25]
