"""Waiting until a server answers its own protocol."""

import socket
import struct
import time
from collections.abc import Callable

from chassis.servers.errors import ServerError
from chassis.servers.process import Child


def wait_until(answers: Callable[[], bool], child: Child | None, name: str, seconds: float) -> None:
    """Poll `answers` until it is true; ServerError if the process ends or the time is over."""
    deadline = time.monotonic() + seconds
    while not answers():
        if child is not None and not child.alive():
            raise ServerError(f"{name} ended while starting: {child.last_words()} (log: {child.log})")
        if time.monotonic() > deadline:
            where = f" (log: {child.log})" if child is not None else ""
            raise ServerError(f"{name} did not answer within {seconds:.0f} s{where}")
        time.sleep(0.05)


def exchange(port: int, request: bytes, enough: int, host: str = "127.0.0.1") -> bytes:
    """Send a request, return up to `enough` bytes of the answer; empty when nobody answers."""
    try:
        with socket.create_connection((host, port), timeout=1) as connection:
            connection.settimeout(1)
            connection.sendall(request)
            return connection.recv(enough)
    except OSError:
        return b""


def listens(port: int, host: str = "127.0.0.1") -> bool:
    """Somebody takes connections there, whatever they speak."""
    try:
        with socket.create_connection((host, port), timeout=1):
            return True
    except OSError:
        return False


def kafka_answers(port: int, host: str = "127.0.0.1") -> bool:
    """An ApiVersions request, which a broker answers once its request handlers are open."""
    body = struct.pack(">hhih", 18, 0, 1, -1)
    return len(exchange(port, struct.pack(">i", len(body)) + body, 4, host)) == 4


def redis_answers(port: int, host: str = "127.0.0.1") -> bool:
    """PONG, and not LOADING while the append-only file is read."""
    return exchange(port, b"PING\r\n", 7, host) == b"+PONG\r\n"


def smtp_answers(port: int, host: str = "127.0.0.1") -> bool:
    """A greeting, which a server that is too busy to take mail does not give."""
    return exchange(port, b"QUIT\r\n", 3, host) == b"220"


def smpp_answers(port: int, host: str = "127.0.0.1") -> bool:
    """Any answer to an enquire_link; before a bind it may be a refusal."""
    return len(exchange(port, struct.pack(">IIII", 16, 0x15, 0, 1), 16, host)) == 16


def http_answers(port: int, path: str, host: str = "127.0.0.1") -> bool:
    """A 200 for `path`."""
    request = f"GET {path} HTTP/1.0\r\nHost: {host}\r\n\r\n"
    return exchange(port, request.encode(), 12, host)[9:12] == b"200"
