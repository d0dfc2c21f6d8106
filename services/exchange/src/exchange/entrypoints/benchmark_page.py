"""The benchmark page: a form of filters, the answer in words and a table, and the official figure beside it."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from chassis.pages import Pages
from chassis.signed_in import Person, SignedInOperator, whoever
from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from exchange.adapters import metrics
from exchange.adapters.metros import metros
from exchange.adapters.released_cells import ReleasedCells, Shown
from exchange.domain.lattice import FORMS, Geography
from exchange.domain.policy import Policies, Policy
from exchange.entrypoints import words
from exchange.entrypoints.answer_words import in_words, rounding
from exchange.usecases.read_benchmark import BadQuestion, Question, read_benchmark

PATH: Final = "/benchmarks"
# What can be asked about, by measure; the first one is asked where nothing is said.
_ABOUT: Final = {"pay": "Pay", "benefits": "Benefits", "labor-rates": "Labor rates"}
_LABELS: Final = {
    "about": "What to ask about",
    "role": "Role",
    "benefit": "Benefit",
    "kind": "Kind of rate",
    "state": "State",
    "metro": "Metro area",
    "shop_type": "Kind of shop",
    "experience": "Experience",
    "plan": "One more filter",
    "size": "One more filter",
    "credential_level": "One more filter",
}
# The form's fields that are filters as they stand. `metro_of` and `detail` are the form's own.
_FILTERS: Final = {
    "pay": ("role", "state", "metro", "shop_type", "experience"),
    "benefits": ("benefit", "state", "metro", "shop_type", "size"),
    "labor-rates": ("kind", "state", "shop_type"),
}
_FIELDS: Final = sorted({"metro_of", "detail"}.union(*_FILTERS.values()))


def page_routes(pages: Pages, cells: ReleasedCells, geography: Geography, policies: Policies) -> APIRouter:
    """The page, for everybody; the exchange's first address leads there."""
    router = APIRouter(include_in_schema=False)

    @router.get("/")
    async def first() -> Response:
        return RedirectResponse(PATH, 307)

    @router.get(PATH)
    async def benchmarks(
        request: Request, who: Annotated[Person | SignedInOperator | None, Depends(whoever)]
    ) -> Response:
        """What `/v1/benchmarks/...` answers, in words. A question that no cell belongs to is said beside the form, 400."""
        given = {name: request.query_params.get(name, "").strip() for name in ("about", *_FIELDS)}
        about = given.pop("about") or "pay"
        measure = about if about in _ABOUT else "pay"
        asked = _with_subject(measure, given)
        rule = _rule(policies, cells.shown, measure)
        shown: dict[str, Any] = {"asked": asked, "answer": None, "problem": None, "here": PATH, "about": measure}
        status = 200
        try:
            answer = read_benchmark(_question(about, asked), cells.shown, geography)
        except BadQuestion as bad:
            status, shown["problem"] = 400, _problem(bad, measure)
        else:
            metrics.ANSWERS.labels(measure, answer["status"]).inc()
            shown["answer"] = in_words(answer)
        to_metros = rule.finest == "metro"
        shown |= {"rule": rule, "rounding": rounding(rule), "to_metros": to_metros, "choices": _choices(measure, asked)}
        shown["metros"] = metros().get(asked["state"], {}) if to_metros else {}
        return pages.page(f"benchmarks/{measure}.html", status=status, who=who, words=words, **shown)

    return router


def _rule(policies: Policies, shown: Shown, measure: str) -> Policy:
    """The policy that the page explains: the one that what is shown was released under, before that the one to come."""
    released = {} if shown.epoch is None else shown.epoch.policies
    if measure in released:
        return policies[released[measure]]
    return policies.in_force(datetime.now(UTC).date(), released.values())[measure]


def _with_subject(measure: str, given: Mapping[str, str]) -> dict[str, str]:
    """The form as it is shown: a measure that is asked of one benefit, or one kind, begins with the first of its list."""
    form = FORMS[measure]
    return dict(given) if form.all_subjects else {**given, form.subject: given[form.subject] or form.subjects[0]}


def _choices(measure: str, asked: Mapping[str, str]) -> list[tuple[str, str, bool]]:
    """What else can be asked about: its label, its address, which keeps the place and the kind of shop, and if it is shown."""
    kept = {name: asked[name] for name in ("state", "shop_type") if asked[name]}
    found = []
    for about, label in _ABOUT.items():
        query = urlencode(({} if about == "pay" else {"about": about}) | kept)
        found.append((label, f"{PATH}?{query}" if query else PATH, about == measure))
    return found


def _question(measure: str, asked: Mapping[str, str]) -> Question:
    """The filters of the form as those of a question. Raises BadQuestion."""
    if measure not in _ABOUT:
        raise BadQuestion(f"about: {measure!r} is not one of {', '.join(_ABOUT)}")
    filters = {name: asked[name] for name in _FILTERS[measure] if asked[name]}
    # The list of metros was the one of the state chosen before; with another state it is an old choice, not a wrong one.
    if asked["metro_of"] and asked["metro_of"] != asked["state"]:
        filters.pop("metro", None)
    if measure == "pay" and asked["detail"]:
        facet, _, code = asked["detail"].partition("=")
        if facet not in words.FACETS:
            raise BadQuestion(f"plan: {asked['detail']!r} is not a filter")
        filters[facet] = code
    return Question(measure, filters)


def _problem(bad: BadQuestion, measure: str) -> str:
    """The reason in the words of the form; the codes that would do stand in its lists."""
    field, _, problem = str(bad).partition(": ")
    if " is not one of " in problem:
        problem = f"{problem.partition(' is not one of ')[0]} is not one of those to choose from"
    for name, label in (("experience", "Experience"), ("shop_type", "Kind of shop")):
        problem = problem.replace(f"together with {name}", f"together with “{label}”")
    label = "Shop size" if (measure, field) == ("benefits", "size") else _LABELS.get(field, field)
    return f"{label}: {problem}."
