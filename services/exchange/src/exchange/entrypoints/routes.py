"""HTTP: benchmarks for everybody, epochs and their cells for whoever recomputes them, a release for operators."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from chassis.http import error
from chassis.tokens import Caller, require
from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict

from exchange.adapters import metrics
from exchange.adapters.epochs import EpochRow, Epochs, stamp
from exchange.adapters.released_cells import ReleasedCells
from exchange.domain.lattice import Geography
from exchange.usecases.announce import manifest
from exchange.usecases.cut_shards import CutFailed
from exchange.usecases.draft_epoch import NothingReleased
from exchange.usecases.read_benchmark import BadQuestion, Question, read_benchmark
from exchange.usecases.release_epoch import Busy, ReleaseEpoch
from exchange.usecases.tell_changes import TellChanges


class ReleaseAsked(BaseModel):
    """What POST /v1/epochs takes."""

    model_config = ConfigDict(extra="forbid")
    kind: Literal["release", "sweep"] = "release"


def benchmark_routes(cells: ReleasedCells, geography: Geography) -> APIRouter:
    """Released numbers, without login."""
    router = APIRouter(tags=["benchmarks"])

    @router.get("/v1/benchmarks/pay")
    async def pay(request: Request) -> Response:
        """Effective hourly pay; filters role, division, state, metro (needs its state), shop_type, experience, and at
        most one of plan, size, credential_level, then without shop type and experience."""
        return _answer("pay", request, cells, geography)

    @router.get("/v1/benchmarks/technician-pay")
    async def technician_pay(request: Request) -> Response:
        """The same of what technicians say of their own pay; nothing finer than a state is ever shown of it."""
        return _answer("technician-pay", request, cells, geography)

    @router.get("/v1/benchmarks/benefits")
    async def benefits(request: Request) -> Response:
        """The share of shops that offer a benefit, and the middle amount; filters benefit (needed), division, state,
        metro (needs its state), shop_type and size."""
        return _answer("benefits", request, cells, geography)

    @router.get("/v1/benchmarks/labor-rates")
    async def labor_rates(request: Request) -> Response:
        """Posted labor rates of a kind; filters kind (needed), division, state, metro (needs its state) and shop_type;
        nothing finer than a state is ever shown of them."""
        return _answer("labor-rates", request, cells, geography)

    return router


def _answer(measure: str, request: Request, cells: ReleasedCells, geography: Geography) -> Response:
    asked: dict[str, str] = {}
    for name, value in request.query_params.multi_items():
        if name in asked:
            return error(400, f"{name}: is given twice")
        if value:
            asked[name] = value
    try:
        answer = read_benchmark(Question(measure, asked), cells.shown, geography)
    except BadQuestion as bad:
        return error(400, str(bad))
    metrics.ANSWERS.labels(measure, answer["status"]).inc()
    return Response(json.dumps(answer), media_type="application/json")


def epoch_routes(epochs: Epochs, cells: ReleasedCells, releases: ReleaseEpoch, changes: TellChanges) -> APIRouter:
    """Epochs: listed, exported cell by cell, and made."""
    router = APIRouter(tags=["epochs"])

    @router.get("/v1/epochs")
    async def listed() -> dict[str, Any]:
        """Every published manifest, oldest first, without its offsets: they count what was said, and by whom almost (0530)."""
        return {"epochs": [_without_offsets(row) for row in await epochs.published()]}

    @router.get("/v1/epochs/{epoch}/{serial}/cells")
    async def exported(epoch: int, serial: int) -> Response:
        """Every cell shown in an epoch, one JSON object a line, by cell; those withdrawn since are gone."""
        row = next((r for r in await epochs.published() if (r.epoch, r.serial) == (epoch, serial)), None)
        if row is None:
            return error(404, f"epoch: {epoch}.{serial} is not published")

        async def lines() -> AsyncIterator[bytes]:
            async for cell in epochs.shown(stamp(epoch, serial)):
                line = {"cell": cell.cell, "epoch": epoch, "serial": serial, "policy_id": cell.policy_id}
                yield json.dumps(line | json.loads(cell.body)).encode() + b"\n"

        return StreamingResponse(lines(), media_type="application/x-ndjson")

    @router.post("/v1/epochs", status_code=201)
    async def release(asked: ReleaseAsked, _: Annotated[Caller, Depends(require("operate"))]) -> Any:
        """Publish an epoch, or the sweep of the last one, now; answers with its manifest once readers see it."""
        try:
            row = await releases.release(datetime.now(UTC).replace(microsecond=0), asked.kind)
        except Busy as busy:
            return error(409, f"release: {busy}")
        except NothingReleased as nothing:
            return error(409, f"sweep: {nothing}")
        except CutFailed as failed:
            return error(503, f"release: {failed}")
        await cells.publish(row)
        await cells.catch_up()
        changes.wake()
        return _manifest(row)

    return router


def _manifest(row: EpochRow) -> dict[str, Any]:
    return manifest(row).model_dump(mode="json")


def _without_offsets(row: EpochRow) -> dict[str, Any]:
    return {name: value for name, value in _manifest(row).items() if name != "offsets"}
