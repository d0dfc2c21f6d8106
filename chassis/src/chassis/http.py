"""The HTTP face that every service has: errors on one line, probes, metrics, progress, and the operator's skip."""

import time
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Annotated

from contracts.event import Refused
from fastapi import APIRouter, Body, Depends, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse
from sqlalchemy.exc import DBAPIError
from starlette.exceptions import HTTPException
from starlette.routing import Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis import logs, metrics, tracing
from chassis.broker import Broker
from chassis.health import Health
from chassis.outbox import Outbox
from chassis.pages import Pages, style_router
from chassis.settings import ServiceSettings
from chassis.signed_in import FormRefused, SignInNeeded
from chassis.tokens import Caller, TokenRefused, Verifier, require

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]

log = logs.get(__name__)


def error(status: int, line: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """Every error's shape: one line that names the field and the problem."""
    return JSONResponse({"error": " ".join(line.split())}, status, headers)


def make_app(
    service: str,
    settings: ServiceSettings,
    *,
    lifespan: Lifespan | None = None,
    health: Health | None = None,
    verifier: Verifier | None = None,
    outbox: Outbox | None = None,
    broker: Broker | None = None,
) -> FastAPI:
    """An application with the common routes; add the service's own routers to it."""
    app = FastAPI(title=f"Driveline {service}", lifespan=lifespan, redoc_url=None, openapi_url="/v1/openapi.json")
    app.state.service = service
    app.state.verifier = verifier or Verifier(settings.issuer)
    app.state.accounts_url = settings.accounts
    app.state.public_url = settings.public_url.rstrip("/")
    app.state.pages = Pages.of(settings, None)
    app.state.broker = broker
    app.include_router(_common(health or Health(broker=broker), outbox, broker))
    app.include_router(style_router())
    app.add_middleware(_Observe, app=app)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(TokenRefused, _refused_token)
    app.add_exception_handler(SignInNeeded, _sign_in)
    app.add_exception_handler(FormRefused, _refused_form)
    app.add_exception_handler(Refused, _refused)
    app.add_exception_handler(DBAPIError, _database_away)
    app.add_exception_handler(OSError, _database_away)
    app.add_exception_handler(Exception, _unexpected)
    return app


def _common(health: Health, outbox: Outbox | None, broker: Broker | None) -> APIRouter:
    router = APIRouter()

    @router.get("/livez", tags=["operation"])
    async def livez() -> JSONResponse:
        """200 while the process makes progress; 503 with what is stuck when only a restart helps."""
        problems = await health.live()
        return JSONResponse({"live": not problems, "problems": problems}, 503 if problems else 200)

    @router.get("/readyz", tags=["operation"])
    async def readyz() -> JSONResponse:
        """200 when the database answers and every consumer has its assignment."""
        problems = await health.ready()
        return JSONResponse({"ready": not problems, "problems": problems}, 503 if problems else 200)

    @router.get("/metrics", tags=["operation"], include_in_schema=False)
    async def exposition() -> Response:
        if outbox is not None:
            try:
                await outbox.measure()
            except (DBAPIError, OSError) as away:
                log.warning("outbox not measured", reason=repr(away))
        for consumer in broker.consumers if broker is not None else []:
            consumer.measure()
        content, content_type = metrics.exposition()
        return Response(content, media_type=content_type)

    @router.get("/v1/progress", tags=["operation"])
    async def progress() -> dict[str, int]:
        """Outbox rows that are due and not relayed: `driveline settle` waits until there are none."""
        return {"outbox_due": await outbox.due() if outbox is not None else 0}

    @router.get("/v1/waiting", tags=["operation"])
    async def waiting(_: Annotated[Caller, Depends(require("operate"))]) -> dict[str, object]:
        """The partitions that wait for a fault to pass, with the record and the reason."""
        consumers = broker.consumers if broker is not None else []
        return {"waiting": [wait.as_json() | {"group": c.group} for c in consumers for wait in c.waiting]}

    @router.post("/v1/waiting/{topic}/{partition}/skip", tags=["operation"])
    async def skip(
        topic: str,
        partition: int,
        who: Annotated[Caller, Depends(require("operate"))],
        offset: Annotated[int | None, Body(embed=True)] = None,
    ) -> JSONResponse:
        """Send the record that a partition waits for to the dead letters, and go on behind it."""
        for consumer in broker.consumers if broker is not None else []:
            if (wait := consumer.skip(topic, partition, offset)) is not None:
                log.warning("skip asked for", by=who.subject, **wait.as_json())
                return JSONResponse(wait.as_json() | {"group": consumer.group}, 202)
        at = "" if offset is None else f" at offset {offset}"
        return error(404, f"partition: {topic}-{partition} does not wait in this process{at}")

    return router


_FORM_OF_ANOTHER_SESSION = (
    "This form is of another session: you have signed in or out since you opened its page. Nothing was changed.",
    "Go back, load the page anew, and send it again.",
)
_TITLES = {
    403: "This is not allowed",
    404: "There is no such page",
    503: "Something is missing at the moment",
    500: "Something went wrong",
}


def _said(request: Request, status: int, line: str, headers: Mapping[str, str] | None = None) -> Response:
    """The error as the one who asked can read it: a page for a browser that looks at pages, else one line of JSON."""
    if not _wants_page(request):
        return error(status, line, headers)
    pages: Pages = request.app.state.pages
    title = _TITLES.get(status, "This cannot be answered")
    return pages.page("message.html", status=status, headers=headers, title=title, lines=[line], link=None)


def _wants_page(request: Request) -> bool:
    return not request.url.path.startswith("/v1/") and "text/html" in request.headers.get("accept", "")


def _route(request: Request) -> str:
    """The route as it was declared: the address itself may hold a secret, such as a sign-in link's token."""
    return str(getattr(request.scope.get("route"), "path", "other"))


async def _invalid(request: Request, why: Exception) -> Response:
    assert isinstance(why, RequestValidationError)  # noqa: S101
    first = why.errors()[0]
    where = ".".join(str(part) for part in first["loc"] if part not in {"body", "query", "path", "header"})
    if first["type"] == "json_invalid":
        return _said(request, 400, "body: is not JSON")
    return _said(request, 422, f"{where or 'body'}: {first['msg']}")


async def _http(request: Request, why: Exception) -> Response:
    assert isinstance(why, HTTPException)  # noqa: S101
    line = why.detail if ":" in str(why.detail) else f"request: {why.detail}"
    return _said(request, why.status_code, str(line), why.headers)


async def _refused_token(request: Request, why: Exception) -> Response:
    assert isinstance(why, TokenRefused)  # noqa: S101
    extra = {401: {"WWW-Authenticate": "Bearer"}, 503: {"Retry-After": "2"}}
    return _said(request, why.status, str(why), extra.get(why.status))


async def _sign_in(_request: Request, why: Exception) -> Response:
    assert isinstance(why, SignInNeeded)  # noqa: S101
    return RedirectResponse(why.address, 303, {"Cache-Control": "no-store"})


async def _refused_form(request: Request, why: Exception) -> Response:
    if not _wants_page(request):
        return error(403, str(why))
    pages: Pages = request.app.state.pages
    title, lines = "Please open the page again", _FORM_OF_ANOTHER_SESSION
    return pages.page("message.html", status=403, title=title, lines=lines, link=None)


async def _refused(request: Request, why: Exception) -> Response:
    return _said(request, 422, str(why))


async def _database_away(request: Request, why: Exception) -> Response:
    log.error("request failed", route=_route(request), exc_info=why)
    return _said(request, 503, "service: a part it needs does not answer, try again", {"Retry-After": "1"})


async def _unexpected(request: Request, why: Exception) -> Response:
    log.error("request failed", route=_route(request), exc_info=why)
    return _said(request, 500, "service: internal error")


class _Observe:
    """Counts and times requests by route, and continues the caller's trace."""

    def __init__(self, inner: ASGIApp, *, app: FastAPI) -> None:
        self._inner = inner
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._inner(scope, receive, send)
            return
        status, started = 500, time.perf_counter()

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        parent = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"traceparent"), None)
        try:
            with tracing.span("http", traceparent=parent), logs.bound(traceparent=tracing.traceparent()):
                await self._inner(scope, receive, noted)
        finally:
            route = self._route(scope)
            metrics.HTTP_REQUESTS.labels(scope["method"], route, status).inc()
            metrics.HTTP_LATENCY.labels(scope["method"], route).observe(time.perf_counter() - started)

    def _route(self, scope: Scope) -> str:
        if (route := scope.get("route")) is not None:
            return str(getattr(route, "path", "other"))
        for route in self._app.routes:
            if route.matches(scope)[0] is not Match.NONE:
                return str(getattr(route, "path", "other"))
        return "other"  # an address that does not exist must not become a label value
