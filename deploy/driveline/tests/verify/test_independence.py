"""Verify is worth something only while it shares no code with what it checks; a planted import proves that this test bites."""

import ast
from pathlib import Path

import driveline.verify
import pytest

FOLDER = Path(driveline.verify.__file__).parent
# The topic table says where to read and the table of ZIPs is data; the rest of the command is the way in and out.
ALLOWED = {"contracts.topics", "driveline.errors", "driveline.options", "driveline.output", "driveline.running"}
OURS = ("contracts", "chassis", "exchange", "membership", "matching", "notifications", "driveline", "numpy", "polars")


def forbidden(source: str) -> list[str]:
    """The modules that a file of verify imports and may not."""
    found = []
    for node in ast.walk(ast.parse(source)):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        found += [
            name
            for name in names
            if name.split(".")[0] in OURS and name not in ALLOWED and not name.startswith("driveline.verify")
        ]
    return found


@pytest.mark.parametrize("file", sorted(FOLDER.glob("*.py")), ids=lambda file: file.name)
def test_no_file_imports_what_is_checked(file: Path) -> None:
    assert forbidden(file.read_text()) == []


def test_a_planted_import_is_found() -> None:
    planted = "from exchange.domain.lattice import cells\nimport contracts.effective_pay\nfrom contracts.topics import TOPICS\n"
    assert forbidden(planted) == ["exchange.domain.lattice", "contracts.effective_pay"]
