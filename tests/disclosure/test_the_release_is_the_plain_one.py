"""Whatever happens to a market, the exchange shows after every epoch what a plain recomputation shows, cell by cell."""

import os
from collections import Counter
from random import Random

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from .histories import draw
from .playing import WAYS, play
from .said import History

# A longer run: DRIVELINE_DISCLOSURE_EXAMPLES=2000 .venv/bin/pytest tests/disclosure -s
EXAMPLES = int(os.environ.get("DRIVELINE_DISCLOSURE_EXAMPLES", "25"))
SEEDS = range(50)
HISTORIES = st.randoms(use_true_random=False).map(draw)


@pytest.mark.timeout(0 if EXAMPLES > 100 else 240)
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(HISTORIES)
def test_every_release_of_a_drawn_history_is_the_plain_one(history: History) -> None:
    for way in play(history):
        event(way)


def test_every_release_of_some_seeded_histories_is_and_each_way_is_taken() -> None:
    seen: Counter[str] = Counter()
    for seed in SEEDS:
        seen.update(play(draw(Random(seed)), f"seed {seed}, "))
    for way in sorted(seen):
        print(f"{seen[way]:8,} {way}")  # noqa: T201 - with -s: how often each
    assert [way for way in WAYS if not seen[way]] == []
