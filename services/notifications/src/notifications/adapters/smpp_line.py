"""The line to an SMS centre: one thread that alone touches the session, and binds again whenever it is lost."""

import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from chassis.retry import Backoff, reason_of
from smpplib import consts, smpp
from smpplib.exceptions import ConnectionError as LinkLost
from smpplib.exceptions import PDUError

from chassis import logs
from notifications.adapters import metrics
from notifications.adapters.smpp_client import Client
from notifications.adapters.smpp_deliver import Concatenation, is_receipt, phone_in, read_receipt
from notifications.adapters.texter import Inbound, Receipt
from notifications.domain.sending import Outcome, RefusedForGood, RefusedForNow, Taken, Unanswered

# Between two looks at the line: short while an answer is awaited or owed.
TICK_S, IDLE_TICK_S = 0.01, 0.1
# At most so many are sent before the line is looked at again.
BURST = 50
# After so much silence the centre is asked whether it is there, and given up after as much again.
SILENCE_S = 30.0
BUSY = {
    consts.SMPP_ESME_RSYSERR,
    consts.SMPP_ESME_RMSGQFUL,
    consts.SMPP_ESME_RTHROTTLED,
    consts.SMPP_ESME_RX_T_APPN,
}

log = logs.get(__name__)


@dataclass(slots=True)
class Submission:
    """A text on its way: its parts go one after the other, so that a refusal of the first leaves nothing behind."""

    phone: str
    parts: list[bytes]
    gsm: bool
    done: "Future[Outcome]" = field(default_factory=Future)
    ids: list[str] = field(default_factory=list)

    def settle(self, outcome: Outcome) -> None:
        """Tell whoever waits, if anybody still does."""
        if self.done.set_running_or_notify_cancel():
            self.done.set_result(outcome)


@dataclass(frozen=True, slots=True)
class _Answer:
    """What the centre is told about something that it delivered."""

    pdu: Any
    status: int


