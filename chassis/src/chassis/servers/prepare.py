"""`python -m chassis.servers.prepare`: fetches what a first start would download, so that a start is quick."""

import sys
import time
from collections.abc import Callable

from chassis.servers import Part, ServerError, decide, kafka, mail, sms
from chassis.servers.jars import Jars

# What is downloaded, and what else is made of it once a machine.
FETCHED: dict[Part, tuple[Jars, Callable[[], object]]] = {
    "kafka": (kafka.JARS, kafka.prepare),
    "mail": (mail.JARS, mail.prepare),
    "sms": (sms.JARS, sms.ensure_classes),
}


def main() -> int:
    """The jars of the servers that run on this machine's JVM; exit code 1 and one line when they can't be had."""
    try:
        for part, (jars, prepare) in FETCHED.items():
            if decide(part) == "native":
                _prepare(jars, prepare)
    except ServerError as error:
        sys.stderr.write(f"driveline: {error}\n")
        return 1
    return 0


def _prepare(jars: Jars, prepare: Callable[[], object]) -> None:
    known = jars.folder.is_dir()
    begun = time.monotonic()
    prepare()
    if not known:
        size = sum(jar.stat().st_size for jar in jars.folder.iterdir()) / 1_000_000
        took = time.monotonic() - begun
        sys.stderr.write(f"setup: {jars.name} {jars.version}: {size:.0f} MB in {took:.0f} s into {jars.folder}\n")


if __name__ == "__main__":
    sys.exit(main())
