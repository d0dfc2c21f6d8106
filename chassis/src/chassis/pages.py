"""Pages: one base template and one plain style for all services; no script, escaped by default."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from importlib.resources import files
from typing import Any, Self
from urllib.parse import urlsplit

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response
from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

from chassis.settings import ServiceSettings
from chassis.signed_in import Person, SignedInOperator, form_token


def security_headers(forms_to: Iterable[str] = ()) -> dict[str, str]:
    """Nothing is loaded from anywhere else, nothing runs, nobody frames the page, and its forms stay in the house.

    `forms_to` are addresses that a form may end at: browsers hold redirects after a form to this list as well.
    """
    origins = sorted({f"{at.scheme}://{at.netloc}" for at in map(urlsplit, forms_to) if at.netloc})
    policy = (
        "default-src 'none'",
        "style-src 'self'",
        "img-src 'self'",
        " ".join(("form-action 'self'", *origins)),
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
    return {
        "Content-Security-Policy": "; ".join(policy),
        "X-Content-Type-Options": "nosniff",
        # Addresses with a token in them must not travel on; the same origin may know, for the way back after signing in.
        "Referrer-Policy": "same-origin",
        # What is on a page belongs to whoever looked, and may have changed since.
        "Cache-Control": "no-store",
    }


class Pages:
    """Renders a service's templates, which extend `base.html` and fill the blocks `title` and `main`.

    Every template has `form_token`, for the hidden field of that name, when the page is given `who` looks at it. What only
    has to be said in a few words is `page("message.html", title=..., lines=[...], link=(label, address) or None)`.
    """

    def __init__(
        self,
        package: str | None = None,
        *,
        service: str = "",
        nav: Sequence[tuple[str, str]] = (),
        sign_out: str | None = None,
        forms_to: Iterable[str] = (),
    ) -> None:
        loaders = [PackageLoader(name) for name in (package, "chassis") if name]
        self._templates = Environment(
            loader=ChoiceLoader(loaders),
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
            undefined=StrictUndefined,
        )
        self._shared: dict[str, Any] = {
            "service": service,
            "nav": [(label, address, urlsplit(address).path or "/") for label, address in nav],
            "here": None,
            "who": None,
            "form_token": "",
            "sign_out": sign_out,
        }
        self._headers = security_headers(forms_to)

    @classmethod
    def of(
        cls, settings: ServiceSettings, package: str | None, *, service: str = "", forms_to: Iterable[str] = ()
    ) -> Self:
        """A service's pages with the house's navigation; forms may end at any of its pages and at sign-in."""
        return cls(
            package,
            service=service,
            nav=list(settings.pages.items()),
            sign_out=f"{settings.accounts}/sign-out",
            forms_to=(settings.accounts, *settings.pages.values(), *forms_to),
        )

    def html(self, template: str, **values: Any) -> str:
        """The page as text."""
        return self._templates.get_template(template).render({**self._shared, **values})

    def page(
        self,
        template: str,
        *,
        status: int = 200,
        who: Person | SignedInOperator | None = None,
        headers: Mapping[str, str] | None = None,
        **values: Any,
    ) -> HTMLResponse:
        """The page as an answer. `here`, a label or a path, marks the place in the navigation; `who` is greeted by name."""
        text = self.html(template, who=who, form_token=form_token(who) if who else "", **values)
        return HTMLResponse(text, status, {**self._headers, **(headers or {})})


def style_router() -> APIRouter:
    """Serves the style at `/style.css` and the icon at `/icon.svg`; every service's application has them."""
    router = APIRouter()
    for name, kind in (("style.css", "text/css"), ("icon.svg", "image/svg+xml")):
        router.add_api_route(f"/{name}", _file(name, kind), include_in_schema=False)
    return router


def _file(name: str, kind: str) -> Callable[[], Awaitable[Response]]:
    content = files("chassis").joinpath("templates", name).read_text("utf-8")

    async def serve() -> Response:
        return Response(content, media_type=kind, headers={"Cache-Control": "max-age=300"})

    return serve
