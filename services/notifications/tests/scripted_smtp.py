"""A mail server that can be told to say no, or to take a mail and never answer."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP


class Manner:
    """`rcpt` and `data` are what it answers; an empty answer to the mail itself is silence."""

    def __init__(self) -> None:
        self.rcpt = "250 OK"
        self.data = "250 OK"
        self.tried = 0
        self.took: list[str] = []
        """The Message-ID of each mail whose last line came."""

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, _session: Any, envelope: Any, address: str, _options: list[str]
    ) -> str:
        self.tried += 1
        if self.rcpt.startswith("2"):
            envelope.rcpt_tos.append(address)
        return self.rcpt

    async def handle_DATA(self, server: SMTP, _session: Any, envelope: Any) -> str:  # noqa: N802
        head = envelope.content.decode().partition("Message-ID: <")[2]
        self.took.append(head.partition("@")[0])
        if not self.data:
            await server.loop.create_future()  # for ever
        return self.data


@contextmanager
def scripted_smtp(port: int) -> Iterator[Manner]:
    """On 127.0.0.1 at a port."""
    manner = Manner()
    controller = Controller(manner, hostname="127.0.0.1", port=port, ready_timeout=10)
    controller.start()
    try:
        yield manner
    finally:
        controller.stop()
