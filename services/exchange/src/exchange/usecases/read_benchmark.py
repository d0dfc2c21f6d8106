"""Read a benchmark: the first shown cell on the way from the asked one to wider ones, and the official statistic."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from exchange.adapters.official_statistics import official
from exchange.adapters.released_cells import Shown
from exchange.domain.codes import FACET_CODES, FACETS, SHOP_TYPES
from exchange.domain.lattice import FORMS, Cell, Form, Geography
from exchange.domain.policy import POLICIES

_PLACE: Final = ("division", "state", "metro")


def _codes_of(form: Form) -> Mapping[str, tuple[str, ...]]:
    """By filter of a measure the codes that it may have, in the order in which they are told; geography is no code."""
    facets = {name: codes for name, codes in zip(FACETS, FACET_CODES, strict=True) if name in form.facets}
    grade = {form.grade: form.grades} if form.grade else {}
    return {form.subject: form.subjects, "shop_type": SHOP_TYPES, **grade, **facets}


CODES: Final = {measure: _codes_of(form) for measure, form in FORMS.items()}
# By measure the names of its filters: the subject, where, and the rest.
FILTERS: Final = {
    m: (FORMS[m].subject, *_PLACE, *(n for n in codes if n != FORMS[m].subject)) for m, codes in CODES.items()
}


class BadQuestion(ValueError):
    """A question that no cell belongs to: one line that names the field."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: filters by name. Every one may be left open, but for the benefit and the kind of labor rate."""

    measure: str
    asked: Mapping[str, str]

    def cell(self, geography: Geography) -> Cell:
        """The cell that is asked for. Raises BadQuestion."""
        form, codes, asked = FORMS[self.measure], CODES[self.measure], self.asked
        for name in asked:
            if name not in FILTERS[self.measure]:
                raise BadQuestion(f"{name}: is not a filter; filters are {', '.join(FILTERS[self.measure])}")
        for name, known in codes.items():
            if name in asked and asked[name] not in known:
                raise BadQuestion(f"{name}: {asked[name]!r} is not one of {', '.join(known)}")
        if not form.all_subjects and form.subject not in asked:
            raise BadQuestion(f"{form.subject}: is missing, one of {', '.join(form.subjects)}")
        facets = [(name, asked[name]) for name in form.facets if name in asked]
        if len(facets) > 1:
            raise BadQuestion(f"{facets[1][0]}: at most one of {', '.join(form.facets)} may be asked")
        if facets and (other := next((name for name in ("shop_type", form.grade) if name in asked), None)):
            raise BadQuestion(f"{facets[0][0]}: cannot be asked together with {other}")
        grade = asked.get(form.grade) if form.grade else None
        facet = facets[0] if facets else None
        subject, shop_type = asked.get(form.subject), asked.get("shop_type")
        return Cell(self.measure, self._place(geography), subject, shop_type, grade, facet)

    def _place(self, geography: Geography) -> str:
        division, state, metro = (self.asked.get(name) for name in _PLACE)
        if metro is not None:
            if state is None:
                raise BadQuestion("metro: needs its state")
            where = f"metro:{state}:{metro}"
            if where not in geography:
                raise BadQuestion(f"metro: {metro!r} is not a metro (CBSA code) in {state}")
        elif state is not None:
            where = f"state:{state}"
            if where not in geography:
                raise BadQuestion(f"state: {state!r} is not a state of the ZIP table, such as PA")
        elif division is not None:
            where = f"division:{division}"
            if where not in geography:
                raise BadQuestion(f"division: {division!r} is not a Census division")
        else:
            return "nation:US"
        if division is not None and state is not None:
            wider = geography.wider(f"state:{state}")
            if wider != f"division:{division}":
                raise BadQuestion(f"division: {state} is not in {division!r}")
        return where


def read_benchmark(question: Question, shown: Shown, geography: Geography) -> dict[str, Any]:
    """The answer as `design.md` specifies it; never a number that is not shown. Raises BadQuestion."""
    asked = question.cell(geography)
    answer: dict[str, Any] = {"measure": question.measure, "asked": filters(asked)}
    found = next((cell for cell in asked.roll_up(geography) if cell.text() in shown), None)
    answer["answered"] = None if found is None else filters(found)
    answer["status"] = "withheld" if found is None else "published" if found == asked else "rolled_up"
    epoch = shown.epoch
    if epoch is not None:
        answer |= {
            "epoch": epoch.epoch,
            "serial": epoch.serial,
            "released_at": epoch.released_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
        # An epoch of before its measure was released judged nothing of it, under no policy.
        answer |= {"policy_id": epoch.policies[question.measure]} if question.measure in epoch.policies else {}
    if found is not None:
        cell = shown[found.text()]
        # Of the release that the version is from: a cell that stayed as it was is not newer than that.
        cutoff = date.fromisoformat(shown.cutoffs[cell.since][question.measure])
        window = POLICIES[cell.policy_id].window_start(cutoff)
        answer |= {"policy_id": cell.policy_id, **cell.body, "window": [window.isoformat(), cutoff.isoformat()]}
    # Of benefits and labor rates too, what technicians are paid: of neither is there an official statistic of its own.
    if (beside := official(question.asked.get("role"), question.asked.get("state"))) is not None:
        answer["official"] = beside
    return answer


def filters(cell: Cell) -> dict[str, str]:
    """A cell's filters as a question names them; what is left open is absent, the nation is the open geography."""
    named: dict[str, str] = {}
    form = FORMS[cell.measure]
    if cell.subject:
        named[form.subject] = cell.subject
    level, _, place = cell.geography.partition(":")
    if level == "division":
        named["division"] = place
    elif level in ("state", "metro"):
        state, _, metro = place.partition(":")
        named["state"] = state
        if metro:
            named["metro"] = metro
    if cell.shop_type:
        named["shop_type"] = cell.shop_type
    if cell.grade and form.grade:
        named[form.grade] = cell.grade
    if cell.facet:
        named[cell.facet[0]] = cell.facet[1]
    return named
