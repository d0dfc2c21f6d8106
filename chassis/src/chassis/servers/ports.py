"""Free ports on the loopback interface."""

import random
import socket
import threading

# Below the range that kernels give to outgoing connections, so that a port stays free while its server restarts.
_RANGE = range(15_000, 30_000)
_given: set[int] = set()
_lock = threading.Lock()


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def free_port(preferred: int | None = None) -> int:
    """`preferred` if nobody has it, else a free port; never the same twice in one process."""
    with _lock:
        if preferred is not None and preferred not in _given and is_free(preferred):
            _given.add(preferred)
            return preferred
        for _ in range(10_000):
            port = random.choice(_RANGE)  # noqa: S311  # not a secret
            if port not in _given and is_free(port):
                _given.add(port)
                return port
    raise OSError("no free port between 15000 and 29999")


def give_back(port: int) -> None:
    """Its owner has stopped for good."""
    with _lock:
        _given.discard(port)
