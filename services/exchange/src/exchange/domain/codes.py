"""Code tables of an entry: the position of a code in its table is its number for ever, so tables only grow at the end.

Numbers are kept in Redis with every contribution. `domain.md` of the project's design is the source of the vocabularies.
"""

from typing import Final

ROLES: Final = (
    "lube_tech", "tire_tech", "mlr_tech", "tech_c", "tech_b", "tech_a", "master_tech", "driveability_tech",
    "diesel_tech_1", "diesel_tech_2", "diesel_tech_3", "ev_hybrid_tech", "adas_tech", "body_tech", "disassembly_tech",
    "non_structural_tech", "structural_tech", "refinish_prepper", "painter", "estimator", "repair_planner",
    "shop_foreman", "service_advisor", "service_manager", "parts_specialist", "instructor", "apprentice",
)  # fmt: skip
SHOP_TYPES: Final = (
    "independent_repair", "independent_collision", "collision_chain", "dealership_service", "dealership_body_shop",
    "franchise_chain", "quick_lube", "tire_store", "specialty", "mobile_service", "private_fleet", "government_fleet",
    "truck_dealer",
)  # fmt: skip
EXPERIENCES: Final = ("y0_1", "y2_4", "y5_9", "y10_19", "y20_plus")
SIZES: Final = ("1_2", "3_5", "6_10", "11_20", "21_plus")
PLANS: Final = (
    "hourly", "hourly_plus_production_bonus", "salary", "salary_plus_commission", "flat_rate", "team_flat_rate",
    "flat_rate_with_guarantee", "hybrid_greater_of", "commission_percent_labor",
)  # fmt: skip
CREDENTIAL_LEVELS: Final = ("none", "some", "master")
BENEFITS: Final = (
    "health", "dental", "vision", "pto_days", "paid_holidays", "sick_leave", "retirement_match_pct",
    "tool_allowance_year", "tool_insurance", "uniforms", "paid_training", "ase_fee_reimbursed", "tuition",
    "sign_on_bonus", "relocation", "four_day_week",
)  # fmt: skip
# By number of the benefit what its amount is in; None: it has none.
BENEFIT_UNITS: Final = (
    "percent_paid_by_employer", "percent_paid_by_employer", "percent_paid_by_employer", "days_year", "days_year",
    "days_year", "percent_of_pay", "usd_year", None, None, None, None, "usd_year", "usd_once", "usd_once", None,
)  # fmt: skip
LABOR_RATE_KINDS: Final = (
    "mechanical_door", "diesel_door", "diagnostic", "warranty", "body", "refinish", "frame_structural",
    "aluminum_body", "aluminum_structural", "collision_mechanical", "adas_calibration", "paint_materials",
    "mobile_road_call",
)  # fmt: skip
RATE_UNITS: Final = ("clock_hour", "year", "flag_hour", "percent")

# A cell with one of these asks for neither shop type nor experience, and for one of them at most.
FACETS: Final = ("plan", "size", "credential_level")
FACET_CODES: Final = (PLANS, SIZES, CREDENTIAL_LEVELS)

_MASTER_SETS: Final = (
    frozenset({"A1", "A2", "A3", "A4", "A5", "A6", "A7", "A8"}),
    frozenset({"B2", "B3", "B4", "B5"}),
    frozenset({"T2", "T3", "T4", "T5", "T6", "T7", "T8"}),
)


def credential_level(credentials: tuple[str, ...]) -> int:
    """The number in `CREDENTIAL_LEVELS`: `master` with a whole ASE series, `some` with any credential, else `none`."""
    held = frozenset(credentials)
    if any(series <= held for series in _MASTER_SETS):
        return 2
    return 1 if held else 0


def numbered(codes: tuple[str, ...]) -> dict[str, int]:
    """code -> its number."""
    return {code: number for number, code in enumerate(codes)}
