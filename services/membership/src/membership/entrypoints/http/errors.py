"""Broken rules as HTTP answers: one line each, with the status that tells whose fault it is."""

from chassis.http import error
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from membership.domain.errors import NotAllowedError, RuleBrokenError, UnknownMemberError
from membership.usecases.issue_token import TokenError


def install(app: FastAPI) -> None:
    """Make the application answer so."""
    app.add_exception_handler(RuleBrokenError, _broken)
    app.add_exception_handler(TokenError, _no_token)


async def _broken(_request: Request, why: Exception) -> JSONResponse:
    if isinstance(why, NotAllowedError):
        return error(403, str(why))
    if isinstance(why, UnknownMemberError) and why.field == "member_id":
        return error(404, str(why))
    return error(422, str(why))


async def _no_token(_request: Request, why: Exception) -> JSONResponse:
    assert isinstance(why, TokenError)  # noqa: S101
    status = 401 if why.code == "invalid_client" else 400
    headers = {"WWW-Authenticate": 'Basic realm="driveline"'} if status == 401 else None
    return JSONResponse({"error": why.code, "error_description": why.description}, status, headers)
