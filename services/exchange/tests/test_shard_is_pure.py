"""The state of a shard is a pure function of the set of events and the cutoff: any order, split and repetition."""

import hashlib
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pytest
from exchange.domain.codes import credential_level
from exchange.domain.lattice import Geography, Place
from exchange.domain.layout import NONE, VERSION
from exchange.domain.ledger import TakenBack, name_of
from exchange.domain.members import MemberState
from exchange.domain.policy import POLICIES, months_before
from exchange.domain.shard import Batch, Days, Shard, Submitted, Withdrawn
from hypothesis import given, settings
from hypothesis import strategies as st

GEOGRAPHY = Geography(
    [
        Place("17350", "PA", "Middle Atlantic", "23900"),
        Place("16830", "PA", "Middle Atlantic", None),
        Place("43004", "OH", "East North Central", "18140"),
        Place("00601", "PR", None, None),
    ]
)
FIRST = date(2026, 1, 1)
DAYS = st.integers(-760, 60).map(lambda n: FIRST + timedelta(days=n))


@dataclass(frozen=True)
class Pay:
    member: str
    submission: str
    revision: int
    effective: date
    cents: int
    zip: str
    role: int

    def rank(self) -> int:
        return int.from_bytes(hashlib.sha256(repr(self).encode()).digest()[:8], "big")


@dataclass(frozen=True)
class Back:
    member: str
    submission: str
    revision: int


@dataclass(frozen=True)
class Member:
    member: str
    revision: int
    kind: str
    active: bool
    verified: date | None

    def digest(self) -> bytes:
        return hashlib.sha256(repr(self).encode()).digest()


MEMBERS = st.sampled_from(["elm", "oak", "ash"])
SUBMISSIONS = st.sampled_from(["s1", "s2"])
REVISIONS = st.integers(1, 4)
EVENTS = st.one_of(
    st.builds(
        Pay, MEMBERS, SUBMISSIONS, REVISIONS, DAYS, st.integers(1500, 1504),
        st.sampled_from(["17350", "16830", "43004", "00601"]), st.integers(4, 6),
    ),
    st.builds(Back, MEMBERS, SUBMISSIONS, REVISIONS),
    st.builds(
        Member, MEMBERS, REVISIONS, st.sampled_from(["business", "business", "school"]), st.booleans(),
        st.one_of(st.none(), DAYS),
    ),
)  # fmt: skip
# What happens to a shard: events arrive in batches, cutoffs advance in between.
HISTORIES = st.lists(EVENTS, max_size=30)
CUTOFFS = st.lists(st.integers(0, 90).map(lambda n: FIRST + timedelta(days=n)), min_size=1, max_size=3).map(sorted)


def fold(shard: Shard, events: list[Pay | Back | Member], offsets: dict[int, Pay], measure: str = "pay") -> None:
    """Fold one batch as the collector does, ties included."""
    ledger = shard.ledgers[measure]
    batch = Batch()
    rows, targets, taken_back = [], [], []
    for event in events:
        if isinstance(event, Member):
            shard.intern_member(event.member)
            batch.members.append(
                MemberState(event.member, event.revision, event.digest(), event.kind, event.active, event.verified)
            )
            continue
        target = ledger.intern(shard.intern_member(event.member), name_of(event.member, event.submission))
        if isinstance(event, Back):
            taken_back.append((target, event.revision))
            continue
        row = np.zeros(1, VERSION)[0]
        offset = len(offsets)
        offsets[offset] = event
        row["revision"], row["offset"], row["effective"] = event.revision, offset, event.effective.toordinal()
        row["value"], row["zip"], row["subject"] = value(measure, event), int(event.zip), event.role
        row["checksum"] = event.rank() & 0xFFFFFFFF
        rows.append(row)
        targets.append(target)
    if rows:
        batch.submitted[measure] = Submitted(np.array(targets, np.int64), np.array(rows, VERSION))
    if taken_back:
        targets_of = np.array([target for target, _ in taken_back], np.int64)
        batch.withdrawn[measure] = Withdrawn(targets_of, [TakenBack(revision, 0, 0) for _, revision in taken_back])
    folded = shard.fold(shard.seal(batch))
    for tie in folded.ties.get(measure, []):
        row = batch.submitted[measure].rows[tie.row].copy()
        row["rank"] = offsets[int(row["offset"])].rank()
        shard.fold_tie(measure, tie.target, row, {offset: offsets[offset].rank() for offset in tie.offsets})


