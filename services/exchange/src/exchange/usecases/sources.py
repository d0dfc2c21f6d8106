"""Which topic says what: the names by which shards remember where a record lies."""

from typing import Final

TOPIC_OF: Final = {
    "pay": "pay.submitted",
    "technician-pay": "technician-pay.submitted",
    "benefits": "benefits.submitted",
    "labor-rates": "labor-rate.submitted",
}
MEASURE_OF: Final = {topic: measure for measure, topic in TOPIC_OF.items()}
WITHDRAWN: Final = "submission.withdrawn"
