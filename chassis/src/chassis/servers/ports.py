"""Free ports on the loopback interface, each given to one owner at a time, on the whole machine."""

import fcntl
import os
import random
import socket
import tempfile
import threading
from pathlib import Path

# Below the range that kernels give to outgoing connections, so that a port stays free while its server restarts.
_RANGE = range(15_000, 30_000)
# A server needs seconds before it listens: until then only the claim tells the next run that the port is taken.
_CLAIMS = Path(tempfile.gettempdir()) / f"driveline-ports-{os.getuid()}"
_given: dict[int, int] = {}  # port -> descriptor of the locked claim
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
    """`preferred` if nobody has it or is about to, else a free port; it is kept until it is given back."""
    with _lock:
        if preferred is not None and _claim(preferred):
            return preferred
        for _ in range(10_000):
            port = random.choice(_RANGE)  # noqa: S311  # not a secret
            if _claim(port):
                return port
    raise OSError("no free port between 15000 and 29999")


def give_back(port: int) -> None:
    """Its owner has stopped for good."""
    with _lock:
        if (claim := _given.pop(port, None)) is not None:
            os.close(claim)


def _claim(port: int) -> bool:
    """Take a port for this process; the kernel drops the claim when the process dies, however it dies."""
    if port in _given:
        return False
    _CLAIMS.mkdir(exist_ok=True)
    claim = os.open(_CLAIMS / str(port), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(claim)
        return False
    if not is_free(port):
        os.close(claim)
        return False
    _given[port] = claim
    return True
