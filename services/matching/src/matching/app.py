"""The composition root of matching: it follows who takes part and where; needs and offers come with issue 4."""

from chassis.runtime import Runtime
from chassis.settings import ServiceSettings
from fastapi import FastAPI

from matching.adapters.tables import Base
from matching.entrypoints.member_facts import TOPICS, on_member

SERVICE = "matching"


def build(settings: ServiceSettings) -> FastAPI:
    """settings -> adapters -> use cases -> entrypoints."""
    runtime = Runtime(SERVICE, settings, Base.metadata)
    runtime.consume(SERVICE, on_member, TOPICS)
    return runtime.app()