def value(measure: str, pay: Pay) -> int:
    """What is in the cells: of benefits a number of 25 bits."""
    return pay.cents + (25_000_000 if measure == "benefits" else 0)


def subjects(measure: str, role: int) -> tuple[int, ...]:
    """Whose cells an entry is in: nobody asks for all benefits, or all kinds, together."""
    return (0, role + 1) if measure == "pay" else (role + 1,)


def plainly(events: list[Pay | Back | Member], cutoff: date, measure: str = "pay") -> dict[str, list[tuple[str, int]]]:
    """Rule 1 said plainly: which entries stand, and the cells that they are in."""
    window = months_before(cutoff, 24)
    members: dict[str, Member] = {}
    withdrawn: dict[tuple[str, str], int] = {}
    eligible: dict[tuple[str, str], Pay] = {}
    for event in events:
        if isinstance(event, Member):
            held = members.get(event.member)
            if held is None or (event.revision, event.digest()) > (held.revision, held.digest()):
                members[event.member] = event
        elif isinstance(event, Back):
            name = (event.member, event.submission)
            withdrawn[name] = max(withdrawn.get(name, 0), event.revision)
        elif event.effective <= cutoff:
            name = (event.member, event.submission)
            held_pay = eligible.get(name)
            if held_pay is None or (event.revision, event.rank()) > (held_pay.revision, held_pay.rank()):
                eligible[name] = event
    cells: dict[str, list[tuple[str, int]]] = {}
    for (name, submission), pay in eligible.items():
        member = members.get(name)
        good = member and member.kind == "business" and member.active and member.verified and member.verified <= cutoff
        if not good or pay.effective <= window or withdrawn.get((name, submission), 0) > pay.revision:
            continue
        for number in GEOGRAPHY.chains[int(pay.zip)]:
            if number >= 0 and not (measure == "labor-rates" and GEOGRAPHY.names[number].startswith("metro")):
                for role in subjects(measure, pay.role):
                    entry = (name, value(measure, pay))
                    cells.setdefault(f"{GEOGRAPHY.names[number]}/{role}", []).append(entry)
    return {key: sorted(entries) for key, entries in cells.items()}


def days(cutoff: date) -> Days:
    return Days(cutoff, months_before(cutoff, 24))


def live(shard: Shard, measure: str) -> dict[str, list[tuple[str, int]]]:
    """The same cells as the shard holds them: geography x subject, everything else left open."""
    book = shard.ledgers[measure].book
    found = {}
    for number, name in enumerate(GEOGRAPHY.names):
        for role in (0, 5, 6, 7):
            entries = book.entries_of(number << 20 | role << 14)
            if entries:
                found[f"{name}/{role}"] = sorted((shard.members.ids[c], cents) for c, cents in entries)
    return found


def durable(shard: Shard, measure: str) -> dict[bytes, tuple[int, list[tuple[int, ...]]]]:
    """What would be written to the store, without what only says where a record lay."""
    ledger = shard.ledgers[measure]
    return {
        name: (
            int(ledger.submissions["withdrawn"][number]),
            [
                (int(v["revision"]), int(v["effective"]), int(v["value"]), int(v["zip"]))
                for v in ledger.versions_of(number)
            ],
        )
        for name, number in ledger.index.items()
    }


