"""Serving a service's application: uvicorn on uvloop, stopped gracefully within seconds."""

import asyncio
import signal

import uvicorn
from fastapi import FastAPI

from chassis.settings import ServiceSettings

# Requests in flight get this long; what comes after is in `chassis.runtime.STOP_S`.
GRACE_S = 1


def serve(app: FastAPI, settings: ServiceSettings) -> None:
    """Run until SIGTERM or SIGINT; then finish what is in hand and return."""
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            host=settings.http_host,
            port=settings.http_port,
            loop="uvloop",
            http="h11",
            lifespan="on",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=GRACE_S,
            timeout_keep_alive=30,
        )
    )
    for number in (signal.SIGTERM, signal.SIGINT):
        # uvicorn raises the signal again once it has stopped; being told to stop is no failure.
        signal.signal(number, lambda *_: None)
    with asyncio.Runner(loop_factory=_uvloop) as runner:
        runner.run(server.serve())


def _uvloop() -> asyncio.AbstractEventLoop:
    import uvloop

    return uvloop.new_event_loop()
