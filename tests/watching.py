"""A real Prometheus with the alarms of `deploy/prometheus`, which watches a running system as an operator's does."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from chassis.servers.paths import cache_dir
from chassis.servers.ports import free_port, give_back
from chassis.servers.process import spawn

DEPLOYED = Path(__file__).parents[1] / "deploy" / "prometheus"
MISSING = "Prometheus is needed to test the alarms: `deploy/setup.sh prometheus`, or name the folder of prometheus and promtool in DRIVELINE_PROMETHEUS"


def program(name: str) -> str:
    """Where `prometheus` or `promtool` is; AssertionError says what to install."""
    named = os.environ.get("DRIVELINE_PROMETHEUS")
    found = (
        shutil.which(name, path=named)
        if named
        else shutil.which(name) or shutil.which(name, path=str(cache_dir() / "prometheus"))
    )
    assert found is not None, MISSING
    return found


def promtool(*arguments: str | Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [program("promtool"), *map(str, arguments)], capture_output=True, text=True, check=False, timeout=60
    )


@dataclass(frozen=True)
class Watch:
    """A Prometheus that runs, asks every second in place of every 15, and has every alarm of the repository."""

    url: str

    def alarms(self) -> dict[str, set[str]]:
        """The alarms that stand, with what each is about. One that still waits (`for:`) does not: a scrape that comes late
        on a busy machine begins such a wait."""
        found: dict[str, set[str]] = {}
        for alert in self._get("alerts")["alerts"]:
            if alert["state"] != "firing":
                continue
            labels = dict(alert["labels"])
            about = {name: labels[name] for name in labels.keys() - {"alertname", "severity", "instance", "job"}}
            found.setdefault(labels["alertname"], set()).add(",".join(f"{n}={about[n]}" for n in sorted(about)))
        return found

    def raised(self, name: str, about: str = "", *, within_s: float = 30) -> None:
        """Wait until this alarm stands."""
        deadline = time.monotonic() + within_s
        while about not in (stand := self.alarms()).get(name, set()):
            assert time.monotonic() < deadline, f"no {name} {about}: {stand}"
            time.sleep(0.2)

    def scraped(self) -> dict[str, str]:
        """Each process that is asked, and whether it answered: `up`, `down`, or `unknown` before the first time."""
        return {one["labels"]["process"]: one["health"] for one in self._get("targets")["activeTargets"]}

    def problems(self) -> list[str]:
        """What is wrong with the rules as this Prometheus evaluates them."""
        groups = self._get("rules")["groups"]
        return [rule["lastError"] for group in groups for rule in group["rules"] if rule.get("lastError")]

    def _get(self, what: str) -> dict[str, list[dict[str, Any]]]:
        answer = httpx.get(f"{self.url}/api/v1/{what}", timeout=10)
        assert answer.status_code == 200, answer.text
        found: dict[str, list[dict[str, Any]]] = answer.json()["data"]
        return found


@contextmanager
def watching(folder: Path, targets: Path) -> Iterator[Watch]:
    """Watch who is named in the file `targets`; `folder` is for what Prometheus keeps."""
    (folder / "targets").mkdir(parents=True)
    (folder / "targets" / "up.json").symlink_to(targets)
    (folder / "rules").symlink_to(DEPLOYED / "rules")
    config = (DEPLOYED / "prometheus.yml").read_text()
    assert config.count("interval: 15s") == 3
    (folder / "prometheus.yml").write_text(config.replace("interval: 15s", "interval: 1s"))
    port = free_port()
    command = [
        program("prometheus"), f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data",
        f"--web.listen-address=127.0.0.1:{port}", "--log.level=warn",
    ]  # fmt: skip
    child = spawn("prometheus", command, log=folder / "prometheus.log")
    try:
        watch = Watch(f"http://127.0.0.1:{port}")
        deadline = time.monotonic() + 30
        while not _ready(watch):
            assert child.alive(), child.last_words()
            assert time.monotonic() < deadline, "Prometheus is not ready"
            time.sleep(0.1)
        yield watch
    finally:
        child.stop()
        give_back(port)


def _ready(watch: Watch) -> bool:
    try:
        return httpx.get(f"{watch.url}/-/ready", timeout=5).status_code == 200
    except httpx.TransportError:
        return False
