"""The logger given to faststream-outbox: its warnings in our format, without the one that is no fault here."""

from collections.abc import Mapping
from typing import Any

from chassis import logs

log = logs.get("chassis.outbox")


class OutboxLog:
    """FastStream's logger protocol. Timers and compacted records delete their own rows, reported as lost leases."""

    def log(self, level: int, msg: Any, /, *, exc_info: Any = None, extra: Mapping[str, Any] | None = None) -> None:
        """Pass a line on, unless it is a lease that we gave up ourselves."""
        if level < 30 or (extra or {}).get("event") == "lease_lost":
            return
        log.warning("outbox", detail=str(msg), **({"fault": repr(exc_info)} if exc_info else {}))
