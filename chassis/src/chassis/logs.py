"""Structured logs: one JSON object a line on stderr, with event id and trace bound while an event is handled."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

# Libraries that speak at every reconnect or request; their warnings are still heard.
_QUIET = ("aiokafka", "faststream", "httpx", "httpcore", "uvicorn", "asyncio", "alembic", "kafka", "outbox")


def configure(service: str, level: str = "info", instance: str = "") -> None:
    """Set up logging for this process; call once, in the composition root."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        structlog.processors.format_exc_info,
    ]
    numeric = logging.getLevelNamesMapping().get(level.upper(), logging.INFO)
    structlog.configure(
        processors=[*shared, structlog.processors.JSONRenderer()],
        wrapper_class=structlog.make_filtering_bound_logger(numeric),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(),
            ],
            foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(max(numeric, logging.WARNING))
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(numeric, logging.WARNING))
    structlog.contextvars.bind_contextvars(service=service, instance=instance or service)


def get(name: str) -> structlog.typing.FilteringBoundLogger:
    """A logger whose lines carry the name of the module that speaks."""
    logger: structlog.typing.FilteringBoundLogger = structlog.get_logger(module=name)
    return logger


@contextmanager
def bound(**values: object) -> Iterator[None]:
    """Every line logged inside carries these values."""
    with structlog.contextvars.bound_contextvars(**values):
        yield
