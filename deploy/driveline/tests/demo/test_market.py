"""The market: real shops from the list, synthetic ones that say so, spread over the states."""

from collections import Counter

from contracts.vocabulary import SHOP_SIZES, SHOP_TYPES
from contracts.zips import zips
from driveline.demo import sources
from driveline.demo.market import FEWEST_IN_A_STATE, SYNTHETIC, real_shops, shops_by_state, synthetic_shops, type_of


def test_the_slices_hold_what_the_issue_asks_for() -> None:
    schools = sources.schools()
    ours = [row for row in schools if any(float(row[f"cip_47.060{n}"] or 0) for n in (3, 4, 5))]
    assert (len(schools), len(ours)) == (812, 800)
    stations = sources.stations()
    assert len({row["ois_no"] for row in stations}) == len(stations) == 2805
    assert len({row["county"] for row in stations}) == 67
    assert str(sources.official()["49-3023"].percentiles[0.5]) == "24.34"
    assert str(sources.state_means()["PA"]) == "26.13"


def test_every_real_shop_is_a_station_in_pennsylvania() -> None:
    listed = {row["ois_no"]: row for row in sources.stations()}
    shops = real_shops(7)
    assert len(shops) == 2805
    for shop in shops:
        row = listed[shop.ref.removeprefix("pa-ois:")]
        assert (shop.real, shop.name, shop.zip, shop.state) == (True, row["station_name"], row["zip5"], "PA")
        assert shop.shop_type in SHOP_TYPES
        assert shop.size in SHOP_SIZES
        assert 1 <= shop.technicians <= 4


def test_every_synthetic_shop_says_so_and_stands_in_a_state_that_is_not_pennsylvania() -> None:
    shops = synthetic_shops(7)
    assert len(shops) == SYNTHETIC
    assert len({shop.name for shop in shops}) == SYNTHETIC
    by_state = Counter(shop.state for shop in shops)
    assert len(by_state) == 49
    assert "PA" not in by_state
    assert min(by_state.values()) >= FEWEST_IN_A_STATE
    assert by_state["CA"] > by_state["TX"] > by_state["VT"]
    for number, shop in enumerate(shops, 1):
        assert shop.name == f"Synthetic shop {number}, {shop.city} {shop.state}"
        assert not shop.real
        assert zips()[shop.zip].state == shop.state


def test_the_same_seed_makes_the_same_market() -> None:
    assert synthetic_shops(7) == synthetic_shops(7)
    assert synthetic_shops(7) != synthetic_shops(8)
    assert real_shops(7) == real_shops(7)


def test_shops_are_shared_out_to_the_last_one() -> None:
    assert shops_by_state(11, {"A": 6.0, "B": 3.0, "C": 1.0}, 2) == {"A": 5, "B": 4, "C": 2}  # 3.0, 1.5, 0.5 above 2
    assert sum(shops_by_state(1000, {"A": 1.0, "B": 1.0, "C": 1.0}, 1).values()) == 1000


def test_types_by_name() -> None:
    assert [
        type_of(name) for name in ("Bob's Body Shop", "Elm Ford Inc", "Tire Town", "Main St Garage", "Mack Trucks")
    ] == [
        "independent_collision",
        "dealership_service",
        "tire_store",
        "independent_repair",
        "truck_dealer",
    ]
