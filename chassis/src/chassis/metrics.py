"""Every metric of the chassis, declared once, with what it tells; `driveline_` is their common prefix."""

from prometheus_client import CONTENT_TYPE_LATEST, Counter, Gauge, Histogram, generate_latest

APPLIED = Counter(
    "driveline_records_applied",
    "Records whose effect is committed. The rate of work done.",
    ["topic", "group"],
)
IGNORED = Counter(
    "driveline_records_ignored",
    "Records of an event type that this version does not know yet; skipped on purpose.",
    ["topic", "group"],
)
DEAD_LETTERED = Counter(
    "driveline_records_dead_lettered",
    "Records sent to the dead letters, alone, because they can never be applied or an operator skipped them.",
    ["topic", "group"],
)
RETRIED = Counter(
    "driveline_records_retried",
    "Attempts that failed by a fault that may pass; the partition waits and the record is tried again.",
    ["topic", "group"],
)
PARTITION_WAITING = Gauge(
    "driveline_partition_waiting",
    "Attempts made so far on the record that a partition waits for; absent when it does not wait.",
    ["topic", "partition"],
)
PARTITION_WAITING_OFFSET = Gauge(
    "driveline_partition_waiting_offset",
    "The offset of the record that a partition waits for; with topic and partition it names the record.",
    ["topic", "partition"],
)
LAG = Gauge(
    "driveline_consumer_lag",
    "Records between this consumer's position and the end of the partition, as of its last fetch.",
    ["topic", "partition", "group"],
)
EVENT_AGE = Histogram(
    "driveline_event_age_seconds",
    "From a record's time in Kafka to its effect being committed: how fresh the service's state is.",
    ["topic", "group"],
    buckets=(0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300, 3600),
)
BATCH = Histogram(
    "driveline_batch_seconds",
    "Time to apply one partition's part of a batch, its commit included.",
    ["group"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)
COMMITS_FAILED = Counter(
    "driveline_offset_commits_failed",
    "Offset commits that failed; the records may be delivered again, which changes nothing.",
    ["group"],
)
OUTBOX_PENDING = Gauge("driveline_outbox_pending", "Outbox rows that are due and not yet acknowledged by Kafka.")
OUTBOX_OLDEST = Gauge("driveline_outbox_oldest_seconds", "Age of the oldest outbox row that is due; 0 when none is.")
OUTBOX_RELAYED = Counter("driveline_outbox_relayed", "Outbox rows acknowledged by Kafka.", ["topic"])
OUTBOX_RETRIED = Counter("driveline_outbox_retried", "Attempts to relay an outbox row that failed.", ["topic"])
TIMERS_FIRED = Counter("driveline_timers_fired", "Durable timers whose effect is committed.", ["queue"])
HTTP_REQUESTS = Counter("driveline_http_requests", "HTTP requests answered.", ["method", "route", "status"])
HTTP_LATENCY = Histogram(
    "driveline_http_request_seconds",
    "Time to answer an HTTP request.",
    ["method", "route"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5),
)


def exposition() -> tuple[bytes, str]:
    """Everything measured, in Prometheus' text format, and its content type."""
    return generate_latest(), CONTENT_TYPE_LATEST
