"""Rule 6 of benefits on what shards tell of a cell: shares, medians, and what is withheld."""

from collections import Counter

import numpy as np
import pytest
from exchange.domain.codes import BENEFITS
from exchange.domain.offering import COUNTS, NOT_GIVEN, Offering, Offers, offered
from exchange.domain.policy import POLICIES
from exchange.usecases.announce import spelled

Answers = list[tuple[int, str | None]]  # contributor, and its amount, that it offers none ("no"), or only that it does


def told(answers: Answers) -> Offers:
    """What a shard that holds these answers tells of the cell."""
    amounts = [(who, round(float(amount) * 100)) for who, amount in answers if amount not in (None, "no")]
    counts = {
        "entries": len(answers),
        "offering": sum(amount != "no" for _, amount in answers),
        "contributors": len({who for who, _ in answers}),
        "offerers": len({who for who, amount in answers if amount != "no"}),
        "others": len({who for who, amount in answers if amount == "no"}),
        "amounters": len({who for who, _ in amounts}),
        "largest": max(Counter(who for who, _ in amounts).values(), default=0),
    }
    return Offers(
        np.array([len(amounts)]), np.array(sorted(a for _, a in amounts), np.uint32),
        np.array([[counts[name] for name in COUNTS]], np.int32),
    )  # fmt: skip


def body(benefit: str, answers: Answers, shards: int = 2, policy: str = "benefits-2026") -> str:
    """What is shown of a cell, whichever shard a shop belongs to."""
    parts = [told([one for one in answers if one[0] % shards == n]) for n in range(shards)]
    found = offered(parts, np.array([BENEFITS.index(benefit)]), POLICIES[policy])
    (text,) = spelled(found)
    return text


def each(*amounts: str | None) -> Answers:
    return list(enumerate(amounts))


@pytest.mark.parametrize(
    ("offering", "of", "share"),
    [(13, 40, "35"), (12, 40, "30"), (5, 10, "50"), (27, 40, "70"), (5, 200, "5"), (195, 200, "100"), (7, 7, "100")],
)
def test_a_share_is_rounded_to_five_points_half_up(offering: int, of: int, share: str) -> None:
    """13 of 40 are 32.5 %, 27 are 67.5 %; 5 of 200 are 2.5 %."""
    text = body("uniforms", each(*[None] * offering, *["no"] * (of - offering)))
    assert text.startswith(f'{{"share":"{share}",')


def test_that_nobody_offers_is_a_share_too() -> None:
    assert body("uniforms", each(*["no"] * 6)) == '{"share":"0","contributors":"5_9"}'


@pytest.mark.parametrize(("offer", "do_not", "share"), [(12, 0, None), (0, 12, None), (10, 10, "50"), (9, 10, None)])
def test_by_the_guarded_line_nobody_on_one_side_is_too_few_as_well(offer: int, do_not: int, share: str | None) -> None:
    text = body("uniforms", each(*[None] * offer, *["no"] * do_not), policy="benefits-2026-guarded")
    assert text.startswith(f'{{"share":"{share}"' if share else '{"contributors":')


@pytest.mark.parametrize("few", [1, 4])
def test_a_share_that_tells_on_fewer_than_five_on_either_side_is_withheld(few: int) -> None:
    assert body("uniforms", each(*[None] * few, *["no"] * 30)) == '{"contributors":"20_49"}'
    assert body("uniforms", each(*["no"] * few, *[None] * 30)) == '{"contributors":"20_49"}'


def test_who_says_both_is_on_both_sides() -> None:
    """Five shops of ten say no; four of these say yes elsewhere too, so nine have an entry that offers."""
    answers = each(*[None] * 5, *["no"] * 5) + [(n, None) for n in range(5, 9)]
    assert body("uniforms", answers) == '{"share":"65","contributors":"10_19"}'


@pytest.mark.parametrize(
    ("benefit", "amounts", "p50"),
    [
        ("health", ("62.49",) * 5, "60"),
        ("health", ("62.5",) * 5, "65"),
        ("retirement_match_pct", ("2", "2.4", "2.5", "3", "4"), "5"),
        ("pto_days", ("9", "9", "9", "10", "10", "10"), "10"),
        ("pto_days", ("9", "9", "9", "9.98", "10", "10"), "9"),
        ("tuition", ("424.99",) * 5, "400.00"),
        ("tuition", ("400", "400", "400", "450", "450", "450"), "450.00"),
        ("sign_on_bonus", ("250000",) * 5, "250000.00"),
    ],
)
def test_a_median_is_rounded_by_its_unit_half_up(benefit: str, amounts: tuple[str, ...], p50: str) -> None:
    assert f'"p50":"{p50}"' in body(benefit, each(*amounts))


def test_amounts_must_pass_the_rule_of_numbers_by_themselves() -> None:
    assert "amount" not in body("pto_days", each("10", "10", "10", "10", None, None, None))
    assert "amount" in body("pto_days", each("10", "10", "10", "10", "10", None, None))
    # Two of seven are more than a quarter, of eight they are not.
    assert "amount" not in body("pto_days", [*each(*["10"] * 6), (0, "12")])
    assert "amount" in body("pto_days", [*each(*["10"] * 7), (0, "12")])


def test_cells_of_many_shards_are_summed_up_each_by_itself() -> None:
    one, other, none = told(each(*["1"] * 6)), told([(n, "3") for n in range(6, 12)]), told([])
    assert len(none.amounts) == 0
    both = [
        Offers(
            np.cumsum([len(part.amounts) for part in parts]),
            np.concatenate([part.amounts for part in parts]),
            np.concatenate([part.counts for part in parts]),
        )
        for parts in ((one, none, one), (other, other, none))
    ]
    found = offered(both, np.array([3, 3, 3]), POLICIES["benefits-2026"])
    assert isinstance(found, Offering)
    assert found.amounts.tolist() == [200, 300, 100]
    assert found.shares.tolist() == [100_00] * 3
    assert found.amounts.tolist() == found.of(slice(0, 3)).amounts.tolist()
    assert NOT_GIVEN not in found.shares
