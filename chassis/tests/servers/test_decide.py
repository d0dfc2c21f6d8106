"""Where a server comes from: an address, this machine, Docker, in that order, unless somebody chooses."""

import sys

import pytest
from chassis.servers import PARTS, Part, ServerError, containers, decide


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> dict[str, str | None]:
    """What is missing for native servers and for Docker; nothing, until a test says so."""
    missing: dict[str, str | None] = {"native": None, "docker": None}
    monkeypatch.setattr(
        sys.modules["chassis.servers.decide"], "_native", dict.fromkeys(PARTS, lambda: missing["native"])
    )
    monkeypatch.setattr(containers, "why_not_docker", lambda: missing["docker"])
    return missing


@pytest.mark.parametrize("part", PARTS)
def test_an_address_in_the_environment_comes_first(machine: dict[str, str | None], part: Part) -> None:
    environment = {f"DRIVELINE_{part.upper()}": "somewhere:1"}
    assert decide(part, None, environment) == "address"
    assert decide(part, "native", environment) == "address"


def test_this_machine_comes_before_docker(machine: dict[str, str | None]) -> None:
    assert decide("redis", None, {}) == "native"


def test_docker_is_taken_when_something_is_missing_here(machine: dict[str, str | None]) -> None:
    machine["native"] = "Kafka needs Java 17 or newer on PATH"
    assert decide("kafka", None, {}) == "docker"


def test_option_and_variable_choose_outright(machine: dict[str, str | None]) -> None:
    assert decide("redis", "docker", {}) == "docker"
    assert decide("redis", None, {"DRIVELINE_WITH": "docker"}) == "docker"
    assert decide("redis", "native", {"DRIVELINE_WITH": "docker"}) == "native"


def test_what_is_missing_is_said_in_one_line(machine: dict[str, str | None]) -> None:
    machine |= {"native": "Kafka needs Java 17 or newer on PATH", "docker": "no Docker engine answers"}
    for way, line in {
        None: "Kafka needs Java 17 or newer on PATH; and no Docker engine answers",
        "native": "Kafka needs Java 17 or newer on PATH",
        "docker": "--with docker: no Docker engine answers",
        "podman": "with: 'podman' is neither 'native' nor 'docker'",
    }.items():
        with pytest.raises(ServerError) as caught:
            decide("kafka", way, {})
        assert str(caught.value) == line
