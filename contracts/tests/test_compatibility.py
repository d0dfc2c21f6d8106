"""Each way in which a shape can break is found, in the direction in which it hurts."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
from contracts.upkeep.compatibility import NARROWER, WIDER, breaks
from known_events import SAMPLES

Schema = dict[str, Any]
MEMBER: Schema = json.loads((SAMPLES / "member.joined" / "v1.schema.json").read_text())
PROPERTIES = MEMBER["properties"]


def changed(change: Callable[[Schema], object]) -> Schema:
    """Return the shape of `member.joined` with a change."""
    schema = copy.deepcopy(MEMBER)
    change(schema)
    return schema


def field(name: str, definition: Schema | None) -> Callable[[Schema], object]:
    """Change a field, or take it away."""

    def change(schema: Schema) -> None:
        if definition is None:
            del schema["properties"][name]
        else:
            schema["properties"][name] = definition

    return change


def within(name: str, field_name: str, **keywords: Any) -> Callable[[Schema], object]:
    """Change a field of a value object inside the event."""
    return lambda schema: schema["$defs"][name]["properties"][field_name].update(keywords)


STATUS = PROPERTIES["status"]["enum"]
CIPS = MEMBER["$defs"]["Program"]["properties"]["cip"]["enum"]
HARMLESS: dict[str, Callable[[Schema], object]] = {
    "nothing": lambda schema: None,
    "better prose": lambda schema: schema.update(description="Somebody joined.", title="Joined"),
    "a new optional field": field("nickname", {"type": "string", "default": None}),
    "the same values in another order": field("status", {"enum": STATUS[::-1], "type": "string"}),
    "a new optional field inside": lambda schema: schema["$defs"]["Location"]["properties"].update(
        bays={"type": "integer"}
    ),
}
HARMFUL: dict[str, tuple[Callable[[Schema], object], str, str]] = {
    "a field is gone": (field("ownership", None), "ownership", "what old data says is lost"),
    "a field became required": (lambda s: s["required"].append("zip"), "zip", NARROWER),
    "a field became optional": (lambda s: s["required"].remove("kind"), "kind", WIDER),
    "a new required field": (
        lambda s: (s["required"].append("nickname"), field("nickname", {"type": "string"})(s)),
        "nickname",
        NARROWER,
    ),
    "a value is gone": (field("status", {"enum": STATUS[:-1], "type": "string"}), "status", NARROWER),
    "a value is new": (field("status", {"enum": [*STATUS, "asleep"], "type": "string"}), "status", WIDER),
    "any text goes": (field("status", {"type": "string"}), "status", WIDER),
    "only some text goes": (field("member_id", PROPERTIES["member_id"] | {"enum": ["shop-1"]}), "member_id", NARROWER),
    "another type": (field("revision", {"type": "string"}), "revision", NARROWER),
    "two types": (field("revision", PROPERTIES["revision"] | {"type": ["integer", "string"]}), "revision", NARROWER),
    "another form": (field("member_id", {"type": "string", "pattern": "^[0-9]+$"}), "member_id", NARROWER),
    "no form": (field("member_id", {"type": "string"}), "member_id", WIDER),
    "a higher floor": (field("revision", PROPERTIES["revision"] | {"minimum": 2}), "revision", NARROWER),
    "a lower floor": (field("revision", PROPERTIES["revision"] | {"minimum": 0}), "revision", WIDER),
    "a lower ceiling": (field("revision", PROPERTIES["revision"] | {"maximum": 100}), "revision", NARROWER),
    "no ceiling": (lambda s: s["properties"]["revision"].pop("maximum"), "revision", WIDER),
    "null is refused": (field("name", PROPERTIES["name"]["anyOf"][0]), "name", NARROWER),
    "null is new": (field("kind", {"anyOf": [PROPERTIES["kind"], {"type": "null"}]}), "kind", WIDER),
    "a list became one": (field("programs", {"$ref": "#/$defs/Program"}), "programs", NARROWER),
    "deep inside, a value is gone": (within("Program", "cip", enum=CIPS[1:]), "programs[].cip", NARROWER),
    "deep inside, a value is new": (within("Program", "cip", enum=[*CIPS, "47.0606"]), "programs[].cip", WIDER),
    "deep inside, a field is gone": (
        lambda s: s["$defs"]["Program"]["properties"].pop("enrolled"),
        "programs[].enrolled",
        "what old data says is lost",
    ),
    "nothing more may be there": (lambda s: s.update(additionalProperties=False), "", NARROWER),
}


@pytest.mark.parametrize("name", HARMLESS)
def test_what_nobody_stumbles_over_is_allowed(name: str) -> None:
    assert breaks(MEMBER, changed(HARMLESS[name])) == []


@pytest.mark.parametrize("name", HARMFUL)
def test_what_somebody_stumbles_over_is_found(name: str) -> None:
    change, path, trouble = HARMFUL[name]
    found = breaks(MEMBER, changed(change))
    assert found
    assert all(f.path == path or f.path.startswith(f"{path}.") for f in found)
    assert any(trouble in f.trouble for f in found), found
    assert len(str(found[0]).splitlines()) == 1


def test_renaming_a_definition_is_no_break() -> None:
    text = json.dumps(MEMBER).replace("#/$defs/Program", "#/$defs/Course").replace('"Program": {', '"Course": {')
    assert breaks(MEMBER, json.loads(text)) == []
