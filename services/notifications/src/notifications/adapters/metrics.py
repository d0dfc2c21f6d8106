"""Every metric of notifications, declared once, with what it tells."""

from typing import Final

from prometheus_client import Counter, Gauge, Histogram

PLANNED: Final = Counter(
    "driveline_notifications_planned", "Messages planned, each for one cause.", ["template", "channel"]
)
SETTLED: Final = Counter(
    "driveline_notifications_settled",
    "What became of messages. `unknown` may have arrived and is never sent again: look into what made it grow.",
    ["channel", "outcome"],
)
RETRIED: Final = Counter(
    "driveline_notifications_retried", "Attempts that were refused for now and are made again later.", ["channel"]
)
ATTEMPT_SECONDS: Final = Histogram(
    "driveline_notifications_attempt_seconds",
    "Time from handing a message over to the answer.",
    ["channel"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
DUE: Final = Gauge(
    "driveline_notifications_due", "Messages whose time has come and that have not gone out yet.", ["channel"]
)
CHANNEL_SET_UP: Final = Gauge(
    "driveline_notifications_channel_set_up",
    "1 where a server is configured for the channel; with 0 its messages stay planned.",
    ["channel"],
)
NOBODY: Final = Counter(
    "driveline_notifications_nobody_reachable",
    "Notices that waited for somebody of the member who can be reached, until it was too late.",
    ["template"],
)
INBOUND: Final = Counter("driveline_notifications_inbound_texts", "Texts that came back, by meaning.", ["meaning"])
RECEIPTS: Final = Counter("driveline_notifications_receipts", "Delivery receipts for texts.", ["state"])
SMS_CONNECTED: Final = Gauge(
    "driveline_notifications_sms_connected", "1 while this process is bound to the SMS centre."
)
