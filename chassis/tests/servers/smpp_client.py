"""A client of an SMS centre (an ESME), as notifications will be one: it submits, and hears receipts and answers."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from smpplib import consts, gsm
from smpplib.client import Client
from smpplib.exceptions import ConnectionError as Lost

RECEIPT = 0x04  # in esm_class
OURS = "+12025550100"


def until(true: Callable[[], Any], seconds: float = 15) -> Any:
    deadline = time.monotonic() + seconds
    while not (said := true()):
        assert time.monotonic() < deadline, "did not happen in time"
        time.sleep(0.02)
    return said


@dataclass
class Esme:
    """A bound client. What it hears is collected by a thread of its own."""

    client: Client
    accepted: list[str] = field(default_factory=list)
    """The message ids of submit_sm_resp."""
    refused: list[int] = field(default_factory=list)
    """The status of what was refused."""
    heard: list[Any] = field(default_factory=list)
    """Every deliver_sm."""

    @property
    def receipts(self) -> list[str]:
        return [pdu.short_message.decode() for pdu in self.heard if pdu.esm_class & RECEIPT]

    @property
    def answers(self) -> list[Any]:
        return [pdu for pdu in self.heard if not pdu.esm_class & RECEIPT]

    def submit(self, to: str, text: str, **more: Any) -> list[str]:
        """The message ids of the text's parts."""
        parts, coding, esm_class = gsm.make_parts(text)
        before = len(self.accepted)
        for part in parts:
            self.submit_part(to, part, **{"data_coding": coding, "esm_class": esm_class, **more})
        until(lambda: len(self.accepted) == before + len(parts))
        return self.accepted[before:]

    def submit_part(self, to: str, octets: bytes, **more: Any) -> None:
        self.client.send_message(
            source_addr_ton=consts.SMPP_TON_INTL, source_addr_npi=consts.SMPP_NPI_ISDN, source_addr=OURS[1:],
            dest_addr_ton=consts.SMPP_TON_INTL, dest_addr_npi=consts.SMPP_NPI_ISDN, destination_addr=to[1:],
            **{"short_message": octets, "registered_delivery": True, **more},
        )  # fmt: skip

    def note_response(self, pdu: Any) -> None:
        if not pdu.is_error():
            self.accepted.append(pdu.message_id.decode())

    def listen(self) -> None:
        with contextlib.suppress(Lost):  # the centre or the test has ended the connection
            self.client.listen()


@contextlib.contextmanager
def bound(address: str, bind: str = "bind_transceiver", **credentials: str) -> Iterator[Esme]:
    """A client that is bound with the credentials of the address, or others."""
    where = urlsplit(address)
    client = Client(where.hostname, where.port, timeout=60, allow_unknown_opt_params=True)
    esme = Esme(client)
    client.set_message_sent_handler(esme.note_response)
    client.set_message_received_handler(lambda pdu: esme.heard.append(pdu))
    client.set_error_pdu_handler(lambda pdu: esme.refused.append(pdu.status))
    client.connect()
    listening = threading.Thread(target=esme.listen, daemon=True)
    try:
        getattr(client, bind)(**{"system_id": where.username, "password": where.password, **credentials})
        listening.start()
        yield esme
    finally:
        with contextlib.suppress(OSError):
            client._socket.shutdown(2)  # wakes the thread that listens
        if listening.ident is not None:
            listening.join(5)
        client._socket.close()
        client._socket = None
