"""`python -m membership.intake`: the process that takes in what partners publish on their own topics."""

from chassis.consumer import consume_records
from chassis.run import serve
from chassis.runtime import Runtime
from fastapi import FastAPI

from membership.adapters.new_topics import NewTopics
from membership.adapters.refusals import Refusals
from membership.adapters.tables import Base
from membership.entrypoints.partner_records import GROUP, PATTERN, PartnerRecords
from membership.settings import Settings
from membership.usecases.take_in import TakeIn

# Of these, one look-up and one insert are made; larger batches cost memory (a record may have 4 MiB) and win little.
RECORDS_AT_A_TIME = 500


def build(settings: Settings) -> FastAPI:
    """settings -> adapters -> use cases -> entrypoints; over HTTP only the probes and metrics."""
    # The main process relays the outbox; the intake writes to Kafka itself and waits for it.
    runtime = Runtime("membership.intake", settings, Base.metadata, relay=False)
    producer = runtime.broker.producer
    records = PartnerRecords(TakeIn(producer), Refusals(producer))
    consumer = consume_records(
        runtime.broker,
        service="membership.intake",
        group=GROUP,
        apply=records.apply,
        dead_letters=runtime.dead_letters,
        database=runtime.database,
        pattern=PATTERN,
        max_records=RECORDS_AT_A_TIME,
    )
    new_topics = NewTopics(consumer)
    runtime.on_start.append(new_topics.start)
    runtime.on_stop.append(new_topics.stop)
    return runtime.app()


def main() -> None:
    """Serve until stopped."""
    settings = Settings.told()
    serve(build(settings), settings)


if __name__ == "__main__":
    main()
