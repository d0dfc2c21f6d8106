"""Broken rules as HTTP answers: one line each, with the status that tells what kind of rule it was."""

from chassis.http import error
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from matching.domain.errors import ConflictError, NotAllowedError, NotFoundError, RuleBrokenError

_STATUS: tuple[tuple[type[RuleBrokenError], int], ...] = (
    (NotAllowedError, 403),
    (NotFoundError, 404),
    (ConflictError, 409),
    (RuleBrokenError, 422),
)


def install(app: FastAPI) -> None:
    """Make the application answer so."""
    app.add_exception_handler(RuleBrokenError, _broken)


def status_of(why: RuleBrokenError) -> int:
    """The HTTP status for a broken rule."""
    return next(status for kind, status in _STATUS if isinstance(why, kind))


async def _broken(_request: Request, why: Exception) -> JSONResponse:
    assert isinstance(why, RuleBrokenError)  # noqa: S101
    return error(status_of(why), str(why))
