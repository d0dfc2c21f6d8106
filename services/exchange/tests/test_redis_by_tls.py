"""A Redis that is reached by TLS, by what the settings say: committed to and read like any other."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import trustme
from exchange.adapters.shard_store import Commit, ShardStore, Watermark
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as NotConnected

ONE = Commit([Watermark("next:a", "", "5")], [b"elm", b"1"], {"pay": [b"s", b"2"]})


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while some := await reader.read(65_536):
        writer.write(some)
        await writer.drain()
    writer.close()


@asynccontextmanager
async def by_tls(plain: str, context: ssl.SSLContext) -> AsyncIterator[str]:
    """What stands before the Redis at `plain` and speaks nothing but TLS: its `host:port/database`."""
    behind = urlsplit(plain)

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner, outer = await asyncio.open_connection(behind.hostname, behind.port)
        await asyncio.gather(_pass_on(reader, outer), _pass_on(inner, writer), return_exceptions=True)

    async with await asyncio.start_server(connected, "127.0.0.1", 0, ssl=context) as server:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}{behind.path}"


@pytest.fixture
async def secured(redis_url: str, tmp_path: Path) -> AsyncIterator[tuple[str, Path]]:
    """`host:port/database` behind TLS, and the file of who vouches for it."""
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    async with by_tls(redis_url, context) as where:
        yield where, tmp_path / "authority.pem"


async def test_a_shard_is_committed_and_read_by_tls(secured: tuple[str, Path], redis_url: str) -> None:
    where, authority = secured
    async with Redis.from_url(f"rediss://{where}?ssl_ca_certs={authority}") as redis:
        store = ShardStore(redis)
        await store.commit(3, ONE)
        assert await store.fields(3, "pay") == ([b"s"], [b"2"])
    async with Redis.from_url(redis_url) as plain:
        assert await plain.hget("{exchange:g1:p3}:pay", "s") == b"2"


async def test_a_certificate_that_nobody_vouches_for_is_refused(secured: tuple[str, Path]) -> None:
    where, _ = secured
    async with Redis.from_url(f"rediss://{where}") as redis:
        with pytest.raises(NotConnected, match="certificate verify failed"):
            await ShardStore(redis).commit(3, ONE)
