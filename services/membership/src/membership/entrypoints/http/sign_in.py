"""The pages of signing in and out: a form, an answer that tells nothing, a button that uses the link up."""

from typing import Annotated

from chassis.pages import Pages
from chassis.signed_in import COOKIE, Person, SignedInOperator, check_form_token, whoever
from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse

from membership.domain.errors import RuleBrokenError
from membership.domain.sign_in import ASKED_WITHIN, LINK_LASTS
from membership.settings import Settings
from membership.usecases.send_sign_in_link import SendSignInLink, TooManyAsked
from membership.usecases.sign_in import SignIn

Whoever = Annotated[Person | SignedInOperator | None, Depends(whoever)]

MINUTES = int(LINK_LASTS.total_seconds() // 60)
OVER = "It was used already, or it is older than {minutes} minutes. Nothing has happened; just ask for a new one."


def router(pages: Pages, settings: Settings, send: SendSignInLink, sign_in: SignIn) -> APIRouter:
    """The routes of signing in."""
    routes = APIRouter(include_in_schema=False)

    def form(who: Person | SignedInOperator | None, next_page: str, email: str, problem: str, status: int) -> Response:
        return pages.page(
            "sign_in.html", status=status, who=who, next=next_page, email=email, problem=problem, minutes=MINUTES
        )

    def message(status: int, title: str, *lines: str) -> Response:
        return pages.page("message.html", status=status, title=title, lines=lines, link=("Sign in", "/sign-in"))

    @routes.get("/sign-in")
    async def ask(who: Whoever, next: str = "") -> Response:  # noqa: A002 - the parameter's name in the address
        """The form."""
        try:
            send.next(next)
        except RuleBrokenError as why:
            return message(400, "This address cannot be used", f"{why}.")
        return form(who, next, "", "", 200)

    @routes.post("/sign-in")
    async def asked(
        who: Whoever,
        email: Annotated[str, Form(max_length=254)] = "",
        next: Annotated[str, Form(max_length=2000)] = "",  # noqa: A002
    ) -> Response:
        """The same answer for every address."""
        try:
            await send.by_mail(email.strip(), next)
        except RuleBrokenError as why:
            if why.field == "next":
                return message(400, "This address cannot be used", f"{why}.")
            return form(who, next, email, f"{why.problem}.", 400)
        except TooManyAsked:
            minutes = int(ASKED_WITHIN.total_seconds() // 60)
            return message(429, "Enough for now", f"Links were asked for often. Wait {minutes} minutes, please.")
        return message(
            200,
            "Look into your mail",
            "If we know that address, a link is on its way. "
            f"It lasts {MINUTES} minutes and can be used once; if nothing comes, look among the spam.",
        )

    @routes.get("/sign-in/{token}")
    async def look(token: str) -> Response:
        """A page with a button. Nothing changes here: programs that search mail for harm open every link."""
        somebody = await sign_in.look(token)
        if somebody is None:
            return message(410, "This link is over", OVER.format(minutes=MINUTES))
        return pages.page("sign_in_link.html", somebody=somebody, hours=settings.session_ttl_s // 3600)

    @routes.post("/sign-in/{token}")
    async def use(token: str, request: Request) -> Response:
        """The session, for the first who comes; a page of somebody else's site cannot send the button for them."""
        if request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
            return message(403, "Open the link yourself", "Another site has tried to sign you in.")
        session = await sign_in(token)
        if session is None:
            return message(410, "This link is over", OVER.format(minutes=MINUTES))
        answer = RedirectResponse(session.next, 303, {"Cache-Control": "no-store"})
        _set_cookie(answer, session.token, settings.session_ttl_s)
        return answer

    @routes.post("/sign-out")
    async def sign_out(who: Whoever, form_token: Annotated[str, Form()] = "") -> Response:
        """Forget the session in this browser."""
        if who is not None:
            check_form_token(who, form_token)
        answer = RedirectResponse("/sign-in", 303, {"Cache-Control": "no-store"})
        _set_cookie(answer, "", 0)
        return answer

    def _set_cookie(answer: Response, value: str, seconds: int) -> None:
        answer.set_cookie(
            COOKIE,
            value,
            max_age=seconds,
            path="/",
            domain=settings.cookie_domain,
            secure=settings.base.startswith("https:"),
            httponly=True,
            samesite="lax",
        )

    return routes
