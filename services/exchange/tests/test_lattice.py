"""The lattice: keys as text, which cells an entry is in, what is wider, and the order of the roll-up."""

from itertools import product

import numpy as np
import pytest
from contracts.zips import zips
from exchange.domain.addresses import BLOCK, SHAPES, address_of, blocks_of, key_of, places_of
from exchange.domain.cell_book import CellBook
from exchange.domain.codes import (
    BENEFIT_UNITS,
    BENEFITS,
    EXPERIENCES,
    FACET_CODES,
    FACETS,
    LABOR_RATE_KINDS,
    ROLES,
    SHOP_TYPES,
)
from exchange.domain.lattice import FORMS, Cell, Geography, Place, unpack

from contracts import vocabulary

REAL = Geography(Place(z.zip, z.state, z.division, z.cbsa) for z in zips().values())
ELM_STREET = ("17350", "tech_a", "independent_repair", "y5_9", "hourly", "3_5", "some")


def cells(zip_code: str, role: str, shop: str, experience: str, plan: str, size: str, level: str) -> list[str]:
    """The keys, as text, of the cells that the compiled kernels put an entry into."""
    book = CellBook(len(REAL.names), SHAPES["pay"])
    out = np.empty(8, np.int64)
    codes = [SHOP_TYPES.index(shop), EXPERIENCES.index(experience)]
    codes += [table.index(code) for table, code in zip(FACET_CODES, (plan, size, level), strict=True)]
    n = blocks_of(REAL.chains[int(zip_code)], ROLES.index(role), True, book.blocks, book.groups, book.counters, out)
    addresses = (out[:n, None] * BLOCK + np.array(places_of(*codes))).ravel()
    keys = key_of(addresses, book.groups)
    assert address_of(keys, book.blocks).tolist() == addresses.tolist()
    return [unpack("pay", int(key), REAL).text() for key in keys]


def plainly(geographies: list[str], role: str, shop: str, experience: str, *facets: str) -> list[str]:
    """The same by the words of the lattice."""
    keys = []
    for where, who in product(geographies, ("*", role)):
        keys += [f"pay|{where}|{who}|{s}|{e}|*" for s, e in product(("*", shop), ("*", experience))]
        keys += [f"pay|{where}|{who}|*|*|{facet}" for facet in facets]
    return sorted(keys)


def test_an_entry_with_a_metro_is_in_56_cells() -> None:
    found = cells(*ELM_STREET)
    where = ["nation:US", "division:Middle Atlantic", "state:PA", "metro:PA:23900"]
    assert sorted(found) == plainly(
        where, "tech_a", "independent_repair", "y5_9", "plan=hourly", "size=3_5", "credential_level=some"
    )
    assert len(set(found)) == 56
    assert "pay|metro:PA:23900|tech_a|independent_repair|y5_9|*" in found
    assert "pay|division:Middle Atlantic|*|*|*|credential_level=some" in found


def test_an_entry_without_a_metro_is_in_42_and_in_puerto_rico_without_a_division() -> None:
    rural = next(z for z in zips().values() if z.division and not z.cbsa)
    assert len(cells(rural.zip, *ELM_STREET[1:])) == 42
    island = cells("00901", *ELM_STREET[1:])
    assert len(island) == 42
    assert {key.split("|")[1] for key in island} == {"nation:US", "state:PR", "metro:PR:41980"}
    assert len(cells("00601", *ELM_STREET[1:])) == 28


@pytest.mark.parametrize(
    "facet", [(kind, code) for kind, table in zip(FACETS, FACET_CODES, strict=True) for code in table]
)
def test_every_facet_has_its_name_in_a_key(facet: tuple[str, str]) -> None:
    entry = dict(zip(FACETS, ELM_STREET[4:], strict=True)) | {facet[0]: facet[1]}
    found = cells(*ELM_STREET[:4], *(entry[name] for name in FACETS))
    assert f"pay|state:PA|tech_a|*|*|{facet[0]}={facet[1]}" in found


