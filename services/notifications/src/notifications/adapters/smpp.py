"""Texts over SMPP 3.4: one transceiver session in a thread of its own, bound again whenever it is lost."""

import asyncio
import queue
import threading
import time
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit

from chassis.retry import Backoff, reason_of
from smpplib import consts, smpp
from smpplib.exceptions import ConnectionError as LinkLost
from smpplib.exceptions import PDUError

from chassis import logs
from notifications.adapters import metrics
from notifications.adapters.smpp_client import Client
from notifications.adapters.smpp_deliver import Concatenation, is_receipt, phone_in, read_receipt
from notifications.adapters.texter import OnInbound, OnReceipt
from notifications.domain.segments import octets, segments
from notifications.domain.sending import Outcome, RefusedForGood, RefusedForNow, Taken, Unanswered

# Between two looks at the line: short while an answer is awaited.
TICK_S, IDLE_TICK_S = 0.02, 0.1
# After so much silence the centre is asked whether it is there, and given up after as much again.
SILENCE_S = 30.0
# A text that came in is acknowledged once it is committed; if that takes longer, it is refused and comes again.
COMMIT_S = 10.0
BUSY = {
    consts.SMPP_ESME_RSYSERR,
    consts.SMPP_ESME_RMSGQFUL,
    consts.SMPP_ESME_RTHROTTLED,
    consts.SMPP_ESME_RX_T_APPN,
}

log = logs.get(__name__)


@dataclass(slots=True)
class _Submission:
    """A text on its way: its parts go one after the other, so that a refusal of the first leaves nothing behind."""

    phone: str
    parts: list[bytes]
    gsm: bool
    concatenated: bool
    done: "Future[Outcome]" = field(default_factory=Future)
    ids: list[str] = field(default_factory=list)

    def settle(self, outcome: Outcome) -> None:
        with suppress(Exception):  # whoever waited has given up
            self.done.set_result(outcome)


