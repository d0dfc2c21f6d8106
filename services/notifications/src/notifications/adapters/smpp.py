"""Texts over SMPP 3.4: the face of the carrier on the event loop; the line itself is a thread (`smpp_line`)."""

import asyncio
import threading
import time
from concurrent.futures import Future
from urllib.parse import unquote, urlsplit

from notifications.adapters.smpp_line import Line, Submission
from notifications.adapters.texter import Inbound, OnInbound, OnReceipt, Receipt
from notifications.domain.segments import octets, segments
from notifications.domain.sending import Outcome, RefusedForNow

# A delivery is acknowledged once it is committed; if that takes longer, it is refused and comes again.
COMMIT_S = 10.0
RECEIPTS_AT_ONCE = 4
STOP_S = 2.0


class Smpp:
    """`smpp://user:password@host:port`; `sender` is our number."""

    def __init__(self, url: str, sender: str) -> None:
        where = urlsplit(url)
        if where.scheme != "smpp" or not where.hostname or not where.port:
            raise ValueError("DRIVELINE_SMS: is not smpp://user:password@host:port")
        user, password = unquote(where.username or ""), unquote(where.password or "")
        self._line = Line(where.hostname, where.port, user, password, sender, self._tell)
        self._thread: threading.Thread | None = None
        self._reference = int(time.time()) % 256
        self._receipts_at_once = asyncio.Semaphore(RECEIPTS_AT_ONCE)
        self._one_text = asyncio.Lock()

    @property
    def bound(self) -> bool:
        """Whether there is a session now."""
        return self._line.bound

    async def start(self, on_receipt: OnReceipt, on_inbound: OnInbound) -> None:
        """Begin to bind; returns at once."""
        self._loop = asyncio.get_running_loop()
        self._on_receipt, self._on_inbound = on_receipt, on_inbound
        self._line.stopping.clear()
        self._thread = threading.Thread(target=self._line.run, name="smpp", daemon=True)
        self._thread.start()

    async def hand_over(self, phone: str, text: str) -> Outcome:
        """Submit all parts; taken once the centre has answered each."""
        if not self._line.bound:
            return RefusedForNow("the SMS centre is away")
        split = segments(text)
        parts = [octets(part, gsm=split.gsm) for part in split.parts]
        if (
            len(parts) > 1
        ):  # each says of which text it is, of how many parts, and which one (3GPP TS 23.040, 9.2.3.24.1)
            self._reference = (self._reference + 1) % 256
            parts = [bytes((5, 0, 3, self._reference, len(parts), n)) + part for n, part in enumerate(parts, 1)]
        submission = Submission(phone, parts, split.gsm)
        self._line.queue.put(submission)
        return await asyncio.wrap_future(submission.done)

    async def stop(self) -> None:
        """Unbind; what was submitted and not answered is unknown."""
        self._line.stopping.set()
        if self._thread is not None:
            await asyncio.to_thread(self._thread.join, STOP_S)

    def _tell(self, what: Receipt | Inbound) -> "Future[None]":
        """Called by the line's thread: have it dealt with here."""
        deal = self._receipt(what) if isinstance(what, Receipt) else self._in_turn(what)
        return asyncio.run_coroutine_threadsafe(deal, self._loop)

    async def _receipt(self, receipt: Receipt) -> None:
        async with self._receipts_at_once, asyncio.timeout(COMMIT_S):
            await self._on_receipt(receipt)

    async def _in_turn(self, inbound: Inbound) -> None:
        """Texts from people one after the other, as they came: STOP and START are not the same as START and STOP."""
        async with self._one_text, asyncio.timeout(COMMIT_S):
            await self._on_inbound(inbound)
