"""`python -m chassis.servers.prepare`: fetches what a first start would download, so that a start is quick."""

import sys
import time

from chassis.servers import ServerError, decide
from chassis.servers.kafka import VERSION, class_archive, ensure_jars, jars_dir, make_class_archive


def main() -> int:
    """Kafka's jars; exit code 1 and one line when they can't be had."""
    try:
        if decide("kafka") != "native":
            return 0
        known = jars_dir().is_dir()
        begun = time.monotonic()
        folder = ensure_jars()
        if not class_archive(folder).exists():
            make_class_archive(folder)
    except ServerError as error:
        sys.stderr.write(f"driveline: {error}\n")
        return 1
    if not known:
        size = sum(jar.stat().st_size for jar in folder.iterdir()) / 1_000_000
        sys.stderr.write(f"setup: Kafka {VERSION}: {size:.0f} MB in {time.monotonic() - begun:.0f} s into {folder}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
