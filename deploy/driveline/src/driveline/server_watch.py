"""Servers that are started again on their port when they die."""

import contextlib
import threading
from collections.abc import Iterator

from chassis.servers import Server, ServerError

PAUSE = 0.5


class ServerWatch:
    """Looks after servers until told to stop."""

    def __init__(self, servers: list[Server]) -> None:
        self._servers = servers
        self._ending = threading.Event()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._watch, name="watch-servers", daemon=True)
        self._thread.start()

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        """Meanwhile a server may be down on purpose."""
        with self._lock:
            yield

    def stop(self) -> None:
        self._ending.set()
        with self._lock:
            pass

    def _watch(self) -> None:
        while not self._ending.wait(PAUSE):
            with self._lock:
                for server in self._servers:
                    if not self._ending.is_set() and not server.alive():
                        with contextlib.suppress(ServerError):  # tried again after the next pause
                            server.start()
