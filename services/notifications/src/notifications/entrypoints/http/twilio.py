"""`POST /v1/sms/twilio`: receipts and texts from people, as Twilio calls back."""

from urllib.parse import parse_qsl

from chassis.http import error
from fastapi import APIRouter, Request, Response

from notifications.adapters.twilio import WEBHOOK, BadSignatureError, Twilio

LARGEST = 64 * 1024


def router(twilio: Twilio) -> APIRouter:
    """Only what Twilio signed is read."""
    routes = APIRouter(include_in_schema=False)

    @routes.post(WEBHOOK)
    async def called_back(request: Request) -> Response:
        """200 once it is committed; else Twilio is told that it was not."""
        body = await request.body()
        if len(body) > LARGEST:
            return error(413, f"body: has {len(body)} bytes, at most {LARGEST}")
        form = dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
        try:
            await twilio.called_back(form, request.headers.get("X-Twilio-Signature", ""))
        except BadSignatureError:
            return error(403, "X-Twilio-Signature: is not Twilio's")
        return Response("<Response/>", media_type="text/xml")  # no words of reply: ours go out as any message

    return routes