class Smpp:
    """`smpp://user:password@host:port`; `sender` is our number."""

    def __init__(self, url: str, sender: str) -> None:
        where = urlsplit(url)
        if where.scheme != "smpp" or not where.hostname or not where.port:
            raise ValueError(f"DRIVELINE_SMS: {url!r} is not smpp://user:password@host:port")
        self._where = (where.hostname, where.port)
        self._bind = {"system_id": unquote(where.username or ""), "password": unquote(where.password or "")}
        self._sender = sender
        self._queue: queue.Queue[_Submission] = queue.Queue()
        self._waiting: dict[int, _Submission] = {}
        self._stopping = threading.Event()
        self.bound = False
        self._reference = int(time.time()) % 256
        self._concatenation = Concatenation()
        self._thread: threading.Thread | None = None

    async def start(self, on_receipt: OnReceipt, on_inbound: OnInbound) -> None:
        """Begin to bind; returns at once."""
        self._loop = asyncio.get_running_loop()
        self._on_receipt, self._on_inbound = on_receipt, on_inbound
        self._stopping.clear()
        self._thread = threading.Thread(target=self._run, name="smpp", daemon=True)
        self._thread.start()

    async def hand_over(self, phone: str, text: str) -> Outcome:
        """Submit all parts; taken once the centre has answered each."""
        if not self.bound:
            return RefusedForNow("the SMS centre is away")
        split = segments(text)
        parts = [octets(part, gsm=split.gsm) for part in split.parts]
        submission = _Submission(phone, parts, split.gsm, len(parts) > 1)
        if submission.concatenated:
            self._reference = (self._reference + 1) % 256
            head = bytes((5, 0, 3, self._reference, len(parts)))
            submission.parts = [head + bytes((n,)) + part for n, part in enumerate(parts, 1)]
        self._queue.put(submission)
        return await asyncio.wrap_future(submission.done)

    async def stop(self) -> None:
        """Unbind; what was submitted and not answered is unknown."""
        self._stopping.set()
        if self._thread is not None:
            await asyncio.to_thread(self._thread.join, 2.0)

    # From here on, in the thread.

    def _run(self) -> None:
        backoff, attempt = Backoff(first_s=0.2, cap_s=10.0), 0
        while not self._stopping.is_set():
            client = Client(*self._where)
            try:
                client.connect()
                client.bind_transceiver(**self._bind)
                attempt = 0
                self._set_bound(True)
                log.info("bound to the SMS centre", host=self._where[0], port=self._where[1])
                self._serve(client)
            except (LinkLost, PDUError, OSError) as lost:
                log.warning("no SMS centre", reason=reason_of(lost), attempt=(attempt := attempt + 1))
            except Exception:  # a record that cannot be read must not end texting for good
                log.exception("SMS session failed")
                attempt += 1
            finally:
                self._lose(client)
            self._stopping.wait(backoff.seconds(max(1, attempt)))

    def _set_bound(self, bound: bool) -> None:
        self.bound = bound
        metrics.SMS_CONNECTED.set(int(bound))

    def _lose(self, client: Client) -> None:
        """What was submitted may have been taken; what was not was not."""
        self._set_bound(False)
        for submission in self._waiting.values():
            submission.settle(Unanswered("the SMS centre did not answer before the line was lost"))
        self._waiting.clear()
        with suppress(queue.Empty):
            while True:
                self._queue.get_nowait().settle(RefusedForNow("the SMS centre is away"))
        client.end()

    def _serve(self, client: Client) -> None:
        client.set_message_sent_handler(self._answered)
        client.set_message_received_handler(self._received)
        client.set_error_pdu_handler(self._error)
        asked = 0.0
        while not self._stopping.is_set():
            with suppress(queue.Empty):
                self._submit(client, self._queue.get(timeout=TICK_S if self._waiting else IDLE_TICK_S))
            client.poll(auto_send_enquire_link=False)
            for rest in self._concatenation.overdue():
                self._tell(self._on_inbound(rest))
            silent = time.monotonic() - client.heard
            if silent > 2 * SILENCE_S:
                raise LinkLost("the SMS centre is silent")
            if silent > SILENCE_S and time.monotonic() - asked > SILENCE_S:
                asked = time.monotonic()
                client.send_pdu(smpp.make_pdu("enquire_link", client=client))

    def _submit(self, client: Client, submission: _Submission) -> None:
        pdu = client.send_message(
            **_address("source", self._sender),
            **_address("dest", submission.phone),
            short_message=submission.parts[len(submission.ids)],
            data_coding=consts.SMPP_ENCODING_DEFAULT if submission.gsm else consts.SMPP_ENCODING_ISO10646,
            esm_class=consts.SMPP_GSMFEAT_UDHI if submission.concatenated else consts.SMPP_MSGMODE_DEFAULT,
            registered_delivery=True,
        )
        self._waiting[pdu.sequence] = submission

    def _answered(self, pdu: Any, **_: object) -> None:
        submission = self._waiting.pop(pdu.sequence, None)
        if submission is None:
            return
        if pdu.is_error():
            submission.settle(_refusal(pdu.status, len(submission.ids)))
            return
        submission.ids.append(_text(pdu.message_id))
        if len(submission.ids) == len(submission.parts):
            submission.settle(Taken(tuple(submission.ids)))
        else:
            self._submit(pdu.client, submission)

    def _error(self, pdu: Any) -> None:
        if pdu.command == "submit_sm_resp":
            return  # its handler is called as well
        if pdu.command == "generic_nack" and (submission := self._waiting.pop(pdu.sequence, None)):
            submission.settle(_refusal(pdu.status, len(submission.ids)))
            return
        raise PDUError(f"{pdu.command}: status {pdu.status}")

    def _received(self, pdu: Any, **_: object) -> int:
        """The status by which the centre is answered: it keeps what is refused for now and brings it again."""
        if pdu.command != "deliver_sm":
            return int(consts.SMPP_ESME_ROK)
        try:
            if is_receipt(pdu):
                receipt = read_receipt(pdu)
                if receipt is not None:
                    self._tell(self._on_receipt(receipt))
            else:
                whole = self._concatenation.add(phone_in(pdu), pdu)
                if whole is not None:
                    self._tell(self._on_inbound(whole))
        except Exception as fault:  # noqa: BLE001 - the database is away, or we are about to stop
            log.warning("text from the SMS centre not taken", reason=reason_of(fault))
            return int(consts.SMPP_ESME_RX_T_APPN)
        return int(consts.SMPP_ESME_ROK)

    def _tell(self, coroutine: Any) -> None:
        told = asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        try:
            told.result(COMMIT_S)
        except TimeoutError:
            told.cancel()
            raise


def _refusal(status: int, taken: int) -> Outcome:
    said = f"the SMS centre refused with status 0x{status:02X}"
    if taken:
        return RefusedForGood(f"{said} part {taken + 1}, after it had taken what comes before")
    return RefusedForNow(said) if status in BUSY else RefusedForGood(said)


def _address(which: str, number: str) -> dict[str, Any]:
    name = "source_addr" if which == "source" else "destination_addr"
    international = number.startswith("+")
    return {
        f"{which}_addr_ton": consts.SMPP_TON_INTL if international else consts.SMPP_TON_UNK,
        f"{which}_addr_npi": consts.SMPP_NPI_ISDN if international else consts.SMPP_NPI_UNK,
        name: number.removeprefix("+"),
    }


def _text(value: Any) -> str:
    return value.decode("ascii", "replace") if isinstance(value, bytes) else str(value or "")
