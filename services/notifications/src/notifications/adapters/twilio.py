"""Texts by Twilio's HTTP API: messages are created by a POST, receipts and inbound texts come to our webhook, signed."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from urllib.parse import parse_qs, unquote, urlsplit

import httpx

from notifications.adapters.texter import Inbound, OnInbound, OnReceipt, Receipt
from notifications.domain.part_names import name_of
from notifications.domain.sending import Outcome, RefusedForGood, RefusedForNow, Taken, Unanswered

CONNECT_S, ANSWER_S = 5.0, 20.0
WEBHOOK = "/v1/sms/twilio"
_FAILED = ("failed", "undelivered")
_TOO_MANY = 429


class BadSignatureError(Exception):
    """Not from Twilio."""


class Twilio:
    """`twilio://ACCOUNT:TOKEN@api.twilio.com/?from=+12025550100`; `base=http://...` in place of https and the host."""

    def __init__(self, url: str, webhook_url: str, sender: str) -> None:
        where = urlsplit(url)
        account, token = unquote(where.username or ""), unquote(where.password or "")
        if where.scheme != "twilio" or not where.hostname or not account or not token:
            raise ValueError("DRIVELINE_SMS: is not twilio://ACCOUNT:TOKEN@host/?from=+12025550100")
        # A plus means itself here: it begins every number.
        options = parse_qs(where.query.replace("+", "%2B"))
        base = options.get("base", [f"https://{where.hostname}"])[0].rstrip("/")
        self._from = options.get("from", [sender])[0]
        self._token = token
        self._webhook_url = webhook_url
        self._messages = f"{base}/2010-04-01/Accounts/{account}/Messages.json"
        self._account = account
        self._client: httpx.AsyncClient | None = None

    async def start(self, on_receipt: OnReceipt, on_inbound: OnInbound) -> None:
        """From now on the webhook is answered."""
        self._on_receipt, self._on_inbound = on_receipt, on_inbound
        timeout = httpx.Timeout(ANSWER_S, connect=CONNECT_S)
        self._client = httpx.AsyncClient(auth=(self._account, self._token), timeout=timeout)

    async def hand_over(self, phone: str, text: str) -> Outcome:
        """Twilio has the text once it answers 201."""
        if self._client is None:
            return RefusedForNow("not started yet")
        form = {"To": phone, "From": self._from, "Body": text, "StatusCallback": self._webhook_url}
        try:
            answer = await self._client.post(self._messages, data=form)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as away:
            return RefusedForNow(f"Twilio is away: {type(away).__name__}")
        except httpx.HTTPError as silence:
            return Unanswered(f"Twilio did not answer: {type(silence).__name__}")
        if answer.status_code == httpx.codes.CREATED:
            try:
                return Taken((name_of(str(answer.json()["sid"])),))
            except (ValueError, KeyError, TypeError):
                return Unanswered("Twilio answered 201 without a sid")
        why = f"Twilio refused with {answer.status_code}: {_problem(answer)}"
        if answer.status_code == _TOO_MANY:
            return RefusedForNow(why)
        # An error of the server's own may come before or after it has taken the text.
        return RefusedForGood(why) if answer.is_client_error else Unanswered(why)

    async def stop(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.aclose()

    async def called_back(self, form: Mapping[str, str], signature: str) -> None:
        """A receipt or a text from a person; raises BadSignatureError."""
        if not hmac.compare_digest(sign(self._token, self._webhook_url, form), signature):
            raise BadSignatureError
        sid, state = form.get("MessageSid", ""), form.get("MessageStatus")
        if state is None:
            await self._on_inbound(Inbound(form.get("From", ""), form.get("Body", ""), sid))
        elif state == "delivered" or state in _FAILED:
            code = form.get("ErrorCode")
            reason = f"receipt {state}" + (f", error {code}" if code else "")
            failed = state in _FAILED
            await self._on_receipt(
                Receipt(
                    (name_of(sid),), form.get("To", ""), "failed" if failed else "delivered", reason if failed else None
                )
            )


def sign(token: str, url: str, form: Mapping[str, str]) -> str:
    """Twilio's signature: HMAC-SHA1 over the URL and every field with its value, sorted by name, without separators."""
    text = url + "".join(f"{name}{form[name]}" for name in sorted(form))
    return base64.b64encode(hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()).decode()


def _problem(answer: httpx.Response) -> str:
    try:
        body = answer.json()
        return " ".join(f"{body.get('code', '')} {body.get('message', '')}".split())[:300]
    except (ValueError, AttributeError):
        return answer.reason_phrase
