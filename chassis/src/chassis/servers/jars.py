"""Servers that come as jars: fetched once a machine by its own Maven, kept outside the checkout."""

import fcntl
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from chassis.servers.errors import ServerError
from chassis.servers.paths import cache_dir
from chassis.servers.process import reason_in

JAVA_AT_LEAST = 17


def java_version() -> int | None:
    """The major version of `java` on PATH."""
    found = shutil.which("java")
    return None if found is None else _version_of(found)


@cache
def _version_of(java: str) -> int | None:
    """Asked once a process: it is a JVM's whole start, and every server that is made of jars wants to know."""
    said = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    found = re.search(r'version "(\d+)', said)
    return int(found[1]) if found else None


@dataclass(frozen=True)
class Jars:
    """What a server is made of: the artifacts of a pom, in a folder `<key>-<version>` of the cache."""

    name: str
    key: str
    version: str
    pom: Path

    @property
    def folder(self) -> Path:
        return cache_dir() / f"{self.key}-{self.version}"

    @property
    def _archive(self) -> Path:
        return self.folder.with_name(f"{self.folder.name}.jsa")

    def archived_classes(self) -> list[str]:
        """The option by which a JVM takes the classes that were loaded and checked once; one of another version does not."""
        return [f"-XX:SharedArchiveFile={self._archive}"] if self._archive.exists() else []

    def archive_classes(self, run_once: Callable[[Path, str], None]) -> None:
        """Fetch the jars, and have the server run in a folder, with an option, once: as it ends, the JVM writes the archive."""
        jars = self.ensure()
        if self._archive.exists():
            return
        with tempfile.TemporaryDirectory(dir=jars.parent, prefix=f"{self.key}-") as scratch:
            made = Path(scratch) / "classes.jsa"
            run_once(Path(scratch), f"-XX:ArchiveClassesAtExit={made}")
            if made.exists():
                made.rename(self._archive)

    def why_not_native(self) -> str | None:
        """None when the server can run here, else what is missing."""
        version = java_version()
        if version is None or version < JAVA_AT_LEAST:
            return (
                f"{self.name} needs Java {JAVA_AT_LEAST} or newer on PATH"
                " (Debian: apt-get install openjdk-17-jre-headless)"
            )
        if not self.folder.is_dir() and shutil.which("mvn") is None:
            return f"{self.name}'s jars are fetched by Maven: install `mvn` (Debian: apt-get install maven)"
        return None

    def ensure(self) -> Path:
        """The folder with the jars; the first call downloads them with Maven, later ones find them."""
        target = self.folder
        if target.is_dir():
            return target
        target.parent.mkdir(parents=True, exist_ok=True)
        with (target.parent / f"{self.key}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # two test runs on a new machine download once
            if target.is_dir():
                return target
            with tempfile.TemporaryDirectory(dir=target.parent, prefix=f"{self.key}-") as scratch:
                shutil.copy(self.pom, Path(scratch) / "pom.xml")
                fetched = Path(scratch) / "libs"
                run = subprocess.run(
                    ["mvn", "-q", "-B", "dependency:copy-dependencies", f"-DoutputDirectory={fetched}"],
                    cwd=scratch,
                    capture_output=True,
                    text=True,
                    check=False,
                )
                if run.returncode != 0:
                    raise ServerError(f"Maven could not fetch {self.name} {self.version}: {reason_in(run.stdout)}")
                fetched.rename(target)
        return target
