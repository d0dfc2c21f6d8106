"""The codes and bounds of what is submitted, typed from the domain page and shared with nobody."""

from fractions import Fraction


def _codes(names: str) -> frozenset[str]:
    return frozenset(names.split())


ROLES = _codes(
    """lube_tech tire_tech mlr_tech tech_c tech_b tech_a master_tech driveability_tech diesel_tech_1 diesel_tech_2
    diesel_tech_3 ev_hybrid_tech adas_tech body_tech disassembly_tech non_structural_tech structural_tech
    refinish_prepper painter estimator repair_planner shop_foreman service_advisor service_manager parts_specialist
    instructor apprentice"""
)
EXPERIENCES = _codes("y0_1 y2_4 y5_9 y10_19 y20_plus")
SHOP_TYPES = _codes(
    """independent_repair independent_collision collision_chain dealership_service dealership_body_shop franchise_chain
    quick_lube tire_store specialty mobile_service private_fleet government_fleet truck_dealer"""
)
SIZES = _codes("1_2 3_5 6_10 11_20 21_plus")
KINDS = _codes("school business organization technician")
STATUSES = _codes("pending active grace lapsed left")
GOOD_STANDING = frozenset(("active", "grace"))
OWNERSHIPS = _codes("single small_group mso public_company")
LEVELS = _codes(
    "middle high_school career_center community_college private_postsecondary adult_ed correctional military"
)
CIPS = _codes("47.0600 47.0603 47.0604 47.0605 47.0613")
ACCREDITATIONS = _codes("mast ast mlr immr tst mtst collision")
MEASURES = frozenset(("pay", "benefits", "labor-rates", "technician-pay"))

RATE_UNIT = {
    "hourly": "clock_hour",
    "hourly_plus_production_bonus": "clock_hour",
    "salary": "year",
    "salary_plus_commission": "year",
    "flat_rate": "flag_hour",
    "team_flat_rate": "flag_hour",
    "flat_rate_with_guarantee": "flag_hour",
    "hybrid_greater_of": "flag_hour",
    "commission_percent_labor": "percent",
}

CREDENTIALS = _codes("""G1 A1 A2 A3 A4 A5 A6 A7 A8 A9 B2 B3 B4 B5 B6 T2 T3 T4 T5 T6 T7 T8 L1 L2 L3 L4 C1 ase_entry_level
    academy_badge prolevel_1 prolevel_2 prolevel_3 platinum gold_class""")
MASTERS = (
    _codes("A1 A2 A3 A4 A5 A6 A7 A8"),
    _codes("B2 B3 B4 B5"),
    _codes("T2 T3 T4 T5 T6 T7 T8"),
)

BENEFITS = _codes(
    """health dental vision pto_days paid_holidays sick_leave retirement_match_pct tool_allowance_year tool_insurance
    uniforms paid_training ase_fee_reimbursed tuition sign_on_bonus relocation four_day_week"""
)
UNIT_OF = {  # of a benefit that has an amount
    "health": "percent_paid_by_employer",
    "dental": "percent_paid_by_employer",
    "vision": "percent_paid_by_employer",
    "retirement_match_pct": "percent_of_pay",
    "pto_days": "days_year",
    "paid_holidays": "days_year",
    "sick_leave": "days_year",
    "tool_allowance_year": "usd_year",
    "tuition": "usd_year",
    "sign_on_bonus": "usd_once",
    "relocation": "usd_once",
}
MOST_OF = {
    "percent_paid_by_employer": 100,
    "percent_of_pay": 100,
    "days_year": 366,
    "usd_year": 250_000,
    "usd_once": 250_000,
}
LABOR_RATES = _codes(
    """mechanical_door diesel_door diagnostic warranty body refinish frame_structural aluminum_body aluminum_structural
    collision_mechanical adas_calibration paint_materials mobile_road_call"""
)

LEAST_HOURLY, MOST_HOURLY = 500, 25_000  # cents
POSTED = (2_000, 50_000)  # least and most, cents
POSTED_PAINT = (500, 20_000)  # of paint_materials
MOST_HOURS = Fraction(100)
GREATEST_REVISION = 2**53 - 1
