"""Whatever happens to a market, the exchange shows after every epoch what a plain recomputation shows, cell by cell."""

import os
from collections import Counter
from dataclasses import replace
from random import Random

import pytest
from driveline.verify.beside_old import pairs
from driveline.verify.change import changed
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from .histories import draw
from .plainly import Plainly
from .playing import EACH, OF_BENEFITS, WAYS, play
from .said import History

# A longer run: DRIVELINE_DISCLOSURE_EXAMPLES=2000 .venv/bin/pytest tests/disclosure -s
EXAMPLES = int(os.environ.get("DRIVELINE_DISCLOSURE_EXAMPLES", "25"))
SEEDS = range(50)
GUARDED = 20  # of them, by policies that guard old versions from the first release on
HISTORIES = st.randoms(use_true_random=False).map(draw)


@pytest.mark.timeout(0 if EXAMPLES > 100 else 240)
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(HISTORIES)
def test_every_release_of_a_drawn_history_is_the_plain_one(history: History) -> None:
    for way in play(history):
        if way in WAYS or way in OF_BENEFITS:
            event(way)


def test_every_release_of_some_seeded_histories_is_and_each_way_is_taken() -> None:
    seen: Counter[str] = Counter()
    for seed in SEEDS:
        seen.update(play(draw(Random(seed)), f"seed {seed}, "))
    for way in sorted(seen):
        print(f"{seen[way]:8,} {way}")  # noqa: T201 - with -s: how often each
    of_each = [f"{measure}, {way}" for measure in ("pay", "benefits", "labor-rates") for way in EACH]
    assert [way for way in (*WAYS, *of_each, *OF_BENEFITS) if not seen[way]] == []


def test_where_old_versions_are_guarded_what_is_shown_beside_each_other_is_the_same_or_differs_by_k() -> None:
    beside, few = 0, []
    for seed in SEEDS[:GUARDED]:
        drawn = draw(Random(seed))
        least = {
            rules.measure: min(r.k for r in drawn.policies if r.measure == rules.measure) for rules in drawn.policies
        }
        plainly = Plainly(replace(drawn, policies=tuple(replace(r, guards_old_versions=True) for r in drawn.policies)))
        for number, step in enumerate(drawn.steps):
            plainly.take(step)
            for name, measure in plainly.measures.items():
                shown = {cell: version.entries for cell, version in measure.memory.items() if version.shown}
                for wide, fine in pairs(shown):
                    beside += 1
                    if 1 <= changed(shown[wide], shown[fine]) < least[name]:
                        few.append((seed, number, wide, fine))
    assert few == []
    assert beside > 1000
