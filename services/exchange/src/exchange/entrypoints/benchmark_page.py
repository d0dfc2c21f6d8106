"""The benchmark page: a form of filters, the answer as a sentence and a table, and the official figure beside it."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Annotated, Any, Final

from chassis.pages import Pages
from chassis.signed_in import Person, SignedInOperator, whoever
from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from exchange.adapters import metrics
from exchange.adapters.metros import metros
from exchange.adapters.released_cells import ReleasedCells
from exchange.domain.lattice import Geography
from exchange.domain.policy import POLICIES
from exchange.entrypoints import words
from exchange.usecases.read_benchmark import BadQuestion, Question, read_benchmark

PATH: Final = "/benchmarks"
_LABELS: Final = {
    "role": "Role",
    "state": "State",
    "metro": "Metro area",
    "shop_type": "Kind of shop",
    "experience": "Experience",
    "plan": "One more filter",
    "size": "One more filter",
    "credential_level": "One more filter",
}
_ASKED: Final = ("role", "state", "metro", "metro_of", "shop_type", "experience", "detail")


def page_routes(pages: Pages, cells: ReleasedCells, geography: Geography) -> APIRouter:
    """The page, for everybody; the exchange's first address leads there."""
    router = APIRouter(include_in_schema=False)

    @router.get("/")
    async def first() -> Response:
        return RedirectResponse(PATH, 307)

    @router.get(PATH)
    async def benchmarks(
        request: Request, who: Annotated[Person | SignedInOperator | None, Depends(whoever)]
    ) -> Response:
        """What `/v1/benchmarks/pay` answers, in words. A question that no cell belongs to is said beside the form, 400."""
        asked = {name: request.query_params.get(name, "").strip() for name in _ASKED}
        shown: dict[str, Any] = {"asked": asked, "answer": None, "problem": None, "here": PATH}
        shown["rule"] = POLICIES.in_force(datetime.now(UTC).date())["pay"]
        status = 200
        try:
            answer = read_benchmark(_question(asked), cells.shown, geography)
        except BadQuestion as bad:
            status, shown["problem"] = 400, _problem(bad)
        else:
            metrics.ANSWERS.labels("pay", answer["status"]).inc()
            shown["answer"] = _in_words(answer)
        choices = metros().get(asked["state"], {})
        return pages.page("benchmarks.html", status=status, who=who, words=words, metros=choices, **shown)

    return router


def _question(asked: Mapping[str, str]) -> Question:
    """The filters of the form as those of a question. Raises BadQuestion."""
    filters = {name: asked[name] for name in ("role", "state", "metro", "shop_type", "experience") if asked[name]}
    # The list of metros was the one of the state chosen before; with another state it is an old choice, not a wrong one.
    if asked["metro_of"] and asked["metro_of"] != asked["state"]:
        filters.pop("metro", None)
    if asked["detail"]:
        facet, _, code = asked["detail"].partition("=")
        if facet not in words.FACETS:
            raise BadQuestion(f"plan: {asked['detail']!r} is not a filter")
        filters[facet] = code
    return Question("pay", **filters)


def _problem(bad: BadQuestion) -> str:
    """The reason in the words of the form; the codes that would do stand in its lists."""
    field, _, problem = str(bad).partition(": ")
    if " is not one of " in problem:
        problem = f"{problem.partition(' is not one of ')[0]} is not one of those to choose from"
    for name, label in (("experience", "Experience"), ("shop_type", "Kind of shop")):
        problem = problem.replace(f"together with {name}", f"together with “{label}”")
    return f"{_LABELS.get(field, field)}: {problem}."


def _in_words(answer: Mapping[str, Any]) -> dict[str, Any]:
    """An answer with its codes, dates and amounts as people read them."""
    official = answer.get("official")
    percentiles, intervals = answer.get("percentiles", {}), answer.get("intervals", {})
    return {
        "status": answer["status"],
        "asked": words.cell(answer["asked"], metros()),
        "answered": words.cell(answer["answered"], metros()) if answer["answered"] is not None else None,
        "percentiles": percentiles,
        "rows": [
            {
                "words": says,
                "ours": percentiles.get(name),
                "between": intervals.get(name),
                "official": official["nation"][name] if official else None,
            }
            for name, says in words.PERCENTILES.items()
        ],
        "contributors": words.BANDS.get(answer.get("contributors", "")),
        "window": [_day(day) for day in answer.get("window", ())],
        "released": _day(answer["released_at"][:10]) if "released_at" in answer else None,
        "epoch": answer.get("epoch"),
        "official": official,
        "state_mean": (words.STATES[official["state"]["area"]], official["state"]["mean"])
        if official and "state" in official
        else None,
    }


def _day(iso: str) -> str:
    """`25 August 2026`."""
    day = date.fromisoformat(iso)
    return f"{day.day} {day:%B %Y}"