@pytest.mark.parametrize("measure", ["pay", "benefits", "labor-rates"])
@settings(max_examples=300, deadline=None)
@given(HISTORIES, CUTOFFS, st.randoms(use_true_random=False), st.data())
def test_any_order_split_and_repetition_gives_the_plain_recomputation(
    measure: str, history: list[Pay | Back | Member], cutoffs: list[date], random: object, data: st.DataObject
) -> None:
    shard, offsets = Shard(0, POLICIES, GEOGRAPHY.chains), {}
    repeated = history + data.draw(st.lists(st.sampled_from(history), max_size=6) if history else st.just([]))
    random.shuffle(repeated)  # type: ignore[attr-defined]
    waiting = list(cutoffs)
    while repeated or waiting:
        if waiting and (not repeated or data.draw(st.booleans())):
            shard.move_days(measure, days(waiting.pop(0)))
        else:
            size = data.draw(st.integers(1, len(repeated)))
            fold(shard, repeated[:size], offsets, measure)
            del repeated[:size]
    assert live(shard, measure) == plainly(history, cutoffs[-1], measure)

    at_once, again = Shard(0, POLICIES, GEOGRAPHY.chains), {}
    at_once.move_days(measure, days(cutoffs[-1]))
    fold(at_once, history, again, measure)
    assert durable(shard, measure) == durable(at_once, measure)
    census = shard.ledgers[measure].book.census()
    expected = {key: len(entries) for key, entries in plainly(history, cutoffs[-1], measure).items()}
    counted = {
        f"{GEOGRAPHY.names[key >> 20]}/{key >> 14 & 63}": entries
        for key, entries in zip(census.keys.tolist(), census.entries.tolist(), strict=True)
        if key & 0x3FFF == 0
    }
    assert counted == expected


def test_a_cutoff_that_goes_back_is_refused() -> None:
    shard = Shard(0, POLICIES, GEOGRAPHY.chains)
    shard.move_days("pay", days(date(2026, 8, 25)))
    with pytest.raises(ValueError, match="cutoff: 2026-08-24 of pay goes back behind 2026-08-25"):
        shard.move_days("pay", days(date(2026, 8, 24)))


def test_an_entry_with_a_metro_is_in_56_cells_and_without_in_42() -> None:
    shard, offsets = Shard(0, POLICIES, GEOGRAPHY.chains), {}
    shard.move_days("pay", days(date(2026, 8, 25)))
    elm = Member("elm", 1, "business", True, date(2026, 1, 15))
    fold(shard, [elm, Pay("elm", "s1", 1, date(2026, 6, 30), 2700, "17350", 5)], offsets)
    assert len(shard.ledgers["pay"].book.census().keys) == 56
    fold(shard, [Pay("elm", "s2", 1, date(2026, 6, 30), 2700, "16830", 5)], offsets)
    assert shard.ledgers["pay"].book.census().entries.sum() == 56 + 42


def test_an_answer_to_a_benefit_is_in_16_cells_and_a_labor_rate_in_6() -> None:
    """The last is nowhere finer than a state: 3 geographies, not 4."""
    for measure, with_a_metro, without in (("benefits", 16, 12), ("labor-rates", 6, 6)):
        shard, offsets = Shard(0, POLICIES, GEOGRAPHY.chains), {}
        shard.move_days(measure, days(date(2026, 8, 25)))
        fold(shard, [Member("elm", 1, "business", True, date(2026, 1, 15))], offsets, measure)
        fold(shard, [Pay("elm", "s1", 1, date(2026, 6, 30), 2700, "17350", 5)], offsets, measure)
        assert len(shard.ledgers[measure].book.census().keys) == with_a_metro
        fold(shard, [Pay("elm", "s2", 1, date(2026, 6, 30), 2700, "16830", 5)], offsets, measure)
        assert shard.ledgers[measure].book.census().entries.sum() == with_a_metro + without


def test_master_needs_a_whole_series() -> None:
    assert credential_level(()) == 0
    assert credential_level(("A1", "A5")) == 1
    assert credential_level(("A8", "A7", "A6", "A5", "A4", "A3", "A2", "A1")) == 2
    assert credential_level(("B2", "B3", "B4", "B5", "L1")) == 2
    assert NONE == -1
