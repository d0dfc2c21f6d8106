"""The composition root of notifications: it follows members and contacts; messages come with issue 4."""

from chassis.consumer import consume_records
from chassis.runtime import Runtime
from chassis.settings import ServiceSettings
from fastapi import FastAPI

from notifications.adapters.tables import Base
from notifications.entrypoints.facts import GROUP, TOPICS, apply

SERVICE = "notifications"


def build(settings: ServiceSettings) -> FastAPI:
    """settings -> adapters -> use cases -> entrypoints."""
    runtime = Runtime(SERVICE, settings, Base.metadata)
    consume_records(
        runtime.broker,
        service=SERVICE,
        group=GROUP,
        apply=apply,
        dead_letters=runtime.dead_letters,
        database=runtime.database,
        topics=TOPICS,
    )
    return runtime.app()
