"""What every service answers: errors on one line, probes, metrics, progress, and the operator's skip."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

import httpx
import pytest
from chassis.health import Health
from chassis.http import make_app
from chassis.settings import ServiceSettings
from chassis.testing.issuer import ISSUER, Issuer
from chassis.tokens import Verifier
from chassis_shop import MEDIA, Shop, equals, story, until
from contracts.event import Refused
from fastapi import FastAPI, Query
from pydantic import BaseModel
from sqlalchemy.exc import DBAPIError
from test_waiting import Flaky

SETTINGS = ServiceSettings(kafka="k:1", redis="redis://r", postgres="postgresql+asyncpg://p", issuer=ISSUER)


@asynccontextmanager
async def client_of(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://shop") as client:
        yield client


class Rate(BaseModel):
    rate: int


@pytest.fixture
def app() -> FastAPI:
    app = make_app("shop", SETTINGS)

    @app.post("/v1/rates/{kind}")
    async def rates(kind: str, rate: Rate, radius: Annotated[int, Query()] = 1) -> dict[str, int]:
        match kind:
            case "refused":
                raise Refused("rate_unit", "'year' does not belong to plan 'hourly'")
            case "away":
                raise DBAPIError("SELECT 1", None, ConnectionError("lost"))
            case "broken":
                raise RuntimeError("a secret of ours")
        return {"rate": rate.rate * radius}

    return app


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "line"),
    [
        ("POST", "/v1/rates/door", '{"rate": 7}', 200, None),
        ("POST", "/v1/rates/refused", '{"rate": 7}', 422, "rate_unit: 'year' does not belong to plan 'hourly'"),
        ("POST", "/v1/rates/door", '{"rate": "much"}', 422, "rate: Input should be a valid integer"),
        ("POST", "/v1/rates/door", "{}", 422, "rate: Field required"),
        ("POST", "/v1/rates/door", "{", 400, "body: is not JSON"),
        ("POST", "/v1/rates/door?radius=far", '{"rate": 7}', 422, "radius: Input should be a valid integer"),
        ("POST", "/v1/rates/away", '{"rate": 7}', 503, "service: a part it needs does not answer, try again"),
        ("POST", "/v1/rates/broken", '{"rate": 7}', 500, "service: internal error"),
        ("GET", "/nowhere", None, 404, "request: Not Found"),
        ("GET", "/v1/rates/door", None, 405, "request: Method Not Allowed"),
    ],
)
async def test_an_error_is_one_line_of_json(
    app: FastAPI, method: str, path: str, body: str | None, status: int, line: str | None
) -> None:
    async with client_of(app) as client:
        answer = await client.request(method, path, content=body, headers={"content-type": "application/json"})
    assert answer.status_code == status
    if line is None:
        assert answer.json() == {"rate": 7}
    else:
        assert answer.json()["error"].startswith(line)
        assert list(answer.json()) == ["error"]
        assert "\n" not in answer.json()["error"]
        assert "secret" not in answer.text


async def test_requests_are_counted_by_route_not_by_address(app: FastAPI) -> None:
    async with client_of(app) as client:
        for kind in ("door", "frame", "door"):
            await client.post(f"/v1/rates/{kind}", json={"rate": 1})
        await client.get("/made-up/by/a/scanner")
        text = (await client.get("/metrics")).text
    assert 'driveline_http_requests_total{method="POST",route="/v1/rates/{kind}",status="200"}' in text
    assert 'route="other",status="404"' in text
    assert "scanner" not in text


async def test_progress_says_how_many_rows_are_due(shop: Shop) -> None:
    app = make_app("shop", SETTINGS, outbox=shop.outbox, health=Health(database=shop.database))
    async with client_of(app) as client:
        assert (await client.get("/v1/progress")).json() == {"outbox_due": 0}
        async with shop.database.transaction() as session:
            await shop.outbox.emit_many(session, [story("a"), story("b")])
        assert (await client.get("/v1/progress")).json() == {"outbox_due": 2}
        assert "driveline_outbox_pending 2.0" in (await client.get("/metrics")).text
        assert (await client.get("/readyz")).json() == {"ready": True, "problems": []}


async def test_an_operator_sees_what_waits_and_skips_it_over_http(shop: Shop) -> None:
    issuer = Issuer()
    handler = Flaky(shop, "m-0")
    shop.consume(handler)
    app = make_app("shop", SETTINGS, verifier=Verifier(ISSUER, fetch=issuer.fetch), broker=shop.broker)
    operator = {"Authorization": f"Bearer {issuer.token(scope='operate')}"}
    for number in range(2):
        await shop.publish(story(f"m-{number}"), partition=3)
    await shop.broker.start()
    await until(lambda: list(shop.broker.consumers[0].waiting))
    async with client_of(app) as client:
        (wait,) = (await client.get("/v1/waiting", headers=operator)).json()["waiting"]
        assert (wait["topic"], wait["partition"], wait["group"]) == (MEDIA, 3, shop.name)
        assert wait["reason"] == "ConnectionError: connection to server was lost"
        assert f'driveline_partition_waiting{{partition="3",topic="{MEDIA}"}}' in (await client.get("/metrics")).text

        skip = f"/v1/waiting/{MEDIA}/3/skip"
        assert (await client.post(skip)).status_code == 401
        weak = {"Authorization": f"Bearer {issuer.token(scope='pay:write')}"}
        assert (await client.post(skip, headers=weak)).status_code == 403
        other = await client.post(skip, headers=operator, json={"offset": wait["offset"] + 7})
        assert other.status_code == 404
        assert other.json()["error"].startswith(f"partition: {MEDIA}-3 does not wait in this process at offset")
        done = await client.post(skip, headers=operator, json={"offset": wait["offset"]})
        assert (done.status_code, done.json()["offset"]) == (202, wait["offset"])
        await until(lambda: equals(shop.count, 1))
        assert await shop.things() == ["m-1"]
        await until(lambda: not list(shop.broker.consumers[0].waiting))  # said after the transaction that was just seen
        assert (await client.get("/v1/waiting", headers=operator)).json() == {"waiting": []}
        again = await client.post(skip, headers=operator)
    assert again.status_code == 404
    assert len(await shop.dead()) == 1


async def test_concurrent_requests_do_not_mix_their_traces(app: FastAPI) -> None:
    from chassis import tracing

    @app.get("/trace")
    async def trace() -> dict[str, str | None]:
        await asyncio.sleep(0.01)
        return {"traceparent": tracing.traceparent()}

    ids = [f"{n:032x}" for n in range(1, 9)]
    async with client_of(app) as client:
        answers = await asyncio.gather(
            *(client.get("/trace", headers={"traceparent": f"00-{trace_id}-{1:016x}-01"}) for trace_id in ids)
        )
    assert [answer.json()["traceparent"].split("-")[1] for answer in answers] == ids
