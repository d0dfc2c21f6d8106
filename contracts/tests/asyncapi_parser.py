"""AsyncAPI's own parser, installed once into a cache folder outside the checkout."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent / "asyncapi"


@cache
def installed() -> Path:
    """Return the folder that holds the parser, after `npm ci` from the lock where it is not there yet."""
    lock = hashlib.sha256((HERE / "package-lock.json").read_bytes()).hexdigest()[:16]
    cache_home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    target = cache_home / "driveline" / f"asyncapi-parser-{lock}"
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        # Beside its final place and then renamed, so that a broken-off or parallel install is never taken for whole.
        with tempfile.TemporaryDirectory(dir=target.parent) as made:
            for name in ("package.json", "package-lock.json"):
                shutil.copy(HERE / name, made)
            _run("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", cwd=Path(made), seconds=200)
            whole = Path(made) / "whole"
            whole.mkdir()
            (Path(made) / "node_modules").rename(whole / "node_modules")
            try:
                whole.rename(target)
            except OSError:  # somebody else was faster
                if not target.exists():
                    raise
    return target


def parsed(*documents: Path) -> list[dict[str, Any]]:
    """Return what the parser says of each document: `valid`, its `errors`, the `channels` it sees."""
    said = _run("node", str(HERE / "check.cjs"), str(installed()), *map(str, documents), cwd=HERE, seconds=60)
    result: list[dict[str, Any]] = json.loads(said)
    return result


def _run(*command: str, cwd: Path, seconds: int) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=seconds, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command[:2])} ended with {done.returncode}: {done.stderr.strip()[-500:]}")
    return done.stdout
