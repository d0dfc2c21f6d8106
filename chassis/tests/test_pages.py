"""Pages are escaped, load nothing from elsewhere, run nothing, and say where they are."""

import httpx
import pytest
from chassis.http import make_app
from chassis.pages import Pages
from chassis.settings import ServiceSettings
from chassis.signed_in import Person, form_token
from jinja2 import DictLoader
from jinja2.exceptions import UndefinedError

SETTINGS = ServiceSettings(kafka="k:1", redis="redis://r", postgres="postgresql+asyncpg://p")


@pytest.fixture
def pages() -> Pages:
    pages = Pages(service="exchange", nav=[("Benchmarks", "/benchmarks"), ("Mine", "/mine")])
    loader = pages._templates.loader
    assert loader is not None
    template = (
        '{% extends "base.html" %}{% block title %}Pay{% endblock %}{% block main %}<h1>{{ name }}</h1>{% endblock %}'
    )
    loader.loaders.insert(0, DictLoader({"pay.html": template}))  # type: ignore[attr-defined]
    return pages


def test_a_page_fills_the_base_and_escapes_what_it_is_given(pages: Pages) -> None:
    html = pages.html("pay.html", name="<script>alert(1)</script>", here="/mine")
    assert "<title>Pay · Driveline</title>" in html
    assert "<h1>&lt;script&gt;alert(1)&lt;/script&gt;</h1>" in html
    assert '<a href="/mine" aria-current="page">Mine</a>' in html
    assert 'lang="en"' in html
    assert "Skip to the content" in html
    assert "<script" not in html


def test_a_forgotten_value_is_an_error_not_an_empty_place(pages: Pages) -> None:
    with pytest.raises(UndefinedError, match="name"):
        pages.html("pay.html")


def test_nothing_is_loaded_from_elsewhere_and_nothing_runs(pages: Pages) -> None:
    answer = pages.page("pay.html", name="Pat", status=201)
    assert answer.status_code == 201
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'self'")
    assert "script" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_who_looks_is_greeted_and_can_sign_out_and_forms_get_their_token(pages: Pages) -> None:
    settings = ServiceSettings(
        kafka="k:1",
        redis="redis://r",
        postgres="postgresql+asyncpg://p",
        issuer="https://join.example/",
        pages={"Your home": "https://match.example/home", "Pay": "https://pay.example/benchmarks"},
    )
    pages = Pages.of(settings, None, service="matching", forms_to=["https://other.example/where/ever"])
    pat = Person("c-1", "shop-42", "Pat <Doe>", "a session")
    answer = pages.page("message.html", who=pat, title="Hello", lines=["One", "Two"], link=None, here="/benchmarks")
    html = bytes(answer.body).decode()
    assert "Pat &lt;Doe&gt;" in html
    assert '<form method="post" action="https://join.example/sign-out">' in html
    assert f'name="form_token" value="{form_token(pat)}"' in html
    assert '<a href="https://match.example/home">Your home</a>' in html
    assert '<a href="https://pay.example/benchmarks" aria-current="page">Pay</a>' in html
    # Browsers hold the redirect after a form to this list: an expired session must be able to lead to sign-in.
    assert (
        "form-action 'self' https://join.example https://match.example https://other.example https://pay.example;"
        in answer.headers["content-security-policy"]
    )
    assert answer.headers["cache-control"] == "no-store"
    assert "Sign out" not in pages.html("message.html", title="Hello", lines=[], link=("Back", "/"))


@pytest.mark.parametrize(
    ("path", "accept", "status", "said"),
    [
        ("/nowhere", "text/html,*/*", 404, "<h1>There is no such page</h1>"),
        ("/nowhere", "application/json", 404, '{"error":"request: Not Found"}'),
        ("/v1/nowhere", "text/html,*/*", 404, '{"error":"request: Not Found"}'),
    ],
)
async def test_a_browser_is_told_of_an_error_by_a_page(path: str, accept: str, status: int, said: str) -> None:
    transport = httpx.ASGITransport(make_app("exchange", SETTINGS))
    async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
        answer = await client.get(path, headers={"accept": accept})
    assert answer.status_code == status
    assert said in answer.text


async def test_every_service_serves_the_style_and_an_icon() -> None:
    transport = httpx.ASGITransport(make_app("exchange", SETTINGS))
    async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
        answer = await client.get("/style.css")
        icon = await client.get("/icon.svg")
    assert answer.headers["content-type"].startswith("text/css")
    assert icon.headers["content-type"].startswith("image/svg+xml")
    assert "prefers-color-scheme: dark" in answer.text


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_is_readable_in_both_schemes(scheme: str) -> None:
    """WCAG AA: a contrast of at least 4.5 between text colours and their grounds."""
    import re
    from importlib.resources import files

    css = files("chassis").joinpath("templates", "style.css").read_text()
    blocks = re.findall(r":root \{(.*?)\}", css, re.DOTALL)
    colours = dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", blocks[0 if scheme == "light" else 1]))
    for text in ("ink", "faint", "link", "good", "bad"):
        for ground in ("paper", "card", "tint"):
            assert contrast(colours[text], colours[ground]) >= 4.5, (text, ground)
    assert contrast(colours["paper"], colours["link"]) >= 4.5, "a button's text"
    assert contrast(colours["ink"], colours["mark"]) >= 4.5


def contrast(one: str, other: str) -> float:
    """Of two colours, as WCAG 2 defines it."""

    def luminance(colour: str) -> float:
        channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        red, green, blue = (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)
