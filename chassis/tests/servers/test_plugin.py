"""The fixtures that every service's tests lean on, against the servers themselves."""

from collections.abc import Callable

import asyncpg
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from chassis.servers import NativeKafka, NativePostgres, NativeRedis
from redis.asyncio import Redis


async def test_a_record_goes_through_the_shared_broker(kafka: str, make_topics: Callable[..., list[str]]) -> None:
    (topic,) = make_topics("greetings", partitions=3)
    async with AIOKafkaProducer(bootstrap_servers=kafka) as producer:
        sent = await producer.send_and_wait(topic, b"hello", partition=2)
    async with AIOKafkaConsumer(topic, bootstrap_servers=kafka, auto_offset_reset="earliest") as consumer:
        record = await consumer.getone()
    assert (sent.offset, record.partition, record.value) == (0, 2, b"hello")
    assert consumer.partitions_for_topic(topic) == {0, 1, 2}


async def test_every_database_has_an_owner_of_its_own(postgres: Callable[..., str]) -> None:
    first, second = (postgres("garage").replace("+asyncpg", "") for _ in range(2))
    connection = await asyncpg.connect(first)
    assert str(await connection.fetchval("SHOW server_version")).startswith("18")
    await connection.close()
    name = second.rsplit("/", 1)[1]
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="permission denied for database"):
        await asyncpg.connect(first.rsplit("/", 1)[0] + "/" + name)


async def test_each_test_has_an_empty_redis(redis_url: str, make_redis_url: Callable[[], str]) -> None:
    async with Redis.from_url(redis_url) as mine, Redis.from_url(make_redis_url()) as other:
        await mine.set("wrench", "10 mm")
        assert await mine.dbsize() == 1
        assert await other.dbsize() == 0


async def test_redis_comes_back_on_its_port_with_its_data_or_without(redis_server: NativeRedis) -> None:
    address = redis_server.address
    async with Redis.from_url(address) as client:
        await client.set("wrench", "10 mm")
    redis_server.stop()
    redis_server.start()
    async with Redis.from_url(address) as client:
        assert await client.get("wrench") == b"10 mm"
    redis_server.kill(flush=True)
    assert not redis_server.alive()
    redis_server.start()
    async with Redis.from_url(address) as client:
        assert await client.dbsize() == 0


async def test_kafka_keeps_acknowledged_records_over_a_kill(kafka_server: NativeKafka) -> None:
    from chassis.servers.topics import Wanted, make_topics

    make_topics(kafka_server.address, [Wanted("bay", 1)])
    async with AIOKafkaProducer(bootstrap_servers=kafka_server.address, acks="all") as producer:
        await producer.send_and_wait("bay", b"lift")
    address = kafka_server.address
    kafka_server.kill()
    kafka_server.start()
    assert kafka_server.address == address
    async with AIOKafkaConsumer("bay", bootstrap_servers=address, auto_offset_reset="earliest") as consumer:
        assert (await consumer.getone()).value == b"lift"


async def test_postgres_keeps_committed_rows_over_a_kill(postgres_server: NativePostgres) -> None:
    dsn = postgres_server.database("shop").replace("+asyncpg", "")
    connection = await asyncpg.connect(dsn)
    await connection.execute("CREATE TABLE bay (lift text)")
    await connection.execute("INSERT INTO bay VALUES ('two-post')")
    postgres_server.kill()
    connection.terminate()
    postgres_server.start()
    assert postgres_server.database("shop").replace("+asyncpg", "") == dsn
    connection = await asyncpg.connect(dsn)
    assert await connection.fetchval("SELECT lift FROM bay") == "two-post"
    await connection.close()
