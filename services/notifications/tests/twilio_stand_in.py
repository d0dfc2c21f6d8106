"""What of Twilio there is on this machine: its API for messages as its documentation has it, and its signed callbacks.

There is no Twilio to start. This server checks requests (account, token, fields, E.164) and answers as documented; it
signs with code of its own, checked against the example in Twilio's documentation.
"""

import asyncio
import base64
import hashlib
import hmac
import re
import uuid
from typing import Annotated, Any

import httpx
from fastapi import Depends, FastAPI, Form, HTTPException
from fastapi.responses import JSONResponse
from fastapi.security import HTTPBasic, HTTPBasicCredentials

ACCOUNT, TOKEN = "AC0123456789abcdef0123456789abcdef", "12345"
E164 = re.compile(r"^\+[1-9][0-9]{6,14}$")


def signature(url: str, form: dict[str, str]) -> str:
    joined = url.encode()
    for name, value in sorted(form.items()):
        joined += name.encode() + value.encode()
    return base64.b64encode(hmac.digest(TOKEN.encode(), joined, hashlib.sha1)).decode()


class TwilioStandIn:
    """Numbers behave as they were told to: `receipt`, `refusal` (an error code), `silent`."""

    def __init__(self) -> None:
        self.texts: dict[str, list[str]] = {}
        self.manners: dict[str, dict[str, Any]] = {}
        self.webhook = ""
        self.calls: set[asyncio.Task[None]] = set()
        self.app = FastAPI()
        self.app.post(f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json", status_code=201)(self._create)

    async def _create(
        self,
        who: Annotated[HTTPBasicCredentials, Depends(HTTPBasic())],
        to: Annotated[str, Form(alias="To")],
        from_: Annotated[str, Form(alias="From")],
        body: Annotated[str, Form(alias="Body", max_length=1600)],
        callback: Annotated[str, Form(alias="StatusCallback")],
    ) -> JSONResponse:
        if (who.username, who.password) != (ACCOUNT, TOKEN):
            raise HTTPException(401)
        manner = self.manners.get(to, {})
        if not E164.match(to) or not E164.match(from_) or manner.get("refusal") == 21211:
            return JSONResponse({"code": 21211, "message": f"The 'To' number {to} is not valid.", "status": 400}, 400)
        if manner.get("refusal") == 20429:
            return JSONResponse({"code": 20429, "message": "Too many requests", "status": 429}, 429)
        self.texts.setdefault(to, []).append(body)
        if manner.get("silent"):
            await asyncio.sleep(3600)
        sid = f"SM{uuid.uuid4().hex}"
        state = manner.get("receipt", "delivered")
        form = {"MessageSid": sid, "SmsSid": sid, "AccountSid": ACCOUNT, "From": from_, "To": to, "ApiVersion": "2010-04-01"}
        failed = {"ErrorCode": "30003"} if state == "undelivered" else {}
        self._call(callback, form | {"MessageStatus": "sent", "SmsStatus": "sent"})
        self._call(callback, form | {"MessageStatus": state, "SmsStatus": state} | failed)
        return JSONResponse({"sid": sid, "status": "queued", "to": to, "from": from_, "body": body}, 201)

    def write(self, phone: str, to: str, text: str) -> None:
        sid = f"SM{uuid.uuid4().hex}"
        form = {"MessageSid": sid, "SmsSid": sid, "AccountSid": ACCOUNT, "SmsStatus": "received"}
        self._call(self.webhook, form | {"From": phone, "To": to, "Body": text, "NumSegments": "1", "NumMedia": "0"})

    def _call(self, url: str, form: dict[str, str]) -> None:
        task = asyncio.create_task(self._called(url, form))
        self.calls.add(task)
        task.add_done_callback(self.calls.discard)

    async def _called(self, url: str, form: dict[str, str]) -> None:
        async with httpx.AsyncClient() as client:
            for _ in range(50):  # as with the connection override "rp=all"
                answer = await client.post(url, data=form, headers={"X-Twilio-Signature": signature(url, form)})
                if answer.is_success:
                    return
                await asyncio.sleep(0.1)
