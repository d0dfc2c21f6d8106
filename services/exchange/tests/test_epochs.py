"""Epochs: what a release tells the log, what it announces, what it takes away, and who may ask for one."""

import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from chassis.database import Database
from contracts.codec import decode_kafka, partition_of
from contracts.topics import COLLECTED
from exchange.adapters.epochs import Epochs
from exchange_log import PARTITIONS, Log, Record
from exchange_market import Market, ago, cutoffs, member
from exchange_shops import RATES, five_shops
from exchange_system import Service, World, running, token, until

PAY, PUBLISHED, GONE, EPOCH = "pay.submitted", "benchmark.published", "benchmark.withdrawn", "exchange.epoch"


async def all_differently(log: Log, market: Market, shops: Sequence[str], revision: int = 3) -> None:
    """So many corrections that a new version may be shown: the median is a dollar higher."""
    rates = [f"{int(rate) + 1}.00" for rate in RATES]
    await log.say(PAY, *(market.pay(shop, rate, revision=revision) for shop, rate in zip(shops, rates, strict=True)))


async def announced_so_far(service: Service) -> Any:
    """Where the announcements end, with none on its way."""
    await until(lambda: relayed(service))
    return await service.world.log.ends(PUBLISHED, GONE, EPOCH)


async def announced(service: Service, before: Any) -> list[Record]:
    """Everything announced since, once the outbox is empty."""
    await until(lambda: relayed(service))
    return await service.world.log.since(before)


async def relayed(service: Service) -> bool:
    return bool((await service.http.get("/v1/progress")).json() == {"outbox_due": 0})


def of(market: Market, records: Sequence[Record], topic: str) -> dict[str, dict[str, Any]]:
    """A market's own announcements, by cell."""
    bodies = [json.loads(record.value) for record in records if record.topic == topic]
    where = f"|state:{market.state}|{market.role}|"
    return {body["cell"]: body for body in bodies if where in body["cell"]}


# The cells that five alike shops of one state fill for their role: eight, and one for each of plan, size and level.
ALIKE = [
    "*|*|*", "*|y5_9|*", "independent_repair|*|*", "independent_repair|y5_9|*",
    "*|*|plan=hourly", "*|*|size=3_5", "*|*|credential_level=none",
]  # fmt: skip


async def test_only_what_changed_is_announced(exchange: Service, log: Log, market: Market) -> None:
    before = await announced_so_far(exchange)
    shops = await five_shops(log, market)
    first = await exchange.release()
    records = await announced(exchange, before)
    mine = of(market, records, PUBLISHED)
    assert sorted(mine) == sorted(market.cell(rest) for rest in ALIKE)
    assert mine[market.cell()] == {
        "cell": market.cell(),
        "epoch": first["epoch"],
        "serial": 0,
        "policy_id": "pay-2026",
        "percentiles": {"p50": "24.00"},
        "intervals": {},
        "contributors": "5_9",
    }
    told = [json.loads(record.value) for record in records if record.topic == EPOCH]
    assert told == [first]

    before = await announced_so_far(exchange)
    second = await exchange.release()
    records = await announced(exchange, before)
    assert [(record.topic, json.loads(record.value)) for record in records] == [(EPOCH, second)]
    assert second["epoch"] == first["epoch"] + 1
    assert await exchange.cells(second) == {
        name: cell | {"epoch": second["epoch"]} for name, cell in (await exchange.cells(first)).items()
    }

    before = await announced_so_far(exchange)
    await log.say(PAY, *(market.pay(shop, rate, revision=2) for shop, rate in zip(shops, RATES, strict=True)))
    await exchange.release()
    assert of(market, await announced(exchange, before), PUBLISHED) == {}  # said again, nothing new

    before = await announced_so_far(exchange)
    await all_differently(log, market, shops)
    await exchange.release()
    mine = of(market, await announced(exchange, before), PUBLISHED)
    assert sorted(mine) == sorted(market.cell(rest) for rest in ALIKE)
    assert (mine[market.cell()]["percentiles"], mine[market.cell()]["previous"]) == ({"p50": "25.00"}, {"p50": "24.00"})


async def test_a_manifest_says_what_anyone_needs_to_recompute(exchange: Service, log: Log, market: Market) -> None:
    await five_shops(log, market)
    before = await log.ends(EPOCH)
    manifest = await exchange.release()
    ends: dict[str, dict[str, int]] = {topic: {} for topic in COLLECTED}
    for part, end in (await log.ends(*COLLECTED)).items():
        ends[part.topic][str(part.partition)] = end
    assert manifest == {
        "epoch": manifest["epoch"],
        "serial": 0,
        "kind": "release",
        "policies": {measure: f"{measure}-2026" for measure in ("pay", "benefits", "labor-rates", "technician-pay")},
        "cutoffs": cutoffs(ago(0)),
        "offsets": {topic: dict(sorted(of_topic.items())) for topic, of_topic in ends.items()},
        "partitions": 6,
        "released_at": manifest["released_at"],
    }
    (record,) = await log.since(before)
    event = decode_kafka(record.headers, record.value)
    assert (event.id, event.source) == (f"exchange-epoch-{manifest['epoch']}-0", "driveline/exchange")
    assert event.type == "driveline.exchange.epoch.v1"
    # Offsets count what was said: they are on the log, for those who recompute, and not in a public answer.
    listed = (await exchange.http.get("/v1/epochs")).json()["epochs"][-1]
    assert listed == {name: value for name, value in manifest.items() if name != "offsets"}
    assert set(manifest) - set(listed) == {"offsets"}


