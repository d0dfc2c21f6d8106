"""Plain words for the codes of benchmarks: what people read on pages in place of `tech_a`, `y5_9` or `pto_days`."""

from collections.abc import Mapping
from typing import Final

ROLES: Final = {
    "lube_tech": "Lube technician",
    "tire_tech": "Tire technician",
    "mlr_tech": "Maintenance and light repair technician",
    "tech_c": "C technician",
    "tech_b": "B technician",
    "tech_a": "A technician",
    "master_tech": "Master technician",
    "driveability_tech": "Driveability and diagnostics technician",
    "diesel_tech_1": "Diesel technician, level 1",
    "diesel_tech_2": "Diesel technician, level 2",
    "diesel_tech_3": "Diesel technician, level 3",
    "ev_hybrid_tech": "Electric and hybrid vehicle technician",
    "adas_tech": "ADAS calibration technician",
    "body_tech": "Body technician",
    "disassembly_tech": "Disassembly technician",
    "non_structural_tech": "Non-structural technician",
    "structural_tech": "Structural technician",
    "refinish_prepper": "Refinish prepper",
    "painter": "Painter",
    "estimator": "Estimator",
    "repair_planner": "Repair planner",
    "shop_foreman": "Shop foreman",
    "service_advisor": "Service advisor",
    "service_manager": "Service manager",
    "parts_specialist": "Parts specialist",
    "instructor": "Instructor",
    "apprentice": "Apprentice",
}
SHOP_TYPES: Final = {
    "independent_repair": "Independent repair shop",
    "independent_collision": "Independent collision shop",
    "collision_chain": "Collision chain",
    "dealership_service": "Dealership, service",
    "dealership_body_shop": "Dealership, body shop",
    "franchise_chain": "Franchise or chain repair shop",
    "quick_lube": "Quick lube",
    "tire_store": "Tire store",
    "specialty": "Specialty shop",
    "mobile_service": "Mobile service",
    "private_fleet": "Private fleet",
    "government_fleet": "Government fleet",
    "truck_dealer": "Truck dealer",
}
EXPERIENCES: Final = {
    "y0_1": "up to 1 year",
    "y2_4": "2 to 4 years",
    "y5_9": "5 to 9 years",
    "y10_19": "10 to 19 years",
    "y20_plus": "20 years and more",
}
PLANS: Final = {
    "hourly": "hourly",
    "hourly_plus_production_bonus": "hourly plus production bonus",
    "salary": "salary",
    "salary_plus_commission": "salary plus commission",
    "flat_rate": "flat rate",
    "team_flat_rate": "team flat rate",
    "flat_rate_with_guarantee": "flat rate with guarantee",
    "hybrid_greater_of": "hourly or flat rate, whichever is more",
    "commission_percent_labor": "commission on labor",
}
SIZES: Final = {
    "1_2": "1 or 2 people",
    "3_5": "3 to 5 people",
    "6_10": "6 to 10 people",
    "11_20": "11 to 20 people",
    "21_plus": "21 people and more",
}
CREDENTIAL_LEVELS: Final = {"none": "no credential", "some": "some credentials", "master": "a whole ASE master series"}
# The filters that a cell has one of at most, with what each is called.
FACETS: Final[Mapping[str, tuple[str, Mapping[str, str]]]] = {
    "plan": ("Pay plan", PLANS),
    "size": ("Shop size", SIZES),
    "credential_level": ("Credentials", CREDENTIAL_LEVELS),
}
BANDS: Final = {"5_9": "5 to 9", "10_19": "10 to 19", "20_49": "20 to 49", "50_plus": "50 or more"}
PERCENTILES: Final = {
    "p10": "One in ten is paid less than",
    "p25": "A quarter is paid less than",
    "p50": "Half are paid less than",
    "p75": "A quarter is paid more than",
    "p90": "One in ten is paid more than",
}
RATE_PERCENTILES: Final = {
    "p10": "One in ten is below",
    "p25": "A quarter are below",
    "p50": "Half are below",
    "p75": "A quarter are above",
    "p90": "One in ten is above",
}
BENEFITS: Final = {
    "health": "Health insurance",
    "dental": "Dental insurance",
    "vision": "Vision insurance",
    "pto_days": "Paid time off",
    "paid_holidays": "Paid holidays",
    "sick_leave": "Paid sick leave",
    "retirement_match_pct": "Retirement match",
    "tool_allowance_year": "Tool allowance",
    "tool_insurance": "Tool insurance",
    "uniforms": "Uniforms",
    "paid_training": "Paid training",
    "ase_fee_reimbursed": "ASE fees reimbursed",
    "tuition": "Help with tuition",
    "sign_on_bonus": "Sign-on bonus",
    "relocation": "Help with relocation",
    "four_day_week": "Four-day week",
}
# What follows on "65% of shops", where it is not "offer" and the benefit's name.
_OFFERING: Final = {
    "retirement_match_pct": "match what is saved for retirement",
    "tool_allowance_year": "offer a tool allowance",
    "tool_insurance": "insure technicians’ tools",
    "ase_fee_reimbursed": "reimburse ASE fees",
    "sign_on_bonus": "offer a sign-on bonus",
    "four_day_week": "offer a four-day week",
}
AMOUNTS: Final = {
    "percent_paid_by_employer": "{}% of the premium paid by the shop",
    "percent_of_pay": "{}% of pay",
    "days_year": "{} days a year",
    "usd_year": "${} a year",
    "usd_once": "${}, once",
}
LABOR_RATES: Final = {
    "mechanical_door": "Mechanical door rate",
    "diesel_door": "Diesel door rate",
    "diagnostic": "Diagnostic rate",
    "warranty": "Warranty rate",
    "body": "Body rate",
    "refinish": "Refinish rate",
    "frame_structural": "Frame and structural rate",
    "aluminum_body": "Aluminum body rate",
    "aluminum_structural": "Aluminum structural rate",
    "collision_mechanical": "Collision mechanical rate",
    "adas_calibration": "ADAS calibration rate",
    "paint_materials": "Paint materials rate",
    "mobile_road_call": "Mobile road call rate",
}
STATES: Final = {
    "AL": "Alabama", "AK": "Alaska", "AZ": "Arizona", "AR": "Arkansas", "CA": "California", "CO": "Colorado",
    "CT": "Connecticut", "DE": "Delaware", "DC": "District of Columbia", "FL": "Florida", "GA": "Georgia",
    "HI": "Hawaii", "ID": "Idaho", "IL": "Illinois", "IN": "Indiana", "IA": "Iowa", "KS": "Kansas", "KY": "Kentucky",
    "LA": "Louisiana", "ME": "Maine", "MD": "Maryland", "MA": "Massachusetts", "MI": "Michigan", "MN": "Minnesota",
    "MS": "Mississippi", "MO": "Missouri", "MT": "Montana", "NE": "Nebraska", "NV": "Nevada", "NH": "New Hampshire",
    "NJ": "New Jersey", "NM": "New Mexico", "NY": "New York", "NC": "North Carolina", "ND": "North Dakota",
    "OH": "Ohio", "OK": "Oklahoma", "OR": "Oregon", "PA": "Pennsylvania", "PR": "Puerto Rico", "RI": "Rhode Island",
    "SC": "South Carolina", "SD": "South Dakota", "TN": "Tennessee", "TX": "Texas", "UT": "Utah", "VT": "Vermont",
    "VA": "Virginia", "WA": "Washington", "WV": "West Virginia", "WI": "Wisconsin", "WY": "Wyoming",
}  # fmt: skip


