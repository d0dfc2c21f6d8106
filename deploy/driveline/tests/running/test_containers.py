"""The files for containers say the same as the rest of the repository; no engine is needed to see that."""

import json
from pathlib import Path
from typing import Any

import yaml
from chassis.servers import NativeKafka
from chassis.servers.containers import GREENMAIL, IMAGES
from chassis.servers.sms import PASSWORD, SOURCES, SYSTEM_ID
from chassis.settings import ServiceSettings
from driveline import pages
from driveline.layout import SERVICES
from exchange.settings import Settings as ExchangeSettings
from matching.settings import Settings as MatchingSettings
from membership.settings import Settings as MembershipSettings
from notifications.settings import Settings as NotificationsSettings

ROOT = Path(__file__).parents[4]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "deploy/compose.yaml").read_text())["services"]
DOCKERFILE = (ROOT / "deploy/Dockerfile").read_text().splitlines()


def command(service: str) -> str:
    return " ".join(COMPOSE[service]["command"])


def test_every_process_of_the_system_has_its_container_on_its_port() -> None:
    for service in SERVICES:
        said = COMPOSE[service.name]
        assert command(service.name).endswith(f"python -m {service.name}.migrate && exec python -m {service.name}")
        assert said["environment"]["DRIVELINE_HTTP_PORT"] == str(service.port)
        assert said["ports"] == [f"127.0.0.1:{service.port}:{service.port}"]
        assert f"//{service.name}:" in said["environment"]["DRIVELINE_POSTGRES"]
        assert said["environment"]["DRIVELINE_POSTGRES"].endswith(f"@postgres/{service.name}")
    beside = [module for service in SERVICES for module in service.modules[1:]]
    assert beside == ["membership.intake"]
    assert command("intake") == "python -m membership.intake"


def test_pages_and_messages_lead_to_where_a_browser_finds_them() -> None:
    url = {service.name: f"http://127.0.0.1:{service.port}" for service in SERVICES}.__getitem__
    for service in SERVICES:
        told = COMPOSE[service.name]["environment"]
        assert told["DRIVELINE_PUBLIC_URL"] == url(service.name)
        assert told["DRIVELINE_ACCOUNTS_URL"] == url("membership")
        assert told["DRIVELINE_HOME_URL"] == pages.home(url)
        assert json.loads(told["DRIVELINE_PAGES"]) == json.loads(pages.navigation(url))


def test_no_setting_is_misspelt() -> None:
    """A service passes over what it does not know in silence."""
    own: dict[str, type[ServiceSettings]] = {
        "membership": MembershipSettings, "matching": MatchingSettings, "notifications": NotificationsSettings,
        "exchange": ExchangeSettings,
    }  # fmt: skip
    for service, settings in own.items():
        known = {f"DRIVELINE_{name.upper()}" for name in settings.model_fields}
        # All are told where home is; two link to it.
        assert set(COMPOSE[service]["environment"]) - known <= {"DRIVELINE_HOME_URL"}


def test_the_broker_is_set_as_on_a_bare_machine(tmp_path: Path) -> None:
    native = dict(line.split("=", 1) for line in NativeKafka(tmp_path).properties().splitlines())
    said = COMPOSE["kafka"]["environment"]
    for key in ("message.max.bytes", "auto.create.topics.enable", "group.initial.rebalance.delay.ms", "process.roles"):
        assert said["KAFKA_" + key.upper().replace(".", "_")] == native[key]


def test_images_are_those_of_the_tests() -> None:
    assert {part: COMPOSE[part]["image"] for part in IMAGES} == IMAGES


def test_notifications_hands_its_messages_to_the_sinks() -> None:
    told = {name: said.get("environment", {}) for name, said in COMPOSE.items()}
    assert {name for name, said in told.items() if {"DRIVELINE_SMTP", "DRIVELINE_SMS"} & set(said)} == {"notifications"}
    assert told["notifications"]["DRIVELINE_SMTP"] == "mail:3025"
    assert told["notifications"]["DRIVELINE_SMS"] == f"smpp://{SYSTEM_ID}:{PASSWORD}@sms:2775"
    assert told["mail"]["GREENMAIL_OPTS"] == GREENMAIL
    assert (ROOT / "deploy" / COMPOSE["sms"]["build"]["context"]).resolve() == SOURCES


def test_nothing_is_open_beyond_this_machine() -> None:
    published = [port for service in COMPOSE.values() for port in service.get("ports", [])]
    assert len(published) == 8
    assert all(port.startswith("127.0.0.1:") for port in published)


def test_every_database_is_made() -> None:
    script = (ROOT / "deploy/postgres/databases.sh").read_text()
    assert f"for service in {' '.join(service.name for service in SERVICES)}; do" in script


def test_the_image_copies_what_is_there() -> None:
    copied = [source for line in DOCKERFILE if line.startswith("COPY") for source in line.split()[1:-1]]
    assert "deploy/driveline" in copied
    assert [source for source in copied if not (ROOT / source).exists()] == []
    members = {path.parent.relative_to(ROOT) for path in ROOT.glob("services/*/pyproject.toml")}
    assert {f"{member}/pyproject.toml" for member in members} <= set(copied)


def test_prometheus_asks_every_process() -> None:
    said = COMPOSE["prometheus"]
    mounted = dict(volume.split(":")[:2] for volume in said["volumes"] if volume.startswith("./"))
    assert all((ROOT / "deploy" / ours).exists() for ours in mounted)
    asked = json.loads((ROOT / "deploy/prometheus/compose-targets.json").read_text())
    found = {one["labels"]["process"]: one["targets"] for one in asked}
    assert found == {
        f"{module}-1": [f"{module.removeprefix('membership.')}:{port_of(module.removeprefix('membership.'))}"]
        for service in SERVICES
        for module in service.modules
    }


def port_of(container: str) -> str:
    return str(COMPOSE[container]["environment"]["DRIVELINE_HTTP_PORT"])
