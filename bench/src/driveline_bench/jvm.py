"""Java sources beside the bench, compiled once against the jars of their pom: fetched by the bench alone, never by the set-up."""

import hashlib
import os
import subprocess
import tempfile
from pathlib import Path

from chassis.servers import ServerError
from chassis.servers.jars import Jars


def classpath(jars: Jars, sources: Path) -> str:
    """The jars and the compiled classes of `sources`; another source has another folder in the cache."""
    folder = jars.ensure()
    files = sorted(sources.glob("*.java"))
    digest = hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:12]
    classes = folder.parent / f"{folder.name}-classes-{digest}"
    libraries = [str(jar) for jar in sorted(folder.glob("*.jar")) if not jar.name.startswith("ecj-")]
    if not classes.is_dir():
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f"{jars.key}-") as scratch:
            made = Path(scratch) / "classes"
            (compiler,) = folder.glob("ecj-*.jar")
            # Eclipse's compiler, because a machine with a JRE has no other.
            command = ["java", "-jar", str(compiler), "-17", "-nowarn", "-proc:none"]
            command += ["-cp", os.pathsep.join(libraries), "-d", str(made), *map(str, files)]
            run = subprocess.run(command, capture_output=True, text=True, check=False)
            if run.returncode != 0:
                raise ServerError(f"{jars.name} could not be compiled:\n{run.stderr}")
            made.rename(classes)
    return os.pathsep.join([str(classes), *libraries])
