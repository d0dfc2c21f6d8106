"""smpplib's client, which also knows when the other side was last heard."""

import time
from contextlib import suppress
from typing import Any

from smpplib import smpp
from smpplib.client import Client as BaseClient
from smpplib.exceptions import ConnectionError as LinkLost
from smpplib.exceptions import PDUError

COMMAND_S = 5


class Client(BaseClient):  # type: ignore[misc]  # smpplib has no types
    """One session."""

    def __init__(self, host: str, port: int) -> None:
        super().__init__(host, port, timeout=COMMAND_S, allow_unknown_opt_params=True)
        self.heard = time.monotonic()

    def read_pdu(self) -> Any:
        """The next PDU; it is told who its client is, so that its handler can go on."""
        pdu = super().read_pdu()
        self.heard = time.monotonic()
        pdu.client = self
        return pdu

    def _message_received(self, pdu: Any) -> None:
        """smpplib answers a delivery when its handler returns; here it is answered by `answer`, once what it caused is
        committed, while others are read."""
        self.message_received_handler(pdu=pdu)

    def answer(self, pdu: Any, status: int) -> None:
        """Acknowledge a delivery, or refuse it, so that it comes again."""
        reply = smpp.make_pdu("deliver_sm_resp", client=self, status=status)
        reply.sequence = pdu.sequence
        self.send_pdu(reply)

    def end(self) -> None:
        """Unbind, if that is possible, and close the line."""
        with suppress(LinkLost, PDUError, OSError, AttributeError):
            self.unbind()
        with suppress(OSError):
            self.disconnect()
