"""The closed lists of the domain: every code that an event may carry, once."""

from __future__ import annotations

from typing import Literal, get_args

MemberKind = Literal["school", "business", "organization", "technician"]
MemberStatus = Literal["pending", "active", "grace", "lapsed", "left"]
SchoolLevel = Literal[
    "middle", "high_school", "career_center", "community_college", "private_postsecondary", "adult_ed",
    "correctional", "military",
]  # fmt: skip
ShopType = Literal[
    "independent_repair", "independent_collision", "collision_chain", "dealership_service", "dealership_body_shop",
    "franchise_chain", "quick_lube", "tire_store", "specialty", "mobile_service", "private_fleet",
    "government_fleet", "truck_dealer",
]  # fmt: skip
ShopSize = Literal["1_2", "3_5", "6_10", "11_20", "21_plus"]
Ownership = Literal["single", "small_group", "mso", "public_company"]
# General, collision, automotive, diesel, medium and heavy. Aviation, motorcycle and marine share the prefix and are
# not ours.
Cip = Literal["47.0600", "47.0603", "47.0604", "47.0605", "47.0613"]
Accreditation = Literal["mast", "ast", "mlr", "immr", "tst", "mtst", "collision"]
JoinOutcome = Literal["joined", "existing", "merged", "refused"]

Role = Literal[
    "lube_tech", "tire_tech", "mlr_tech", "tech_c", "tech_b", "tech_a", "master_tech", "driveability_tech",
    "diesel_tech_1", "diesel_tech_2", "diesel_tech_3", "ev_hybrid_tech", "adas_tech", "body_tech",
    "disassembly_tech", "non_structural_tech", "structural_tech", "refinish_prepper", "painter", "estimator",
    "repair_planner", "shop_foreman", "service_advisor", "service_manager", "parts_specialist", "instructor",
    "apprentice",
]  # fmt: skip
Experience = Literal["y0_1", "y2_4", "y5_9", "y10_19", "y20_plus"]
Credential = Literal[
    "G1", "A1", "A2", "A3", "A4", "A5", "A6", "A7", "A8", "A9", "B2", "B3", "B4", "B5", "B6", "T2", "T3", "T4",
    "T5", "T6", "T7", "T8", "L1", "L2", "L3", "L4", "C1", "ase_entry_level", "academy_badge", "prolevel_1",
    "prolevel_2", "prolevel_3", "platinum", "gold_class",
]  # fmt: skip
CredentialLevel = Literal["master", "some", "none"]

Measure = Literal["pay", "benefits", "labor-rates", "technician-pay"]
PayPlan = Literal[
    "hourly", "hourly_plus_production_bonus", "salary", "salary_plus_commission", "flat_rate", "team_flat_rate",
    "flat_rate_with_guarantee", "hybrid_greater_of", "commission_percent_labor",
]  # fmt: skip
RateUnit = Literal["clock_hour", "year", "flag_hour", "percent"]
Benefit = Literal[
    "health", "dental", "vision", "pto_days", "paid_holidays", "sick_leave", "retirement_match_pct",
    "tool_allowance_year", "tool_insurance", "uniforms", "paid_training", "ase_fee_reimbursed", "tuition",
    "sign_on_bonus", "relocation", "four_day_week",
]  # fmt: skip
BenefitUnit = Literal["percent_paid_by_employer", "percent_of_pay", "days_year", "usd_year", "usd_once"]
LaborRateKind = Literal[
    "mechanical_door", "diesel_door", "diagnostic", "warranty", "body", "refinish", "frame_structural",
    "aluminum_body", "aluminum_structural", "collision_mechanical", "adas_calibration", "paint_materials",
    "mobile_road_call",
]  # fmt: skip
ContributorBand = Literal["5_9", "10_19", "20_49", "50_plus"]
EpochKind = Literal["release", "sweep"]

PartnershipKind = Literal[
    "guest_speaker", "shop_tour", "job_shadow", "internship_paid", "registered_apprenticeship", "job", "mentor",
    "advisory_committee", "equipment_donation", "vehicle_donation", "scholarship", "classroom_demo", "field_trip",
    "internship_unpaid", "co_op", "youth_apprenticeship", "summer_job", "mock_interview", "career_fair",
    "curriculum_review", "instructor_externship", "instructor_training", "tool_donation", "parts_donation",
    "consumables_donation", "software_license", "sponsorship", "competition_judge", "hiring_interview",
]  # fmt: skip
CapacityPeriod = Literal["week", "month", "quarter", "year", "once"]
Answer = Literal["accept", "decline"]
ExpiryReason = Literal["no_answer", "no_candidate", "withdrawn"]
GatheringKind = Literal["webinar", "career_fair"]

MessageClass = Literal["transactional", "match", "digest", "marketing"]
Channel = Literal["email", "sms"]
# Unknown: the attempt was written down, its answer never came. It may have arrived, so it is not sent again.
NotificationOutcome = Literal["sent", "delivered", "held", "suppressed", "failed", "unknown"]

# What a partner may be allowed; `operate` is for people who run the system.
PartnerScope = Literal[
    "members:write", "pay:write", "benefits:write", "labor-rates:write", "technician-pay:write",
    "submissions:write", "credentials:write", "partnerships:write", "media:write", "gatherings:write",
    "notifications:write",
]  # fmt: skip

RATE_UNIT: dict[str, RateUnit] = {
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
BENEFIT_UNIT: dict[str, BenefitUnit] = {
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
# The scope that submitting for a measure needs; withdrawing needs the same one.
MEASURE_SCOPE: dict[str, str] = {
    "pay": "pay:write",
    "benefits": "benefits:write",
    "labor-rates": "labor-rates:write",
    "technician-pay": "technician-pay:write",
}
PARTNER_SCOPES: tuple[str, ...] = get_args(PartnerScope)
SCOPES: tuple[str, ...] = (*PARTNER_SCOPES, "operate")
MEASURES: tuple[str, ...] = get_args(Measure)
ROLES: tuple[str, ...] = get_args(Role)
EXPERIENCES: tuple[str, ...] = get_args(Experience)
SHOP_TYPES: tuple[str, ...] = get_args(ShopType)
SHOP_SIZES: tuple[str, ...] = get_args(ShopSize)
PAY_PLANS: tuple[str, ...] = get_args(PayPlan)
CREDENTIALS: tuple[str, ...] = get_args(Credential)
CREDENTIAL_LEVELS: tuple[str, ...] = get_args(CredentialLevel)
BENEFITS: tuple[str, ...] = get_args(Benefit)
LABOR_RATE_KINDS: tuple[str, ...] = get_args(LaborRateKind)
PARTNERSHIP_KINDS: tuple[str, ...] = get_args(PartnershipKind)
CIPS: tuple[str, ...] = get_args(Cip)
SCHOOL_LEVELS: tuple[str, ...] = get_args(SchoolLevel)
