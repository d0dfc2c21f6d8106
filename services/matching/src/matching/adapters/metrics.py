"""Every metric of matching, declared once, with what it tells."""

from typing import Final

from prometheus_client import Counter, Gauge, Histogram

NEEDS: Final = Gauge("driveline_matching_needs", "Needs by state; those that stay open long find nobody.", ["state"])
PROPOSALS: Final = Gauge(
    "driveline_matching_proposals", "Proposals by state; how many end in each tells how good matches are.", ["state"]
)
ANSWER_SECONDS: Final = Histogram(
    "driveline_matching_answer_seconds",
    "From a side being asked to its answer.",
    ["answer"],
    buckets=(60, 600, 3600, 4 * 3600, 12 * 3600, 24 * 3600, 48 * 3600, 72 * 3600),
)
CAPACITY_RACES: Final = Counter(
    "driveline_matching_capacity_races",
    "Offers that had room when seen and none, or not the right one, once held: needs compete for them.",
)
