"""The whole system on one machine: real servers, all services, and the file that says where they are."""

import contextlib
import importlib.util
import json
import os
import secrets
import shutil
import signal
import threading
from collections.abc import Mapping
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from pathlib import Path

from chassis.servers import PARTS, SINKS, NativeRedis, Part, Servers, decide
from chassis.servers.topics import apply_topics
from contracts.topics import TOPICS

from driveline import access, doors, pages
from driveline.errors import UserError
from driveline.fleet import Fleet
from driveline.layout import SERVICES, Service
from driveline.running import RUN_FILE, Running, replace_json
from driveline.server_watch import ServerWatch
from driveline.steps import Quiet

RENEW_AGAIN = 10.0
BUILDER = (
    "DRIVELINE_KAFKA", "DRIVELINE_REDIS", "DRIVELINE_POSTGRES", "DRIVELINE_LOG_LEVEL", "DRIVELINE_KAFKA_USER",
    "DRIVELINE_KAFKA_PASSWORD",
)  # fmt: skip
DATA_DIR = Path(".driveline") / "data"
TARGETS = "prometheus-targets.json"  # in the data folder


class System:
    """Starts everything, keeps it running, stops everything. State stays in `data_dir`; `fresh` begins empty.

    `environment` adds to what the processes of a service are told, by the service's name.
    """

    def __init__(
        self,
        *,
        data_dir: Path = DATA_DIR,
        ready_file: Path | None = None,
        run_file: Path = RUN_FILE,
        way: str | None = None,
        fresh: bool = False,
        exchange_processes: int = 1,
        secure: bool = False,
        services: tuple[Service, ...] = SERVICES,
        environment: Mapping[str, Mapping[str, str]] | None = None,
        steps: Quiet | None = None,
    ) -> None:
        self.data_dir = data_dir.absolute()
        self.services = services
        self.servers = Servers(self.data_dir, way=way, secure=secure)
        self._files = [run_file.absolute(), *([ready_file.absolute()] if ready_file else [])]
        self._run_file = run_file.absolute()
        self._fresh = fresh
        self._copies = {"exchange": exchange_processes}
        self._steps = steps or Quiet()
        self._extra = dict(environment or {})
        self._secret = secrets.token_urlsafe(24)
        self._passwords = access.Passwords(self.data_dir / "kafka-users.json") if secure else None
        self._dsn: dict[str, str] = {}
        self._token = ""
        self._renewal: threading.Timer | None = None
        self._watch: ServerWatch | None = None
        self._writing = threading.Lock()
        self._open = False
        self.fleet = Fleet(services, self._environment, self.data_dir, self._write)

    @property
    def running(self) -> Running:
        """Where everything is now."""
        urls = {service.name: self.fleet.url(service.name) for service in self.services}
        return Running(
            kafka=self.servers.kafka,
            redis=self.servers.redis,
            postgres=self.servers.postgres.address,
            admin_token=self._token,
            kafka_user=getattr(self.servers.kafka, "user", None),
            kafka_password=getattr(self.servers.kafka, "password", None),
            pids=self.fleet.pids(),
            mail=self.servers.mail.address,
            mail_api=self.servers.mail.api,
            sms=self.servers.sms.address,
            sms_api=self.servers.sms.api,
            builder=self._builder(),
            **urls,  # the services' names are the file's keys
        )

    def start(self) -> Running:
        """Returns when everything is ready and the ready file is written. UserError or ServerError says what is wrong."""
        try:
            self._prepare_folder()
            self._start_servers()
            with self._steps.step("services"):
                self.fleet.launch(self._copies)
                self._watch = ServerWatch([self.servers.server(part) for part in PARTS])
                self.fleet.wait_ready()
            with self._steps.step("administrator and partners"):
                self._open_doors()
        except BaseException:
            self.stop()
            raise
        self._open = True
        self._write()
        return self.running

    def stop(self) -> None:
        """Stops everything that was started here; nothing is left running."""
        if self._open:
            self._open = False
            self._forget_run_file()
        if self._renewal is not None:
            self._renewal.cancel()
        if self._watch is not None:
            self._watch.stop()
        self.fleet.stop()
        self.servers.stop()

    def kill(self, service: str, index: int = 0, number: signal.Signals = signal.SIGKILL) -> int:
        """Send a signal to one process of a service; killed, it starts again on the same port. Returns the pid it had."""
        return self.fleet.kill(service, index, number)

    def scale(self, service: str, copies: int) -> None:
        """Have `copies` processes of a service; returns when the new ones are ready."""
        self.fleet.scale(service, copies)
        self.fleet.wait_ready((service,))

    def restart(self, service: str, environment: Mapping[str, str]) -> None:
        """Have a service's processes begin anew with this in place of what `environment` added; returns when ready."""
        self._extra[service] = environment
        self.fleet.renew(service)
        self.fleet.wait_ready((service,))

    def kill_redis(self, *, flush: bool = False) -> None:
        """SIGKILL to Redis, with `flush` without its data; it is back on its port on return."""
        redis = self.servers.server("redis")
        if not isinstance(redis, NativeRedis) or self._watch is None:
            raise UserError("kill_redis: only a Redis started on this machine can be killed")
        with self._watch.paused():
            redis.kill(flush=flush)
            redis.start()

    def _prepare_folder(self) -> None:
        self.servers.own_folder()
        for file in self._files:  # only now: it may be another system's, which is running
            file.unlink(missing_ok=True)
        if self._fresh:
            stateful = [part for part in PARTS if part not in SINKS]
            there = [part for part in stateful if decide(part, self.servers.way) == "address"]
            if there:
                raise UserError(f"--fresh: {there[0]} is at an address from the environment, which is not emptied")
            for name in (*PARTS, "logs"):
                shutil.rmtree(self.data_dir / name, ignore_errors=True)
            for name in ("partners.json", "kafka-users.json"):
                (self.data_dir / name).unlink(missing_ok=True)
        shutil.rmtree(self.data_dir / "logs", ignore_errors=True)  # of the last run

    def _start_servers(self) -> None:
        """All at once; migrations run while Kafka is still starting."""
        pool = ThreadPoolExecutor(5)
        work: list[Future[None]] = [
            pool.submit(self._start_kafka),
            pool.submit(self._start_postgres),
            pool.submit(self._start, "redis", "Redis"),
            pool.submit(self._start, "mail", "mail server"),
            pool.submit(self._start, "sms", "SMS centre"),
        ]
        try:
            done, _ = wait(work, return_when=FIRST_EXCEPTION)
            for future in done:
                future.result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)

    def _start_kafka(self) -> None:
        with self._steps.step("Kafka"):
            address = self.servers.kafka
        with self._steps.step("topics"):
            apply_topics(address, doors.wanted_topics(list(doors.known_partners())))
        if self._passwords is not None:
            with self._steps.step("access"):
                self._grant(address, self._passwords)

    def _grant(self, address: str, passwords: access.Passwords) -> None:
        """Every service and every known partner may do on Kafka what the topic table says."""
        partners = list(doors.known_partners())
        users = [*access.PROCESSES, *(access.user_of(f"partner:{name}") for name in partners)]
        allowed = access.rules(TOPICS).union(*(access.partner_rules(name) for name in partners))
        access.grant(address, {user: passwords.of(user) for user in users}, allowed)

    def _start(self, part: Part, what: str) -> None:
        with self._steps.step(what):
            self.servers.server(part)

    def _start_postgres(self) -> None:
        from chassis.migrations import upgrade  # brings SQLAlchemy and Alembic, for which no other command should wait

        with self._steps.step("PostgreSQL"):
            server = self.servers.postgres
            self._dsn = {service.name: server.database(service.database) for service in self.services}
        with self._steps.step("migrations"):
            # One after the other in this process: importing what they share takes longer than all of them.
            for service in self.services:
                upgrade(_root(service), self._dsn[service.name])

    def _environment(self, service: Service, module: str) -> Mapping[str, str]:
        """What a process of a service is told."""
        told = {
            "DRIVELINE_KAFKA": self.servers.kafka,
            "DRIVELINE_REDIS": self.servers.redis,
            "DRIVELINE_POSTGRES": self._dsn[service.name],
            "DRIVELINE_ISSUER": self.fleet.url("membership"),
            "DRIVELINE_PUBLIC_URL": self.fleet.url(service.name),
            "DRIVELINE_PAGES": pages.navigation(self.fleet.url),
            "DRIVELINE_HOME_URL": pages.home(self.fleet.url),
            "DRIVELINE_LOG_LEVEL": os.environ.get("DRIVELINE_LOG_LEVEL", "info"),
        }
        if service.name == "membership":
            told["DRIVELINE_BOOTSTRAP_SECRET"] = self._secret
            told["DRIVELINE_NEXT_ORIGINS"] = json.dumps([self.fleet.url(other.name) for other in self.services])
        if service.name == "notifications":
            told |= {"DRIVELINE_SMTP": self.servers.mail.address, "DRIVELINE_SMS": self.servers.sms.address}
        if self._passwords is not None:
            told |= {"DRIVELINE_KAFKA_USER": module, "DRIVELINE_KAFKA_PASSWORD": self._passwords.of(module)}
        return {**told, **self._extra.get(service.name, {})}

    def _builder(self) -> dict[str, str] | None:
        """What `driveline rebuild` tells the process that it starts: where the exchange's state is."""
        exchange = next((service for service in self.services if service.name == "exchange"), None)
        if exchange is None:
            return None
        told = self._environment(exchange, exchange.modules[0])
        return {key: value for key, value in told.items() if key in BUILDER}

    def _open_doors(self) -> None:
        self._renew_token()
        for name, scopes in doors.known_partners().items():
            said = doors.register_partner(self.fleet.url("membership"), self._token, name, scopes)
            if said is not None:
                doors.remember_secret(self.data_dir / "partners.json", name, said)

    def _renew_token(self) -> None:
        """Take a token, and the next one before this one ends."""
        self._token, seconds = doors.admin_token(self.fleet.url("membership"), self._secret)
        self._renew_in(max(1.0, 0.8 * seconds))

    def _renew_in(self, seconds: float) -> None:
        self._renewal = threading.Timer(seconds, self._renew_quietly)
        self._renewal.daemon = True
        self._renewal.start()

    def _renew_quietly(self) -> None:
        try:
            self._renew_token()
        except UserError:  # membership is just restarting
            self._renew_in(RENEW_AGAIN)
        self._write()

    def _forget_run_file(self) -> None:
        """Nobody is to find this system any more; another one, started in the same place since, stays found."""
        with self._writing, contextlib.suppress(UserError):
            if Running.read(self._run_file).admin_token == self._token:
                self._run_file.unlink(missing_ok=True)

    def _write(self) -> None:
        """Renew the ready file, and who is to be asked for metrics; before everything is ready there is neither."""
        with self._writing:
            if self._open:
                for file in self._files:
                    self.running.write(file)
                replace_json(self.data_dir / TARGETS, self.fleet.targets(), mode=0o644)


def _root(service: Service) -> Path:
    """The folder of a service's member of the workspace, where its migrations are."""
    found = importlib.util.find_spec(service.name)
    if found is None or found.origin is None:
        raise UserError(f"{service.name} is not installed; run `make setup`")
    return Path(found.origin).parents[2]
