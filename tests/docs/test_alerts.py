"""An alarm asks for metrics that a service declares, says what happened, and names a runbook that is there."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from documents import ROOT, headings

RULES = sorted((ROOT / "deploy" / "prometheus" / "rules").glob("*.yml"))
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
    assert len(ALERTS) >= 7
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
