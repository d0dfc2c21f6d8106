"""Spells an hourly figure as the inputs of a pay plan, so that its effective hourly pay is that figure to the cent."""

import random
from decimal import ROUND_HALF_EVEN, Decimal

# By shop type how often each plan is found; what is not named here is paid as an independent shop pays.
MIX: dict[str, dict[str, int]] = {
    "independent_repair": {
        "hourly": 44, "hourly_plus_production_bonus": 10, "flat_rate_with_guarantee": 16, "flat_rate": 8, "hybrid_greater_of": 9,
        "salary": 7, "commission_percent_labor": 6,
    },
    "dealership_service": {
        "flat_rate": 52, "flat_rate_with_guarantee": 18, "hourly": 16, "team_flat_rate": 8, "hybrid_greater_of": 6,
    },
    "independent_collision": {
        "flat_rate": 30, "team_flat_rate": 14, "commission_percent_labor": 18, "hourly": 30, "salary_plus_commission": 8,
    },
    "truck_dealer": {"hourly": 80, "hourly_plus_production_bonus": 20},
}  # fmt: skip
FOUR_PLACES = Decimal("0.0001")
WEEKS = 52


def plan_for(shop_type: str, chance: random.Random) -> str:
    """A plan as that type of shop uses it."""
    mix = MIX.get(shop_type, MIX["independent_repair"])
    return chance.choices(list(mix), list(mix.values()))[0]


def inputs(plan: str, cents: int, chance: random.Random) -> dict[str, str]:
    """The fields of a pay entry under `plan` that come to `cents` an hour."""
    hourly = Decimal(cents) / 100
    hours = Decimal(chance.choice(("36", "38", "40", "40", "42", "44", "45.5")))
    bonus = Decimal(chance.choice(("0", "0", "260", "520", "1040"))) if cents > 1400 else Decimal(0)
    extra = Decimal(chance.randint(0, 4) * 5) if "bonus" in plan or "commission" in plan else Decimal(0)
    week = hourly * hours - bonus / WEEKS - extra  # what the rate alone has to bring in a week
    flagged = (hours * chance.randint(90, 140) / 100).quantize(Decimal("0.1"))
    told = {"hours_clocked": _text(hours)}
    if bonus:
        told["annual_bonus"] = _text(bonus)
    if extra:
        told["weekly_extra"] = _text(extra)
    match plan:
        case "hourly" | "hourly_plus_production_bonus":
            told |= {"rate": _rate(week / hours), "rate_unit": "clock_hour"}
        case "salary" | "salary_plus_commission":
            told |= {"rate": _rate(week * WEEKS), "rate_unit": "year"}
        case "flat_rate_with_guarantee":
            guaranteed = hours if chance.random() < 0.7 else flagged + 2
            paid = max(flagged, guaranteed)
            told |= {"hours_flagged": _text(flagged), "hours_guaranteed": _text(guaranteed)}
            told |= {"rate": _rate(week / paid), "rate_unit": "flag_hour"}
        case "hybrid_greater_of":
            base = (hourly * Decimal("0.7")).quantize(Decimal("0.01"))
            told |= {"hours_flagged": _text(flagged), "base_rate": _text(base)}
            told |= {"rate": _rate(week / flagged), "rate_unit": "flag_hour"}
        case "commission_percent_labor":
            sales = (week * chance.randint(280, 450) / 100).quantize(Decimal("0.01"))
            told |= {"labor_sales_week": _text(sales), "rate": _rate(week * 100 / sales), "rate_unit": "percent"}
        case _:
            told |= {"hours_flagged": _text(flagged), "rate": _rate(week / flagged), "rate_unit": "flag_hour"}
    return {"plan": plan, **told}


def _rate(value: Decimal) -> str:
    return _text(value.quantize(FOUR_PLACES, ROUND_HALF_EVEN))


def _text(value: Decimal) -> str:
    return f"{value:f}"
