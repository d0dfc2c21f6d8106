"""W3C trace context in headers: what an event causes belongs to the trace of what caused it."""

from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import Span, SpanKind
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

_propagator = TraceContextTextMapPropagator()
# A provider of our own, not the global one: the library works the same whether or not a service installs an exporter.
_provider = TracerProvider(resource=Resource({"service.name": "driveline"}))


def configure(service: str) -> None:
    """Name this process in its spans. An exporter is added with `provider().add_span_processor`."""
    global _provider
    _provider = TracerProvider(resource=Resource({"service.name": service}))
    if isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider):
        trace.set_tracer_provider(_provider)


def provider() -> TracerProvider:
    """The provider that makes this process's spans."""
    return _provider


@contextmanager
def span(name: str, *, traceparent: str | None = None, kind: SpanKind = SpanKind.INTERNAL) -> Iterator[Span]:
    """A span that continues `traceparent`, or the current span, or begins a trace."""
    context = _propagator.extract({"traceparent": traceparent}) if traceparent else None
    tracer = _provider.get_tracer("chassis")
    with tracer.start_as_current_span(name, context=context, kind=kind) as current:
        yield current


def traceparent() -> str | None:
    """The header of the current span, or None outside any span."""
    carrier: dict[str, str] = {}
    _propagator.inject(carrier)
    return carrier.get("traceparent")
