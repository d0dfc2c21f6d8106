"""What was published stays readable, and what is published stays readable by those who knew less."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import pytest
from contracts.event import Event
from contracts.exchange import SubmissionWithdrawn
from contracts.fields import Id, Revision
from contracts.upkeep import samples
from contracts.upkeep.schemas import events
from contracts.vocabulary import Measure
from known_events import SAMPLES

from contracts import seal

CHECKS: dict[str, Callable[[Path, dict[str, type[Event]]], list[str]]] = {
    "every sample is read whole": samples.broken_samples,
    "no shape breaks": samples.broken_shapes,
    "every field has a sample": samples.unsampled,
    "the present shape is sealed": samples.unfrozen,
    "nothing sealed was touched": lambda home, _: samples.tampered(home),
}


@pytest.mark.parametrize("check", CHECKS)
def test_what_was_published_holds(check: str) -> None:
    assert CHECKS[check](SAMPLES, events()) == []


class Withdrawn(Event):
    """`submission.withdrawn` as it was published; what follows is what somebody might make of it."""

    topic: ClassVar[str] = "submission.withdrawn"
    submission_id: Id
    revision: Revision
    member_id: Id
    measure: Measure


class AsksMore(Withdrawn):
    """A new required field."""

    reason: str


class Forgets(Event):
    """A removed field."""

    topic: ClassVar[str] = "submission.withdrawn"
    submission_id: Id
    revision: Revision
    member_id: Id


class NumberedIds(Withdrawn):
    """Another type."""

    submission_id: int  # type: ignore[assignment]


class MayBeAnyone(Withdrawn):
    """A required field that became optional."""

    member_id: Id | None = None  # type: ignore[assignment]


class SaysMore(Withdrawn):
    """A new optional field, the one thing that is allowed."""

    reason: str | None = None


@pytest.mark.parametrize(
    ("planted", "shape", "sample"),
    [
        (
            AsksMore,
            "reason: a new field is required: a new reader refuses old data",
            "is no longer read: reason: is missing",
        ),
        (Forgets, "measure: the field is gone: an old reader refuses new data", "field measure gets lost"),
        (
            NumberedIds,
            "submission_id: type string became integer",
            "is no longer read: submission_id: '9b1c' is not a whole number",
        ),
        (MayBeAnyone, "member_id: the field became optional: an old reader refuses new data", ""),
        (SaysMore, "", ""),
        (SubmissionWithdrawn, "", ""),
    ],
)
def test_a_planted_breakage_is_found(planted: type[Event], shape: str, sample: str) -> None:
    planted_events = {"submission.withdrawn": planted}
    shapes, payloads = samples.broken_shapes(SAMPLES, planted_events), samples.broken_samples(SAMPLES, planted_events)
    assert any(f"submission.withdrawn: {shape}" in line for line in shapes) if shape else not shapes, shapes
    assert any(sample in line for line in payloads) if sample else not payloads, payloads


def test_a_new_field_needs_a_sample_and_a_seal() -> None:
    newer = {"submission.withdrawn": SaysMore}
    assert samples.unsampled(SAMPLES, newer) == ["submission.withdrawn.reason: no sample shows it"]
    assert samples.unfrozen(SAMPLES, newer) == [
        "submission.withdrawn: its present shape is not sealed, run python -m contracts.seal"
    ]


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """Return a copy of the samples to do damage to."""
    shutil.copytree(SAMPLES, tmp_path / "samples")
    return tmp_path / "samples"


def test_an_edited_sample_is_seen(copied: Path) -> None:
    path = copied / "pay.submitted" / "v1-minimal.json"
    path.write_text(path.read_text().replace("27.5", "28.5"))
    assert samples.tampered(copied) == [
        "pay.submitted/v1-minimal.json: was edited; a published shape is never edited, add another sample"
    ]


def test_an_edited_frozen_schema_is_seen(copied: Path) -> None:
    path = copied / "pay.submitted" / "v1.schema.json"
    path.write_text(path.read_text().replace('"tech_a",', ""))
    assert [line.partition(":")[0] for line in samples.tampered(copied)] == ["pay.submitted/v1.schema.json"]


def test_a_sample_taken_away_or_slipped_in_is_seen(copied: Path) -> None:
    (copied / "media.published" / "v1-full.json").rename(copied / "media.published" / "v1-whole.json")
    assert samples.tampered(copied) == [
        "media.published/v1-full.json: is gone; readers still meet what it shows",
        "media.published/v1-whole.json: is not sealed, run python -m contracts.seal",
    ]


def test_sealing_records_what_is_new_and_nothing_else(copied: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (copied / "media.published" / "v1-later.json").write_text((copied / "media.published" / "v1-full.json").read_text())
    assert seal.main(["--home", str(copied)]) == 0
    assert capsys.readouterr().out == "media.published/v1-later.json: sealed\n"
    assert samples.tampered(copied) == []


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda body: body | {"url": "ftp://example.com"}, "media.published/v1-later.json: is no longer read: url"),
        (lambda body: body | {"urll": "https://example.com"}, "media.published/v1-later.json: field urll gets lost"),
    ],
)
def test_what_does_not_hold_is_not_sealed(
    copied: Path, capsys: pytest.CaptureFixture[str], damage: Callable[[Any], Any], said: str
) -> None:
    body = json.loads((copied / "media.published" / "v1-full.json").read_text())
    (copied / "media.published" / "v1-later.json").write_text(json.dumps(damage(body)))
    before = (copied / samples.LEDGER).read_text()
    assert seal.main(["--home", str(copied)]) == 1
    assert capsys.readouterr().err.startswith(said)
    assert (copied / samples.LEDGER).read_text() == before


def test_an_edit_is_not_sealed_over(copied: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = copied / "pay.submitted" / "v1-minimal.json"
    path.write_text(path.read_text().replace("27.5", "28.5"))
    assert seal.main(["--home", str(copied)]) == 1
    assert capsys.readouterr().err.startswith("pay.submitted/v1-minimal.json: was edited")


def test_a_grown_shape_is_frozen_beside_the_old_one(copied: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    grown = events() | {"submission.withdrawn": SaysMore}
    monkeypatch.setattr(samples, "events", lambda: grown)
    body = {
        "submission_id": "9b1c",
        "revision": 2,
        "member_id": "shop-42",
        "measure": "pay",
        "reason": "left the trade",
    }
    (copied / "submission.withdrawn" / "v1-reason.json").write_text(json.dumps(body))
    assert samples.seal(copied) == ["submission.withdrawn/v1-2.schema.json", "submission.withdrawn/v1-reason.json"]
    assert all(check(copied, grown) == [] for check in CHECKS.values())
    # From now on the new field is as firm as the old ones.
    assert samples.broken_shapes(copied, {"submission.withdrawn": Withdrawn}) == [
        "submission.withdrawn: reason: the field is gone: what old data says is lost (against v1-2.schema.json)"
    ]