@pytest.mark.parametrize(("at", "codes"), [(1, ROLES), (2, SHOP_TYPES), (3, EXPERIENCES)])
def test_every_code_has_its_name_in_a_key(at: int, codes: tuple[str, ...]) -> None:
    for code in codes:
        entry = [*ELM_STREET[:at], code, *ELM_STREET[at + 1 :]]
        assert f"pay|state:PA|{entry[1]}|{entry[2]}|{entry[3]}|*" in cells(*entry)


def test_a_metro_over_two_states_is_two_cells() -> None:
    """The Kansas City metro, 28140: a shop in Overland Park and one in Kansas City, Missouri."""
    kansas, missouri = cells("66212", *ELM_STREET[1:]), cells("64108", *ELM_STREET[1:])
    assert "pay|metro:KS:28140|*|*|*|*" in kansas
    assert "pay|metro:MO:28140|*|*|*|*" in missouri
    assert not {key for key in kansas if "metro" in key} & {key for key in missouri if "metro" in key}
    assert REAL.wider("metro:KS:28140") == "state:KS"
    assert REAL.wider("metro:MO:28140") == "state:MO"


def test_the_tree_over_the_real_zips() -> None:
    assert REAL.wider("nation:US") is None
    assert REAL.wider("division:Middle Atlantic") == "nation:US"
    assert REAL.wider("state:PA") == "division:Middle Atlantic"
    assert REAL.wider("state:PR") == "nation:US"
    assert REAL.wider("metro:PR:41980") == "state:PR"
    divisions = {name.removeprefix("division:") for name in REAL.names if name.startswith("division:")}
    assert divisions == {
        "New England", "Middle Atlantic", "East North Central", "West North Central", "South Atlantic",
        "East South Central", "West South Central", "Mountain", "Pacific",
    }  # fmt: skip
    assert len(REAL.names) < 2**16
    assert {name for name in REAL.names if name.startswith("state:")} == {f"state:{z.state}" for z in zips().values()}


def test_every_zip_has_the_chain_of_the_table() -> None:
    for z in zips().values():
        wanted = [
            "nation:US",
            z.division and f"division:{z.division}",
            f"state:{z.state}",
            z.cbsa and f"metro:{z.state}:{z.cbsa}",
        ]
        chain = [REAL.names[number] if number >= 0 else None for number in REAL.chains[int(z.zip)]]
        assert chain == [name or None for name in wanted], z.zip
    assert (REAL.chains >= 0).any(axis=1).sum() == len(zips())


def roll_up(cell: Cell) -> list[str]:
    return [wider.text() for wider in cell.roll_up(REAL)]


def test_filters_drop_in_the_order_of_rule_7() -> None:
    assert roll_up(Cell("pay", "metro:PA:49620", "tech_a", "independent_repair", "y5_9")) == [
        "pay|metro:PA:49620|tech_a|independent_repair|y5_9|*",
        "pay|metro:PA:49620|tech_a|independent_repair|*|*",
        "pay|metro:PA:49620|tech_a|*|*|*",
        "pay|state:PA|tech_a|*|*|*",
        "pay|division:Middle Atlantic|tech_a|*|*|*",
        "pay|nation:US|tech_a|*|*|*",
    ]
    assert roll_up(Cell("pay", "state:PR", "painter", facet=("size", "3_5"))) == [
        "pay|state:PR|painter|*|*|size=3_5",
        "pay|state:PR|painter|*|*|*",
        "pay|nation:US|painter|*|*|*",
    ]
    assert roll_up(Cell("pay", "state:PA", grade="y0_1")) == [
        "pay|state:PA|*|*|y0_1|*",
        "pay|state:PA|*|*|*|*",
        "pay|division:Middle Atlantic|*|*|*|*",
        "pay|nation:US|*|*|*|*",
    ]
    assert roll_up(Cell("pay", "nation:US")) == ["pay|nation:US|*|*|*|*"]