async def test_a_cell_that_falls_below_five_is_withdrawn_from_answers_and_history(
    exchange: Service, log: Log, market: Market
) -> None:
    shops = await five_shops(log, market)
    first = await exchange.release()
    assert market.cell() in await exchange.cells(first)
    before = await announced_so_far(exchange)
    await log.say("member.updated", member(shops[4], 2, status="left"))
    second = await exchange.release()
    records = await announced(exchange, before)
    assert of(market, records, PUBLISHED) == {}
    gone = of(market, records, GONE)
    assert gone == {
        market.cell(rest): {"cell": market.cell(rest), "epoch": second["epoch"], "serial": 0} for rest in ALIKE
    }
    assert (await exchange.ask(**market.here))["status"] != "published"
    for manifest in (first, second):
        assert not set(gone) & set(await exchange.cells(manifest))

    # It comes back with the fifth.
    await log.say("member.updated", member(shops[4], 3))
    await exchange.release()
    assert await exchange.median(market) == "24.00"


async def test_a_sweep_withdraws_and_shows_nothing_new(world: World, log: Log, market: Market) -> None:
    other = Market()
    async with running(world) as service:
        answer = await service.post_release(token(), kind="sweep")
        assert (answer.status_code, answer.json()) == (409, {"error": "sweep: nothing has been released yet"})
        shops = await five_shops(log, market)
        others = await five_shops(log, other)
        release = await service.release()
        before = await announced_so_far(service)
        # All of them: four who are left would be told by the whole country beside the other market.
        await log.say("member.updated", *(member(shop, 2, status="left") for shop in shops))
        await all_differently(log, other, others)
        answer = await service.post_release(token(), kind="sweep")
        assert answer.status_code == 201
        sweep = answer.json()
        assert (sweep["epoch"], sweep["serial"], sweep["kind"]) == (1, 1, "sweep")
        assert sweep["cutoffs"] == release["cutoffs"]
        records = await announced(service, before)
        assert of(market, records, GONE).keys() == {market.cell(rest) for rest in ALIKE}
        assert [record.topic for record in records if record.topic == PUBLISHED] == []
        assert [json.loads(record.value) for record in records if record.topic == EPOCH] == [sweep]
        assert await service.median(market) is None
        assert await service.median(other) == "24.00"
        assert (await service.ask(**other.here))["serial"] == 1
        await service.release()
        assert await service.median(other) == "25.00"


@pytest.mark.parametrize(
    ("bearer", "status", "error"),
    [
        (lambda: None, 401, "token: is missing (Authorization: Bearer ...)"),
        (lambda: "nonsense", 401, "token: is not a valid token"),
        (lambda: token("pay:write submissions:write"), 403, "token: lacks the scope operate"),
        (lambda: token(exp=1_000_000_000), 401, "token: has expired"),
        (lambda: token(iss="http://somebody.example"), 401, "token: was issued by somebody else or is not valid yet"),
    ],
)
async def test_a_release_is_an_operators(
    exchange: Service, bearer: Callable[[], str | None], status: int, error: str
) -> None:
    """Tokens are made here, not when tests are collected: they last ten minutes, and a run may take longer."""
    before = (await exchange.http.get("/v1/epochs")).json()
    answer = await exchange.post_release(bearer())
    assert (answer.status_code, answer.json()) == (status, {"error": error})
    assert (await exchange.http.get("/v1/epochs")).json() == before


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        (b'{"kind": "rebuild"}', 422, "kind: Input should be 'release' or 'sweep'"),
        (b'{"now": "2027-01-01"}', 422, "now: Extra inputs are not permitted"),
        (b"{", 400, "body: is not JSON"),
    ],
)
async def test_what_cannot_be_released(exchange: Service, body: bytes, status: int, error: str) -> None:
    headers = {"authorization": f"Bearer {token()}", "content-type": "application/json"}
    answer = await exchange.http.post("/v1/epochs", content=body, headers=headers)
    assert (answer.status_code, answer.json()) == (status, {"error": error})


async def test_one_release_at_a_time(exchange: Service) -> None:
    database = Database(exchange.world.settings.postgres)
    async with Epochs(database).coordinating() as alone:
        assert alone
        answer = await exchange.post_release(token())
    await database.close()
    assert (answer.status_code, answer.json()) == (409, {"error": "release: another release is being made"})
    await exchange.release()


async def test_the_cells_of_an_epoch_that_is_not_there(exchange: Service) -> None:
    answer = await exchange.http.get("/v1/epochs/77/0/cells")
    assert (answer.status_code, answer.json()) == (404, {"error": "epoch: 77.0 is not published"})
    answer = await exchange.http.get("/v1/epochs/first/0/cells")
    assert answer.status_code == 422
    assert answer.json()["error"].startswith("epoch: ")


async def test_every_partition_has_a_say(exchange: Service, log: Log, market: Market) -> None:
    """One shop in each of five partitions, and none in the sixth: a shard without an entry changes nothing."""
    shops = [market.shop(n, partition=n) for n in range(5)]
    assert {partition_of(shop, PARTITIONS) for shop in shops} == {0, 1, 2, 3, 4}
    await log.say("member.joined", *(member(shop) for shop in shops))
    await log.say(PAY, *(market.pay(shop, f"{20 + 2 * n}") for n, shop in enumerate(shops)))
    await exchange.release()
    assert await exchange.median(market) == "24.00"
