"""What the tests of the contracts share: the samples, and one event with character."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from contracts.codec import CloudEvent
from contracts.topics import type_of
from hypothesis import HealthCheck, settings

HOME = Path(__file__).resolve().parents[1]
SAMPLES = HOME / "samples"

# These run beside whatever else the machine is doing: how long one example takes says nothing.
patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

# The pay of the design's example: $38 a flag hour with 40 hours guaranteed.
PAY: dict[str, Any] = json.loads((SAMPLES / "pay.submitted" / "v1-full.json").read_text())
# $27.50 an hour, and not one field more than is needed.
HOURLY: dict[str, Any] = json.loads((SAMPLES / "pay.submitted" / "v1-minimal.json").read_text())


def payloads() -> list[Path]:
    """Every sample payload that was ever published."""
    return sorted(p for p in SAMPLES.glob("*/v1-*.json") if not p.name.endswith(".schema.json"))


def refused() -> list[Path]:
    """Every sample of what is refused, with its reason."""
    return sorted(SAMPLES.glob("*/refused/*.json"))


def label(path: Path) -> str:
    """Name a sample in a test's id."""
    return str(path.relative_to(SAMPLES)).removesuffix(".json")


def enveloped(body: Any, topic: str = "pay.submitted") -> CloudEvent:
    """Put a body into a plain envelope."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return CloudEvent("e-1", "urn:test", type_of(topic), "2026-11-23T10:00:00Z", None, data)
