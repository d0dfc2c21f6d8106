"""An answer of the exchange as people read it: codes, dates and amounts in words."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from contracts.vocabulary import BENEFIT_UNIT

from exchange.adapters.metros import metros
from exchange.domain.policy import Policy
from exchange.entrypoints import words


def in_words(answer: Mapping[str, Any]) -> dict[str, Any]:
    """What the page's templates say of an answer; what it does not give is None, or empty."""
    official = answer.get("official")
    percentiles, intervals = answer.get("percentiles", {}), answer.get("intervals", {})
    return {
        "status": answer["status"],
        "asked": words.cell(answer["asked"], metros()),
        "answered": words.cell(answer["answered"], metros()) if answer["answered"] is not None else None,
        "percentiles": percentiles,
        "rows": [
            {
                "name": name,
                "ours": percentiles.get(name),
                "between": intervals.get(name),
                "official": official["nation"][name] if official else None,
            }
            for name in words.PERCENTILES
        ],
        "contributors": words.BANDS.get(answer.get("contributors", "")),
        "window": [_day(day) for day in answer.get("window", ())],
        # An epoch without a policy of the measure has released nothing of it.
        "released": _day(answer["released_at"][:10]) if "policy_id" in answer else None,
        "epoch": answer.get("epoch"),
        "official": official,
        "state_mean": (words.STATES[official["state"]["area"]], official["state"]["mean"])
        if official and "state" in official
        else None,
        **_benefit(answer),
    }


def _benefit(answer: Mapping[str, Any]) -> dict[str, Any]:
    if answer["measure"] != "benefits":
        return {}
    benefit, amount = answer["asked"]["benefit"], answer.get("amount")
    return {
        "share": answer.get("share"),
        "offering": words.offering(benefit),
        "usual": words.AMOUNTS[amount["unit"]].format(_plain(amount["p50"])) if amount else None,
        "has_amount": benefit in BENEFIT_UNIT,
    }


def rounding(rule: Policy) -> str:
    """How a measure's numbers are rounded, after the word "rounded": ` to $0.25`."""
    money = f"${_plain(f'{rule.rounding // 100}.{rule.rounding % 100:02d}')}"
    if rule.measure != "benefits":
        return f" to {money}"
    days = "whole days" if rule.days == 1_00 else f"{rule.days / 100:g} days"
    return f": percentages to {rule.points / 100:g} points, days to {days}, dollars to {money}"


def _plain(number: str) -> str:
    """`1,500` for `1500.00`; cents stay where there are any."""
    whole, _, cents = number.partition(".")
    return f"{int(whole):,}" + (f".{cents}" if cents.strip("0") else "")


def _day(iso: str) -> str:
    """`25 August 2026`."""
    day = date.fromisoformat(iso)
    return f"{day.day} {day:%B %Y}"
