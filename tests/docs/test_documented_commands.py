"""Every command in the documents that people follow is run as it stands, on a running system.

A block of commands is fenced as `sh`. One that cannot be run here says why, in a comment on the line before it:
`<!-- not run: it takes minutes, and CI runs it -->`.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from documents import ROOT, Block, blocks, documents
from up_command import Up

FOLLOWED = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs" / "runbooks").glob("*.md"))]
COMMANDS = [block for document in FOLLOWED for block in blocks(document) if block.is_command]
PYTHON = [block for document in documents() for block in blocks(document) if block.language == "python"]


def runnable(found: list[Block]) -> list[Block]:
    return [block for block in found if block.reason is None]


@pytest.mark.parametrize("block", runnable(COMMANDS), ids=lambda block: block.name)
def test_a_documented_command_works(up: Up, block: Block) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DRIVELINE_")}
    environment |= {"DRIVELINE_READY": str(up.ready), "PATH": f"{Path(sys.executable).parent}:{environment['PATH']}"}
    run = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", block.text],
        capture_output=True, text=True, check=False, cwd=up.folder, env=environment, timeout=120,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout + run.stderr
    assert "Traceback" not in run.stderr
    up.settle()


@pytest.mark.parametrize("block", runnable(PYTHON), ids=lambda block: block.name)
def test_documented_python_runs(block: Block, tmp_path: Path) -> None:
    (tmp_path / "snippet.py").write_text(block.text)
    run = subprocess.run(
        [sys.executable, "-W", "error", "snippet.py"],
        capture_output=True, text=True, check=False, cwd=tmp_path, timeout=60,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr


@pytest.mark.parametrize("block", COMMANDS + PYTHON, ids=lambda block: block.name)
def test_what_is_not_run_says_why_and_a_command_is_fenced_as_one(block: Block) -> None:
    if block.reason is not None:
        assert len(block.reason.split()) >= 3
    else:
        assert block.language in ("sh", "python"), "fence it as `sh`, or say <!-- not run: why -->"


def test_the_documents_hold_commands() -> None:
    assert len(runnable(COMMANDS)) >= 8
    assert runnable(PYTHON)


def test_a_planted_block_is_found() -> None:
    text = "x\n\n```sh\nfalse\n```\n\n<!-- not run: it takes minutes -->\n\n```\nmake demo\n```\n\n```json\n{}\n```\n"
    found = blocks(ROOT / "README.md", text)
    assert [(b.number, b.language, b.text, b.reason, b.is_command) for b in found] == [
        (1, "sh", "false\n", None, True),
        (2, "", "make demo\n", "it takes minutes", True),
        (3, "json", "{}\n", None, False),
    ]
