"""The walls between the rooms stand, and each of them stops a planted violation: import-linter can pass on nothing."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).parents[2]
SOURCES = {
    "contracts": "contracts/src",
    "chassis": "chassis/src",
    "driveline": "deploy/driveline/src",
    **{name: f"services/{name}/src" for name in ("membership", "matching", "exchange", "notifications")},
}
# What the language may stand on. The first two are pydantic itself.
LANGUAGE = {"pydantic", "pydantic_core", "annotated_types", "typing_extensions"}


def lint(root: Path) -> subprocess.CompletedProcess[str]:
    """Run import-linter on the members' sources under a root."""
    paths = os.pathsep.join(str(root / source) for source in SOURCES.values())
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run()", "--no-cache"]
    return subprocess.run(
        command,
        cwd=root,
        env={**os.environ, "PYTHONPATH": paths, "PYTHONWARNINGS": ""},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_the_walls_stand() -> None:
    result = lint(ROOT)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "Contracts: 6 kept, 0 broken." in result.stdout


# Where something is planted, what, and which wall must stop it.
PLANTED = (
    ("services/matching/src/matching/usecases", "import exchange.app", "A service never imports another"),
    (
        "services/matching/src/matching/entrypoints",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import membership.settings",
        "A service never imports another",
    ),
    ("chassis/src/chassis", "import membership.settings", "Neither the language nor the plumbing"),
    ("contracts/src/contracts", "import sqlalchemy", "The language stands alone"),
    ("contracts/src/contracts", "import chassis.errors", "The language stands alone"),
    ("deploy/driveline/src/driveline", "import exchange.app", "The command reaches services over the wire"),
    ("services/exchange/src/exchange/domain", "import contracts.event", "Domain rules know no contract"),
    ("services/exchange/src/exchange/domain", "import pydantic", "Domain rules know no contract"),
    ("services/matching/src/matching/domain", "import chassis.errors", "Domain rules know no contract"),
    ("services/exchange/src/exchange/domain", "import exchange.adapters", "Rooms: entrypoints over use cases"),
    (
        "services/membership/src/membership/usecases",
        "import membership.entrypoints",
        "Rooms: entrypoints over use cases",
    ),
    ("services/membership/src/membership/adapters", "import membership.usecases", "Rooms: entrypoints over use cases"),
    ("services/notifications/src/notifications/entrypoints", "import notifications.app", "Rooms: entrypoints over"),
)


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What the linter says about a copy of the members' sources in which every violation is planted."""
    root = tmp_path_factory.mktemp("workspace")
    shutil.copy(ROOT / "pyproject.toml", root)
    for source in SOURCES.values():
        shutil.copytree(ROOT / source, root / source, ignore=shutil.ignore_patterns("__pycache__"))
    for number, (folder, code, _) in enumerate(PLANTED):
        (root / folder / f"planted_{number}.py").write_text(f"{code}\n")
    result = lint(root)
    assert result.returncode == 1, result.stdout + result.stderr
    return result.stdout


@pytest.mark.parametrize("number", range(len(PLANTED)))
def test_a_planted_violation_is_stopped_by_its_wall(report: str, number: int) -> None:
    folder, _, wall = PLANTED[number]
    verdicts, broken = report.split("Broken contracts", 1)
    assert any(line.startswith(wall) and line.endswith("BROKEN") for line in verdicts.splitlines()), verdicts
    sections = re.split(r"\n(?=[^\n]+\n-{5,}\n)", broken)  # a heading is underlined
    section = next(part for part in sections if part.startswith(wall))
    planted = f"{folder.split('/src/')[1].replace('/', '.')}.planted_{number} "
    assert planted in section, section


def test_the_language_stands_on_pydantic_and_the_standard_library_alone() -> None:
    graph = grimp.build_graph("contracts", include_external_packages=True, cache_dir=None)
    outside = {name.partition(".")[0] for name in graph.modules} - {"contracts"}
    assert outside - set(sys.stdlib_module_names) - LANGUAGE == set()
    assert "pydantic" in outside, "it looked"