def offering(benefit: str) -> str:
    """What shops do that have the benefit: `offer health insurance`."""
    name = BENEFITS[benefit]
    return _OFFERING.get(benefit, f"offer {name[:1].lower()}{name[1:]}")


def cell(filters: Mapping[str, str], metros: Mapping[str, Mapping[str, str]]) -> str:
    """What a cell is about, from its filters: `A technician in York-Hanover, PA, 5 to 9 years`.

    `metros` gives by state the metros' names by code.
    """
    subjects = (("benefit", BENEFITS), ("kind", LABOR_RATES), ("role", ROLES))
    subject = next((words[filters[name]] for name, words in subjects if name in filters), "All roles")
    said = [f"{subject} in {_place(filters, metros)}"]
    if "shop_type" in filters:
        said.append(SHOP_TYPES[filters["shop_type"]].lower())
    if "experience" in filters:
        said.append(f"{EXPERIENCES[filters['experience']]} in the trade")
    said += [f"{name.lower()}: {words[filters[facet]]}" for facet, (name, words) in FACETS.items() if facet in filters]
    return ", ".join(said)


def _place(filters: Mapping[str, str], metros: Mapping[str, Mapping[str, str]]) -> str:
    state = filters.get("state", "")
    if "metro" in filters:
        name = metros[state][filters["metro"]]
        # A metro over several states is a cell in each of them.
        return name if name.endswith(f", {state}") else f"{name}, in {STATES[state]}"
    if state:
        return STATES[state]
    if "division" in filters:
        return f"the {filters['division']} states"
    return "the United States"
