"""Asks the exchange for every cell it released in an epoch: NDJSON, one cell a line."""

import json
from collections.abc import Iterator
from typing import Any

import httpx

from driveline.verify.values import Shown

PATIENCE = httpx.Timeout(10, read=60)


class Unanswered(Exception):
    """The exchange did not give an epoch's cells."""


def _cell(line: str, epoch: int, serial: int) -> tuple[str, Shown]:
    said: dict[str, Any] = json.loads(line)
    if (said["epoch"], said["serial"]) != (epoch, serial):
        raise Unanswered(f"a cell of epoch {said['epoch']}.{said['serial']} among those of {epoch}.{serial}")
    intervals = {name: (low, high) for name, (low, high) in said.get("intervals", {}).items()}
    amount = said.get("amount")
    return said["cell"], Shown(
        said["policy_id"],
        said["contributors"],
        said.get("percentiles", {}),
        intervals,
        said.get("share"),
        None if amount is None else (amount["unit"], amount["p50"]),
    )


def _lines(exchange: str, epoch: int, serial: int) -> Iterator[str]:
    address = f"{exchange}/v1/epochs/{epoch}/{serial}/cells"
    try:
        with httpx.stream("GET", address, timeout=PATIENCE) as answer:
            if answer.status_code != httpx.codes.OK:
                raise Unanswered(f"{address} answers {answer.status_code}")
            yield from (line for line in answer.iter_lines() if line)
    except httpx.HTTPError as fault:
        raise Unanswered(f"{address} does not answer: {fault}") from fault


def released(exchange: str, epoch: int, serial: int) -> dict[str, Shown]:
    """By cell key what the exchange says it released; Unanswered when it does not say, or says a cell twice."""
    found: dict[str, Shown] = {}
    for line in _lines(exchange, epoch, serial):
        try:
            cell, shown = _cell(line, epoch, serial)
        except (KeyError, TypeError, ValueError, AttributeError) as fault:
            raise Unanswered(f"epoch {epoch}.{serial}: not a released cell: {line[:120]}") from fault
        if cell in found:
            raise Unanswered(f"epoch {epoch}.{serial}: {cell} twice")
        found[cell] = shown
    return found
