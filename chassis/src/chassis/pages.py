"""Pages: one base template and one plain style for all services; no script, escaped by default."""

from collections.abc import Sequence
from importlib.resources import files
from typing import Any

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response
from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

# Nothing is loaded from anywhere else, nothing runs, and nobody frames the page.
SECURITY_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}


class Pages:
    """Renders a service's templates, which extend `base.html` and fill the blocks `title` and `main`."""

    def __init__(self, package: str | None = None, *, service: str = "", nav: Sequence[tuple[str, str]] = ()) -> None:
        loaders = [PackageLoader(name) for name in (package, "chassis") if name]
        self._templates = Environment(
            loader=ChoiceLoader(loaders),
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
            undefined=StrictUndefined,
        )
        self._shared: dict[str, Any] = {"service": service, "nav": list(nav), "here": None}

    def html(self, template: str, **values: Any) -> str:
        """The page as text."""
        return self._templates.get_template(template).render({**self._shared, **values})

    def page(self, template: str, *, status: int = 200, **values: Any) -> HTMLResponse:
        """The page as an answer; `here` marks the place in the navigation."""
        return HTMLResponse(self.html(template, **values), status, SECURITY_HEADERS)


def style_router() -> APIRouter:
    """Serves the style at `/style.css`; every service's application has it."""
    css = files("chassis").joinpath("templates", "style.css").read_text("utf-8")
    router = APIRouter()

    @router.get("/style.css", include_in_schema=False)
    async def style() -> Response:
        return Response(css, media_type="text/css", headers={"Cache-Control": "max-age=300"})

    return router
