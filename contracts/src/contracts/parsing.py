"""From an envelope to the fact inside it: strict for producers, tolerant for consumers, one line for what is wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from contracts import strict_json
from contracts.cloud_event import CloudEvent
from contracts.event import Event, Refused, one_line, shown
from contracts.fields import PATTERN_MEANING
from contracts.topics import topic_of

E = TypeVar("E", bound=Event)


def parse(ce: CloudEvent, *, strict: bool) -> Event:
    """Return the event inside an envelope; raises Refused with the dotted path of the first field that is wrong.

    `strict` is for what a producer sends: a field that the contract does not know is refused by its name. A consumer
    passes over such fields, because a newer producer may know more.
    """
    model = topic_of(ce.type).event
    if model is None:
        raise Refused("type", f"{shown(ce.type)} has no published shape yet")
    return parse_data(model, ce.data, strict=strict)


def parse_data(model: type[E], data: bytes, *, strict: bool) -> E:
    """Return a JSON body as an event of a known model; raises Refused."""
    body = strict_json.loads(data, "data")
    if not isinstance(body, dict):
        raise Refused("data", f"{shown(body)} is not a JSON object")
    try:
        return model.model_validate_json(
            data, strict=True, extra="forbid" if strict else "ignore", by_alias=True, by_name=False
        )
    except ValidationError as e:
        raise refusal(e, model.topic) from None


def refusal(error: ValidationError, topic: str) -> Refused:
    """Say the first problem of a validation in one line; an unknown field first: a typo also leaves one missing."""
    problems = error.errors(include_url=False)
    first = next((p for p in problems if p["type"] == "extra_forbidden"), problems[0])
    path = [str(step) or "''" for step in first["loc"]]
    cause = (first.get("ctx") or {}).get("error")
    if isinstance(cause, Refused):
        path += [cause.field] if cause.field else []
        return Refused(".".join(path) or "data", cause.problem)
    if first["type"] == "extra_forbidden":
        return Refused(".".join(path), f"is not a field of {topic}")
    return Refused(".".join(path) or "data", _problem(first))


def _not(what: str) -> Callable[[str, dict[str, Any]], str]:
    return lambda given, _: f"{given} is not {what}"


_PROBLEMS: dict[str, Callable[[str, dict[str, Any]], str]] = {
    "missing": lambda _, __: "is missing",
    "literal_error": lambda given, ctx: f"{given} is not one of {ctx['expected']}",
    "string_type": _not("text"),
    "int_type": _not("a whole number"),
    "int_from_float": _not("a whole number"),
    "int_parsing": _not("a whole number"),
    "int_parsing_size": _not("a whole number of at most 64 bits"),
    "bool_type": _not("true or false"),
    "timezone_aware": _not("a time in UTC"),
    "tuple_type": _not("a list"),
    "list_type": _not("a list"),
    "dict_type": _not("an object"),
    "model_type": _not("an object"),
    "model_attributes_type": _not("an object"),
    "greater_than_equal": lambda given, ctx: f"{given} is less than {ctx['ge']}",
    "less_than_equal": lambda given, ctx: f"{given} is more than {ctx['le']}",
    "string_too_long": lambda _, ctx: f"is longer than {ctx['max_length']} characters",
    "string_too_short": lambda _, __: "is empty",
    "too_long": lambda _, ctx: f"has more than {ctx['max_length']} entries",
    "string_pattern_mismatch": lambda given, ctx: f"{given} {PATTERN_MEANING.get(ctx['pattern'], 'has another form')}",
    "json_invalid": lambda _, ctx: f"is not JSON: {ctx['error']}",
}


def _problem(details: ErrorDetails) -> str:
    say = _PROBLEMS.get(details["type"])
    if say is None:
        return one_line(f"{shown(details['input'])}: {details['msg']}")
    return say(shown(details["input"]), details.get("ctx") or {})
