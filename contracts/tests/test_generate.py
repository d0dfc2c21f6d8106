"""The generated documents are the ones that are committed, and the schemas mean what the models do."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from contracts.topics import TOPICS
from contracts.upkeep.schemas import events, without_titles
from jsonschema import Draft202012Validator
from known_events import HOME, PAY, label, payloads

from contracts import generate


def test_everything_committed_is_current() -> None:
    assert generate.stale(HOME) == []


def test_check_finds_what_is_missing_edited_or_too_many_and_writing_cures_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert generate.main(["--home", str(tmp_path)]) == 0
    assert generate.main(["--home", str(tmp_path), "--check"]) == 0
    capsys.readouterr()

    (tmp_path / "schemas" / "pay.submitted.json").unlink()
    (tmp_path / "schemas" / "media.published.json").write_text("{}")
    (tmp_path / "schemas" / "pay.guessed.json").write_text("{}")
    (tmp_path / "asyncapi" / "exchange.json").write_text("{}")  # a service's own document is not ours to judge
    assert generate.main(["--home", str(tmp_path), "--check"]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "schemas/media.published.json: is stale, run python -m contracts.generate",
        "schemas/pay.guessed.json: is stale, run python -m contracts.generate",
        "schemas/pay.submitted.json: is stale, run python -m contracts.generate",
    ]

    assert generate.main(["--home", str(tmp_path)]) == 0
    assert generate.stale(tmp_path) == []
    assert (tmp_path / "asyncapi" / "exchange.json").exists()


@pytest.mark.parametrize("topic", sorted(events()))
def test_every_schema_is_one(topic: str) -> None:
    Draft202012Validator.check_schema(json.loads((HOME / "schemas" / f"{topic}.json").read_text()))


@pytest.mark.parametrize("path", payloads(), ids=label)
def test_every_sample_is_valid_by_its_schema(path: Path) -> None:
    schema = json.loads((HOME / "schemas" / f"{path.parent.name}.json").read_text())
    Draft202012Validator(schema).validate(json.loads(path.read_text()))


@pytest.mark.parametrize(
    "change",
    [{"role": "mechanic"}, {"rate": "1e3"}, {"revision": 0}, {"revision": "1"}, {"member_id": "a\x00b"},
     {"zip": "1735"}, {"effective_on": "86400"}, {"credentials": "A1"}, {"role": None}],
)  # fmt: skip
def test_a_schema_refuses_what_the_model_refuses(change: dict[str, Any]) -> None:
    schema = json.loads((HOME / "schemas" / "pay.submitted.json").read_text())
    assert Draft202012Validator(schema).is_valid(PAY)
    assert not Draft202012Validator(schema).is_valid(PAY | change)


def test_a_field_called_title_is_kept() -> None:
    assert "title" in json.loads((HOME / "schemas" / "media.published.json").read_text())["properties"]
    assert without_titles({"title": "X", "properties": {"title": {"title": "Title"}}}) == {"properties": {"title": {}}}


def test_the_readme_lists_every_topic() -> None:
    table = (HOME / "README.md").read_text().partition("<!-- topics")[2]
    rows = set(re.findall(r"^\| `([a-z.<>-]+)`", table, re.MULTILINE))
    inner = {t.name for t in TOPICS if not t.name.endswith(".dead")}
    assert rows == inner | {"<service>.dead", "partner.<name>", "partner.<name>.rejected"}


def test_what_the_readme_shows_runs() -> None:
    (shown,) = re.findall(r"```python\n(.*?)```", (HOME / "README.md").read_text(), re.DOTALL)
    exec(compile(shown, "README.md", "exec"), {})  # noqa: S102  # our own text
