"""The pytest plugin that finds or starts real servers: those that a test asks for, once a run, none left behind."""

import re
import shutil
import tempfile
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from chassis.servers import NativeKafka, NativeMail, NativePostgres, NativeRedis, NativeSms, Servers, Sink
from chassis.servers.mailbox import Mailbox
from chassis.servers.redis import DATABASES
from chassis.servers.sms_centre import SmsCentre
from chassis.servers.topics import Wanted
from chassis.servers.topics import make_topics as make_on_broker

MakeTopics = Callable[..., list[str]]
MakeDatabase = Callable[..., str]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--with", dest="driveline_with", choices=("native", "docker"), help="where Driveline's test servers run"
    )


@pytest.fixture(scope="session")
def servers(request: pytest.FixtureRequest) -> Iterator[Servers]:
    """The servers of this run; each starts when it is first asked for."""
    with Servers(way=request.config.getoption("driveline_with"), brief=True) as started:
        yield started


@pytest.fixture(scope="session")
def kafka(servers: Servers) -> str:
    """`host:port` of a real broker, shared by the run: use topics and groups of your own (`make_topics`)."""
    return servers.kafka


@pytest.fixture(scope="session")
def make_topics(kafka: str) -> MakeTopics:
    """`make_topics("pay", partitions=3, count=2, retention_ms="-1")` makes topics `pay.<unique>`, returns names."""

    def make(prefix: str = "test", *, partitions: int = 1, count: int = 1, **configs: str) -> list[str]:
        names = [f"{prefix}.{uuid.uuid4().hex[:10]}" for _ in range(count)]
        named = {key.replace("_", "."): value for key, value in configs.items()}
        make_on_broker(kafka, [Wanted(name, partitions, named) for name in names])
        return names

    return make


@pytest.fixture(scope="session")
def topics(kafka: str) -> tuple[str, ...]:
    """Every topic of `contracts.topics` is on the broker, with its real name, partitions and settings."""
    from contracts.topics import TOPICS

    from chassis.servers.topics import from_contract

    make_on_broker(kafka, [from_contract(topic) for topic in TOPICS])
    return tuple(topic.name for topic in TOPICS)


@pytest.fixture(scope="session")
def postgres(servers: Servers) -> MakeDatabase:
    """`postgres()` makes a fresh database with a role of its own and returns its SQLAlchemy asyncpg DSN."""

    def make(prefix: str = "test") -> str:
        plain = re.sub(r"[^a-z0-9]", "_", prefix.lower())
        return servers.postgres.database(f"{plain}_{uuid.uuid4().hex[:10]}")

    return make


@pytest.fixture(scope="session")
def make_redis_url(servers: Servers) -> Callable[[], str]:
    """`make_redis_url()` gives the URL of a database that nobody used in this run."""
    numbers = iter(range(1, DATABASES))
    base = servers.redis.rsplit("/", 1)[0]
    return lambda: f"{base}/{next(numbers)}"


@pytest.fixture
def redis_url(make_redis_url: Callable[[], str]) -> str:
    """The URL of an empty Redis database, this test's own."""
    return make_redis_url()


@pytest.fixture(scope="session")
def mail_server(servers: Servers) -> Sink:
    """A real SMTP server at `.address` (`host:port`), shared by the run: write to addresses of your own."""
    return servers.mail


@pytest.fixture(scope="session")
def mailbox(mail_server: Sink) -> Iterator[Mailbox]:
    """What `mail_server` took: `mailbox.inbox("pat@elm.example")`."""
    with Mailbox(_api(mail_server)) as reader:
        yield reader


@pytest.fixture(scope="session")
def sms_server(servers: Servers) -> Sink:
    """A real SMPP server at `.address` (`smpp://user:password@host:port`), shared by the run: use numbers of your own."""
    return servers.sms


@pytest.fixture(scope="session")
def sms_centre(sms_server: Sink) -> Iterator[SmsCentre]:
    """The phones behind `sms_server`: `.texts(number)`, `.answer(number, ours, "YES")`, `.behave(number, silent=True)`."""
    with SmsCentre(_api(sms_server)) as phones:
        yield phones


def _api(sink: Sink) -> str:
    if sink.api is None:
        pytest.skip(f"{sink.name}: DRIVELINE_{sink.name.upper()}_API does not say where it can be read")
    return sink.api


@pytest.fixture
def server_folder() -> Iterator[Path]:
    """An empty folder for a server of one's own. Not `tmp_path`: every pytest that starts closes that to all users but its
    own, and PostgreSQL, where the tests run as root, is another."""
    folder = Path(tempfile.mkdtemp(prefix="driveline-server-"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def redis_server(server_folder: Path) -> Iterator[NativeRedis]:
    """This test's own Redis, to be killed: `.address`, `.kill(flush=True)`, `.start()` on the same port."""
    server = NativeRedis(server_folder / "redis")
    server.start()
    yield server
    server.stop()


@pytest.fixture
def kafka_server(server_folder: Path) -> Iterator[NativeKafka]:
    """This test's own broker, to be killed: `.address`, `.kill()`, `.start()` on the same port."""
    server = NativeKafka(server_folder / "kafka", brief=True)
    server.start()
    yield server
    server.kill()


@pytest.fixture
def postgres_server(server_folder: Path) -> Iterator[NativePostgres]:
    """This test's own PostgreSQL, to be killed: `.database(name)`, `.kill()`, `.start()` on the same port."""
    server = NativePostgres(server_folder / "postgres")
    server.start()
    yield server
    server.stop()


@pytest.fixture
def own_mail_server(server_folder: Path) -> Iterator[NativeMail]:
    """This test's own mail server, to be killed: `.address`, `.api`, `.kill()`, `.start()` on the same ports, empty."""
    server = NativeMail(server_folder / "mail")
    server.start()
    yield server
    server.stop()


@pytest.fixture
def own_sms_server(server_folder: Path) -> Iterator[NativeSms]:
    """This test's own SMS centre, to be killed: `.address`, `.api`, `.kill()`, `.start()` on the same ports, empty."""
    server = NativeSms(server_folder / "sms")
    server.start()
    yield server
    server.stop()
