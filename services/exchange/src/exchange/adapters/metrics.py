"""Every metric of the exchange, declared once, with what it tells."""

from typing import Final

from contracts.topics import COLLECTED as _COLLECTED_TOPICS
from prometheus_client import Counter, Gauge, Histogram

COLLECTED: Final = Counter("driveline_exchange_collected", "Records whose effect on a shard is durable.", ["topic"])
COLLECT_SECONDS: Final = Histogram(
    "driveline_exchange_collect_seconds",
    "Time from a micro-batch being read to its being durable.",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)
STRAYS: Final = Counter(
    "driveline_exchange_strays",
    "Records found in the wrong partition and published again to the right one: a producer has another partitioner.",
    ["topic"],
)
STRAYED_AT: Final = Gauge(
    "driveline_exchange_stray_timestamp_seconds",
    "When a record in the wrong partition was last published again.",
    ["topic"],
)
MOVED: Final = Counter(
    "driveline_exchange_moved",
    "Records published again because their member belongs to another partition since there are more of them.",
    ["topic"],
)
RELOADS: Final = Counter(
    "driveline_exchange_shard_reloads",
    "Times a shard in memory was dropped and loaded again, by the reason.",
    ["reason"],
)
LOADED_AHEAD: Final = Counter(
    "driveline_exchange_shards_loaded_ahead",
    "Shards that this process had loaded before the group gave them to it, because their owner had fallen silent.",
)
HEALED: Final = Counter(
    "driveline_exchange_shards_healed",
    "Times what Redis held of a shard, or of a cut for an epoch, was damaged or lost and was made again, by the kind of damage.",
    ["kind"],
)
HEALED_AT: Final = Gauge(
    "driveline_exchange_shard_healed_timestamp_seconds",
    "When something that Redis held was last made again, by the kind of damage.",
    ["kind"],
)
SCRUBBED: Final = Counter(
    "driveline_exchange_scrubbed",
    "What the scrubber has looked at: slices of cells against the contributions; in Redis contributions, members, shards' keys.",
    ["what"],
)
SCRUB_MISMATCHES: Final = Counter(
    "driveline_exchange_scrub_mismatches",
    "Cells that were not what the contributions make them, and values in Redis that were not what memory holds.",
    ["what"],
)
SCRUB_MISMATCHED_AT: Final = Gauge(
    "driveline_exchange_scrub_mismatch_timestamp_seconds",
    "When the scrubber last found something wrong, by what it was.",
    ["what"],
)
SCRUBBED_AT: Final = Gauge(
    "driveline_exchange_scrub_round_timestamp_seconds",
    "When the scrubber last had looked at everything that this process owns.",
)
OWNED: Final = Gauge("driveline_exchange_shards_owned", "Shards that this process owns.")
PARTITIONS: Final = Gauge(
    "driveline_exchange_partitions",
    "Partitions of the collected topics, as this process knows them: so many shards are to be owned.",
)
GENERATION: Final = Gauge("driveline_exchange_generation", "The generation of shards that this process collects into.")
STOPPED: Final = Gauge(
    "driveline_exchange_partition_stopped",
    "1 for a partition that is stopped until an operator looks: log and state do not fit together.",
    ["partition"],
)
EPOCH: Final = Gauge("driveline_exchange_epoch", "The epoch whose numbers this process serves.")
CELLS_SHOWN: Final = Gauge("driveline_exchange_cells_shown", "Released cells that this process serves.", ["measure"])
ANSWERS: Final = Counter("driveline_exchange_answers", "Benchmark questions answered.", ["measure", "status"])
RELEASE_SECONDS: Final = Histogram(
    "driveline_exchange_release_seconds",
    "Time to make and switch to an epoch.",
    buckets=(0.5, 1, 2.5, 5, 10, 30, 60, 120),
)

CHANGES_TOLD: Final = Counter(
    "driveline_exchange_changes_told", "Events of changed and withdrawn cells that Kafka has acknowledged.", ["topic"]
)
UNTOLD_SECONDS: Final = Gauge(
    "driveline_exchange_untold_seconds",
    "For how long the log has been waiting for changes of a published epoch; 0 when it has all of them.",
)


def note_healed(kind: str) -> None:
    """Something that Redis held was damaged or lost, and is made again."""
    HEALED.labels(kind).inc()
    HEALED_AT.labels(kind).set_to_current_time()


# What has not happened yet is 0 and not absent. An alarm asks for the time all the same: most damage is found while a
# process starts, before anybody has asked it for a number that could increase.
for _kind in ("type", "incomplete", "corrupt", "lost", "rewound", "cut"):
    HEALED.labels(_kind)
for _what in ("cells", "values"):
    SCRUB_MISMATCHES.labels(_what)
for _topic in _COLLECTED_TOPICS:
    STRAYS.labels(_topic)
