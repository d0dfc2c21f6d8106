"""Importing a public register over HTTP."""

from datetime import UTC, date, datetime
from typing import Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict

from membership.domain.registries import schools, stations
from membership.domain.registries.row import Reader
from membership.entrypoints.http.access import Operator
from membership.usecases.import_registry import ImportRegistry

READERS: dict[str, Reader] = {"schools": schools.read, "pa-stations": stations.read}


Rows = list[dict[str, str | None]]


class Import(BaseModel):
    """Rows of a register as its CSV file has them: column name to text."""

    model_config = ConfigDict(extra="forbid")

    list: Literal["schools", "pa-stations"]
    rows: Rows
    verified_on: date | None = None


def router(import_registry: ImportRegistry) -> APIRouter:
    """The route of imports."""
    routes = APIRouter(prefix="/v1", tags=["members"])

    @routes.post("/imports")
    async def import_rows(body: Import, _: Operator) -> dict[str, Any]:
        """Every row becomes a verified member, or is named with the reason why not; a repeat changes nothing."""
        today = datetime.now(UTC).date()
        rows = ({column: value or "" for column, value in row.items()} for row in body.rows)
        result = await import_registry(READERS[body.list], rows, body.verified_on or today)
        return result.as_json()

    return routes
