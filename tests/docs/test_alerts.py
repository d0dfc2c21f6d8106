"""An alarm asks for metrics that a service declares, says what happened, and names a runbook that is there; and stands
when it should, which Prometheus' own tool plays. On a running system: `tests/faults/test_exchange_heals.py`."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from documents import ROOT, headings
from watching import DEPLOYED, promtool

RULES = sorted((DEPLOYED / "rules").glob("*.yml"))
PLAYED = sorted((DEPLOYED / "tests").glob("*.yml"))
ALERTS = [
    pytest.param(rule, id=rule["alert"])
    for file in RULES
    for group in yaml.safe_load(file.read_text())["groups"]
    for rule in group["rules"]
]
_DECLARED = re.compile(r'(Counter|Gauge|Histogram)\(\s*"(driveline_\w+)"')
_SUFFIXES = {"Counter": ("_total",), "Gauge": ("",), "Histogram": ("_bucket", "_sum", "_count")}


def exposed() -> set[str]:
    """The names of the samples that services and chassis expose."""
    sources = [*ROOT.glob("chassis/src/**/metrics.py"), *ROOT.glob("services/*/src/**/metrics.py")]
    declared = [found for source in sources for found in _DECLARED.findall(source.read_text())]
    return {name + suffix for kind, name in declared for suffix in _SUFFIXES[kind]}


def unknown(expr: str) -> set[str]:
    return set(re.findall(r"\bdriveline_\w+", expr)) - exposed()


def test_there_are_alarms() -> None:
    assert len(ALERTS) >= 9
    assert len({alert.id for alert in ALERTS}) == len(ALERTS)
    assert "driveline_exchange_strays_total" in exposed()


@pytest.mark.parametrize("alert", ALERTS)
def test_an_alarm_asks_for_metrics_that_there_are(alert: dict[str, Any]) -> None:
    assert "driveline_" in alert["expr"]
    assert unknown(alert["expr"]) == set()


def test_a_metric_that_nobody_declares_is_found() -> None:
    assert unknown("sum(driveline_exchange_strays) > driveline_exchange_epoch") == {"driveline_exchange_strays"}


@pytest.mark.parametrize("alert", ALERTS)
def test_an_alarm_says_what_happened_and_what_to_do(alert: dict[str, Any]) -> None:
    assert alert["labels"]["severity"] in ("critical", "warning")
    assert len(alert["annotations"]["summary"].split()) >= 8
    path, _, anchor = alert["annotations"]["runbook"].partition("#")
    assert anchor in headings(ROOT / Path(path))
    assert f"`{alert['alert']}`" in (ROOT / path).read_text()


@pytest.mark.parametrize("file", PLAYED, ids=lambda file: file.name)
def test_alarms_stand_when_they_should_and_not_before(file: Path) -> None:
    played = promtool("test", "rules", file)
    assert played.returncode == 0, played.stdout + played.stderr


@pytest.mark.parametrize("alert", ALERTS)
def test_every_alarm_is_played(alert: dict[str, Any]) -> None:
    assert any(f'alertname="{alert["alert"]}", alertstate="firing"' in file.read_text() for file in PLAYED)


def test_a_wrong_expectation_is_told(tmp_path: Path) -> None:
    (tmp_path / "wrong.yml").write_text(
        PLAYED[0]
        .read_text()
        .replace("../rules", str(DEPLOYED / "rules"))
        .replace('kind="corrupt", severity', 'kind="x", severity')
    )
    assert promtool("test", "rules", tmp_path / "wrong.yml").returncode == 1


def test_prometheus_takes_the_configuration() -> None:
    checked = promtool("check", "config", DEPLOYED / "prometheus.yml")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert f"{len(ALERTS)} rules found" in checked.stdout