def test_a_question_about_benefits_or_labor_rates_rolls_up_and_keeps_what_it_is_about() -> None:
    assert roll_up(Cell("benefits", "metro:PA:49620", "health", "independent_repair", "3_5")) == [
        "benefits|metro:PA:49620|independent_repair|3_5|health",
        "benefits|metro:PA:49620|independent_repair|*|health",
        "benefits|metro:PA:49620|*|*|health",
        "benefits|state:PA|*|*|health",
        "benefits|division:Middle Atlantic|*|*|health",
        "benefits|nation:US|*|*|health",
    ]
    assert roll_up(Cell("labor-rates", "state:PR", "diagnostic", "quick_lube")) == [
        "labor-rates|state:PR|quick_lube|diagnostic",
        "labor-rates|state:PR|*|diagnostic",
        "labor-rates|nation:US|*|diagnostic",
    ]


def test_the_vocabularies_are_those_of_the_contracts() -> None:
    assert (BENEFITS, LABOR_RATE_KINDS) == (vocabulary.BENEFITS, vocabulary.LABOR_RATE_KINDS)
    assert tuple(vocabulary.BENEFIT_UNIT.get(benefit) for benefit in BENEFITS) == BENEFIT_UNITS
    assert set(FORMS) == set(vocabulary.MEASURES)


def of_a_shop(measure: str, zip_code: str, subject: int, *codes: int) -> list[str]:
    """The keys, as text, of the cells that an entry of benefits (shop type, size) or labor rates (shop type) is in."""
    shape, out = SHAPES[measure], np.empty(8, np.int64)
    book = CellBook(len(REAL.names), shape)
    chain = REAL.chains[int(zip_code)][: 3 if measure == "labor-rates" else 4]
    n = blocks_of(chain, subject, shape.all_subjects, book.blocks, book.groups, book.counters, out)
    places = places_of(*codes, *[0] * (5 - len(codes)))[: shape.cells]
    keys = key_of((out[:n, None] * BLOCK + np.array(places)).ravel(), book.groups)
    return [unpack(measure, int(key), REAL).text() for key in keys]


def test_an_answer_to_a_benefit_is_in_four_cells_of_each_geography() -> None:
    health, chain, small = BENEFITS.index("health"), SHOP_TYPES.index("collision_chain"), 1
    assert of_a_shop("benefits", "17350", health, chain, small) == [
        "benefits|nation:US|*|*|health",
        "benefits|nation:US|collision_chain|*|health",
        "benefits|nation:US|*|3_5|health",
        "benefits|nation:US|collision_chain|3_5|health",
        "benefits|division:Middle Atlantic|*|*|health",
        "benefits|division:Middle Atlantic|collision_chain|*|health",
        "benefits|division:Middle Atlantic|*|3_5|health",
        "benefits|division:Middle Atlantic|collision_chain|3_5|health",
        "benefits|state:PA|*|*|health",
        "benefits|state:PA|collision_chain|*|health",
        "benefits|state:PA|*|3_5|health",
        "benefits|state:PA|collision_chain|3_5|health",
        "benefits|metro:PA:23900|*|*|health",
        "benefits|metro:PA:23900|collision_chain|*|health",
        "benefits|metro:PA:23900|*|3_5|health",
        "benefits|metro:PA:23900|collision_chain|3_5|health",
    ]


def test_a_labor_rate_is_in_two_cells_of_each_geography() -> None:
    assert of_a_shop("labor-rates", "17350", LABOR_RATE_KINDS.index("diagnostic"), SHOP_TYPES.index("quick_lube")) == [
        "labor-rates|nation:US|*|diagnostic",
        "labor-rates|nation:US|quick_lube|diagnostic",
        "labor-rates|division:Middle Atlantic|*|diagnostic",
        "labor-rates|division:Middle Atlantic|quick_lube|diagnostic",
        "labor-rates|state:PA|*|diagnostic",
        "labor-rates|state:PA|quick_lube|diagnostic",
    ]