class Line:
    """`queue` takes what is to go out; `tell` has what came in dealt with elsewhere, and the centre is answered after that."""

    def __init__(
        self,
        host: str,
        port: int,
        user: str,
        password: str,
        sender: str,
        tell: Callable[[Receipt | Inbound], "Future[None]"],
    ) -> None:
        self.queue: queue.Queue[Submission | _Answer] = queue.Queue()
        self.stopping = threading.Event()
        self.bound = False
        self._where = (host, port)
        self._bind = {"system_id": user, "password": password}
        self._sender = sender
        self._tell = tell
        self._waiting: dict[int, Submission] = {}
        self._owed: set[Future[None]] = set()
        self._concatenation = Concatenation()

    def run(self) -> None:
        """The thread."""
        backoff, attempt = Backoff(first_s=0.2, cap_s=10.0), 0
        while not self.stopping.is_set():
            client = Client(*self._where)
            try:
                client.connect()
                client.bind_transceiver(**self._bind)
                attempt = 0
                self._set_bound(True)
                log.info("bound to the SMS centre", host=self._where[0], port=self._where[1])
                self._serve(client)
            except (LinkLost, PDUError, OSError) as lost:
                attempt += 1
                log.warning("no SMS centre", reason=reason_of(lost), attempt=attempt)
            except Exception:  # a record that cannot be read must not end texting for good
                attempt += 1
                log.exception("SMS session failed")
            finally:
                self._lose(client)
            self.stopping.wait(backoff.seconds(max(1, attempt)))

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
                if isinstance(left := self.queue.get_nowait(), Submission):
                    left.settle(RefusedForNow("the SMS centre is away"))
        client.end()

    def _serve(self, client: Client) -> None:
        client.set_message_sent_handler(self._answered)
        client.set_message_received_handler(self._received)
        client.set_error_pdu_handler(self._error)
        asked = 0.0
        while not self.stopping.is_set():
            with suppress(queue.Empty):
                self._send(client, self.queue.get(timeout=TICK_S if self._waiting or self._owed else IDLE_TICK_S))
                for _ in range(BURST):
                    self._send(client, self.queue.get_nowait())
            client.poll(auto_send_enquire_link=False)
            for rest in self._concatenation.overdue():
                self._pass_on(rest, None)
            silent = time.monotonic() - client.heard
            if silent > 2 * SILENCE_S:
                raise LinkLost("the SMS centre is silent")
            if silent > SILENCE_S and time.monotonic() - asked > SILENCE_S:
                asked = time.monotonic()
                client.send_pdu(smpp.make_pdu("enquire_link", client=client))

    def _send(self, client: Client, what: Submission | _Answer) -> None:
        if isinstance(what, Submission):
            self._submit(client, what)
        elif what.pdu.client is client:  # else of a session that was lost: the centre brings it again
            client.answer(what.pdu, what.status)

    def _submit(self, client: Client, submission: Submission) -> None:
        several = len(submission.parts) > 1
        try:
            pdu = client.send_message(
                **_address("source", self._sender),
                **_address("dest", submission.phone),
                short_message=submission.parts[len(submission.ids)],
                data_coding=consts.SMPP_ENCODING_DEFAULT if submission.gsm else consts.SMPP_ENCODING_ISO10646,
                esm_class=consts.SMPP_GSMFEAT_UDHI if several else consts.SMPP_MSGMODE_DEFAULT,
                registered_delivery=True,
            )
        except Exception as fault:
            # It is in no list yet: told here, or whoever waits for it would wait for ever.
            submission.settle(_not_sent(fault, len(submission.ids)))
            raise
        self._waiting[pdu.sequence] = submission

    def _answered(self, pdu: Any, **_: object) -> None:
        submission = self._waiting.pop(pdu.sequence, None)
        if submission is None:
            return
        if pdu.is_error():
            submission.settle(_refusal(pdu.status, len(submission.ids)))
            return
        submission.ids.append(pdu.message_id.decode("ascii", "replace") if pdu.message_id else "")
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

    def _received(self, pdu: Any, **_: object) -> None:
        if pdu.command != "deliver_sm":
            return
        what: Receipt | Inbound | None = None
        try:
            what = read_receipt(pdu) if is_receipt(pdu) else self._concatenation.add(phone_in(pdu), pdu)
        except (ValueError, LookupError, AttributeError, TypeError) as wrong:  # it would not be better the next time
            log.warning("delivery from the SMS centre cannot be read", reason=reason_of(wrong))
        if what is None:
            pdu.client.answer(pdu, consts.SMPP_ESME_ROK)
        else:
            self._pass_on(what, pdu)

    def _pass_on(self, what: Receipt | Inbound, pdu: Any) -> None:
        """The centre is answered once it is committed: what is refused for now it keeps and brings again."""

        def done(told: "Future[None]") -> None:
            self._owed.discard(told)
            fault = None if told.cancelled() else told.exception()
            taken = fault is None and not told.cancelled()
            if not taken:
                log.warning("delivery from the SMS centre not taken", reason=reason_of(fault) if fault else "stopping")
            if pdu is not None:
                self.queue.put(_Answer(pdu, consts.SMPP_ESME_ROK if taken else consts.SMPP_ESME_RX_T_APPN))

        self._owed.add(told := self._tell(what))
        told.add_done_callback(done)


def _refusal(status: int, taken: int) -> Outcome:
    said = f"the SMS centre refused with status 0x{status:02X}"
    if taken:
        return RefusedForGood(f"{said} part {taken + 1}, after it had taken what comes before")
    return RefusedForNow(said) if status in BUSY else RefusedForGood(said)


def _not_sent(fault: Exception, taken: int) -> Outcome:
    """A request that could not be written whole was not taken; what came before it may have been."""
    if taken or not isinstance(fault, LinkLost | OSError):
        return Unanswered(f"the line was lost: {reason_of(fault)}")
    return RefusedForNow("the SMS centre is away")


def _address(which: str, number: str) -> dict[str, Any]:
    name = "source_addr" if which == "source" else "destination_addr"
    international = number.startswith("+")
    return {
        f"{which}_addr_ton": consts.SMPP_TON_INTL if international else consts.SMPP_TON_UNK,
        f"{which}_addr_npi": consts.SMPP_NPI_ISDN if international else consts.SMPP_NPI_UNK,
        name: number.removeprefix("+"),
    }
