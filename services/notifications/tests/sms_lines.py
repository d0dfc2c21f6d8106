"""Two lines to phones, behind one face: the SMS centre over SMPP, and Twilio's API over HTTP."""

import asyncio
import contextlib
import socket
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import uvicorn
from chassis.http import error
from chassis.servers import NativeSms
from chassis.servers.sms_centre import SmsCentre
from fastapi import FastAPI, Request
from notifications.adapters.smpp import Smpp
from notifications.adapters.texter import Inbound, Receipt, Texter
from notifications.adapters.twilio import WEBHOOK, Twilio
from notifications.entrypoints.http.twilio import router
from notifications_waiting import until
from starlette.responses import Response
from twilio_stand_in import ACCOUNT, TOKEN, TwilioStandIn

OURS = "+12025550100"


class Heard:
    """What a texter told us; the first `failures` texts from people are not taken, as if the database were away."""

    def __init__(self) -> None:
        self.receipts: list[Receipt] = []
        self.inbound: list[Inbound] = []
        self.failures = 0

    async def receipt(self, receipt: Receipt) -> None:
        self.receipts.append(receipt)

    async def text(self, inbound: Inbound) -> None:
        if self.failures:
            self.failures -= 1
            raise OSError("the database is away")
        self.inbound.append(inbound)


class Line(ABC):
    """A carrier with phones behind it."""

    texter: Texter
    heard: Heard

    @abstractmethod
    async def connected(self) -> None: ...

    @abstractmethod
    async def texts(self, phone: str) -> list[str]: ...

    @abstractmethod
    async def write(self, phone: str, text: str) -> None: ...

    @abstractmethod
    async def behave(self, phone: str, *, fails: bool = False, refused: str = "", silent: bool = False) -> None: ...

    @abstractmethod
    async def go_away(self) -> None: ...

    @abstractmethod
    async def come_back(self) -> None: ...


class SmppLine(Line):
    def __init__(self, server: NativeSms) -> None:
        self.server, self.heard = server, Heard()
        self.texter: Smpp = Smpp(server.address, OURS)
        self.centre = SmsCentre(server.api)

    async def connected(self) -> None:
        await until(self._bound, bool)

    async def _bound(self) -> bool:
        return self.texter.bound

    async def texts(self, phone: str) -> list[str]:
        return [text.text for text in await asyncio.to_thread(self.centre.texts, phone) if not text.missing]

    async def write(self, phone: str, text: str) -> None:
        await asyncio.to_thread(self.centre.answer, phone, OURS, text)

    async def behave(self, phone: str, *, fails: bool = False, refused: str = "", silent: bool = False) -> None:
        receipt = "UNDELIV" if fails else "DELIVRD"
        refusal = {"": 0, "for good": 0x0B, "for now": 0x58}[refused]
        await asyncio.to_thread(self.centre.behave, phone, receipt=receipt, refusal=refusal, silent=silent)

    async def go_away(self) -> None:
        await asyncio.to_thread(self.server.kill)

    async def come_back(self) -> None:
        await asyncio.to_thread(self.server.start)
        await self.connected()


class TwilioLine(Line):
    def __init__(self, port: int, our_port: int) -> None:
        self.heard, self.stand_in, self._port = Heard(), TwilioStandIn(), port
        ours = f"http://127.0.0.1:{our_port}"
        url = f"twilio://{ACCOUNT}:{TOKEN}@api.twilio.com/?from={OURS}&base=http://127.0.0.1:{port}"
        self.texter: Twilio = Twilio(url, ours + WEBHOOK, "")
        self.stand_in.webhook = ours + WEBHOOK
        self._serving = contextlib.AsyncExitStack()

    async def connected(self) -> None:
        """There is nothing to connect."""

    async def texts(self, phone: str) -> list[str]:
        return self.stand_in.texts.get(phone, [])

    async def write(self, phone: str, text: str) -> None:
        self.stand_in.write(phone, OURS, text)

    async def behave(self, phone: str, *, fails: bool = False, refused: str = "", silent: bool = False) -> None:
        refusal = {"": 0, "for good": 21211, "for now": 20429}[refused]
        receipt = "undelivered" if fails else "delivered"
        self.stand_in.manners[phone] = {"receipt": receipt, "refusal": refusal, "silent": silent}

    async def go_away(self) -> None:
        await self._serving.aclose()

    async def come_back(self) -> None:
        await self._serving.enter_async_context(served(self.stand_in.app, self._port))


@asynccontextmanager
async def smpp_line(folder: Path) -> AsyncIterator[Line]:
    server = NativeSms(folder)
    await asyncio.to_thread(server.start)
    line = SmppLine(server)
    await line.texter.start(line.heard.receipt, line.heard.text)
    await line.connected()
    try:
        yield line
    finally:
        await line.texter.stop()
        line.centre.close()
        server.stop()


@asynccontextmanager
async def twilio_line() -> AsyncIterator[Line]:
    line = TwilioLine(free_port(), our_port := free_port())
    app = FastAPI()
    app.include_router(router(line.texter))
    app.add_exception_handler(OSError, _away)
    await line.texter.start(line.heard.receipt, line.heard.text)
    async with served(app, our_port):
        await line.come_back()
        try:
            yield line
        finally:
            await line.go_away()
            await line.texter.stop()


async def _away(_request: Request, _why: Exception) -> Response:
    return error(503, "service: away")


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@asynccontextmanager
async def served(app: FastAPI, port: int) -> AsyncIterator[None]:
    """An application at a port, in this loop."""
    server = uvicorn.Server(
        uvicorn.Config(app, port=port, log_config=None, lifespan="off", ws="none", timeout_graceful_shutdown=1)
    )
    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]

    async def started() -> bool:
        return server.started

    with socket.socket() as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(("127.0.0.1", port))
        task = asyncio.create_task(server._serve([listening]))
        await until(started, bool)
        try:
            yield
        finally:
            server.should_exit = True
            await task
