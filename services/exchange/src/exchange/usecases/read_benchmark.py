"""Read a benchmark: the first shown cell on the way from the asked one to wider ones, and the official statistic."""

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from exchange.adapters.official_statistics import official
from exchange.adapters.released_cells import Shown
from exchange.domain.codes import EXPERIENCES, FACET_CODES, FACETS, ROLES, SHOP_TYPES
from exchange.domain.lattice import FORMS, Cell, Geography
from exchange.domain.policy import POLICIES

_CODES: Final = {"role": ROLES, "shop_type": SHOP_TYPES, "experience": EXPERIENCES} | dict(
    zip(FACETS, FACET_CODES, strict=True)
)


class BadQuestion(ValueError):
    """A question that no cell belongs to: one line that names the field."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked; every filter may be left open."""

    measure: str
    role: str | None = None
    division: str | None = None
    state: str | None = None
    metro: str | None = None
    shop_type: str | None = None
    experience: str | None = None
    plan: str | None = None
    size: str | None = None
    credential_level: str | None = None

    def cell(self, geography: Geography) -> Cell:
        """The cell that is asked for. Raises BadQuestion."""
        for name, codes in _CODES.items():
            value = getattr(self, name)
            if value is not None and value not in codes:
                raise BadQuestion(f"{name}: {value!r} is not one of {', '.join(codes)}")
        facets = [(name, getattr(self, name)) for name in FACETS if getattr(self, name) is not None]
        if len(facets) > 1:
            raise BadQuestion(f"{facets[1][0]}: at most one of {', '.join(FACETS)} may be asked")
        if facets and (self.shop_type or self.experience):
            other = "shop_type" if self.shop_type else "experience"
            raise BadQuestion(f"{facets[0][0]}: cannot be asked together with {other}")
        where = self._geography(geography)
        facet = facets[0] if facets else None
        return Cell(self.measure, where, self.role, self.shop_type, self.experience, facet)

    def _geography(self, geography: Geography) -> str:
        if self.metro is not None:
            if self.state is None:
                raise BadQuestion("metro: needs its state")
            where = f"metro:{self.state}:{self.metro}"
            if where not in geography:
                raise BadQuestion(f"metro: {self.metro!r} is not a metro (CBSA code) in {self.state}")
        elif self.state is not None:
            where = f"state:{self.state}"
            if where not in geography:
                raise BadQuestion(f"state: {self.state!r} is not a state of the ZIP table, such as PA")
        elif self.division is not None:
            where = f"division:{self.division}"
            if where not in geography:
                raise BadQuestion(f"division: {self.division!r} is not a Census division")
        else:
            return "nation:US"
        if self.division is not None and self.state is not None:
            wider = geography.wider(f"state:{self.state}")
            if wider != f"division:{self.division}":
                raise BadQuestion(f"division: {self.state} is not in {self.division!r}")
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
            "policy_id": epoch.policies.get(question.measure),
        }
    if found is not None:
        cell = shown[found.text()]
        # Of the release that the version is from: a cell that stayed as it was is not newer than that.
        cutoff = date.fromisoformat(shown.cutoffs[cell.since][question.measure])
        window = POLICIES[cell.policy_id].window_start(cutoff)
        answer |= {"policy_id": cell.policy_id, **cell.body, "window": [window.isoformat(), cutoff.isoformat()]}
    if (beside := official(question.role, question.state)) is not None:
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
