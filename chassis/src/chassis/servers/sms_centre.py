"""The phones behind the SMS centre, for the tests and the demo: what they were sent, what they answer, how they behave."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx


@dataclass(frozen=True)
class Text:
    """A text as a phone shows it, its parts put together; `missing` numbers the parts that did not come."""

    ids: tuple[str, ...]
    """The message ids that the centre gave out for its parts, as submit_sm_resp had them (hexadecimal)."""
    sender: str
    to: str
    text: str
    parts: int
    missing: tuple[int, ...]
    state: str
    """What its receipt says, if one was asked for: DELIVRD, UNDELIV ..."""
    at: datetime


class SmsCentre:
    """The centre's HTTP side (`sms_api` in the ready file)."""

    def __init__(self, api: str) -> None:
        self._client = httpx.Client(base_url=api, timeout=30)

    def texts(self, to: str | None = None) -> list[Text]:
        """What was submitted for the number `to` (`+12025550123`), or for anybody, oldest first."""
        said: list[dict[str, Any]] = self._client.get("/texts").raise_for_status().json()
        return [_text(one) for one in said if to is None or one["to"] == to]

    def answer(self, from_: str, to: str, text: str) -> None:
        """The phone `from_` sends a text to our number `to`. It reaches the client that bound last, or the next to bind."""
        self._post("/sent", {"from": from_, "to": to, "text": text})

    def untaken(self) -> int:
        """How many messages from phones no client has acknowledged yet."""
        return int(self._client.get("/sent").raise_for_status().json()["untaken"])

    def behave(self, number: str, *, receipt: str = "DELIVRD", refusal: int = 0, silent: bool = False) -> None:
        """How texts to `number` fare from now on.

        `receipt`: the state of its delivery receipts. `refusal`: the command status that refuses each submit_sm, e.g.
        0x0B for an invalid number, 0x58 for throttling. `silent`: the text is taken, but submit_sm is never answered.
        """
        form = {"number": number, "receipt": receipt, "refusal": str(refusal), "silent": str(silent).lower()}
        self._post("/phones", form)

    def close(self) -> None:
        self._client.close()

    def __enter__(self) -> "SmsCentre":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _post(self, path: str, form: dict[str, str]) -> None:
        answer = self._client.post(path, data=form)
        if answer.status_code == httpx.codes.BAD_REQUEST:
            raise ValueError(answer.json()["error"])
        answer.raise_for_status()


def _text(said: dict[str, Any]) -> Text:
    return Text(
        tuple(said["ids"]), said["from"], said["to"], said["text"], said["parts"], tuple(said["missing"]),
        said["state"], datetime.fromisoformat(said["at"]),
    )  # fmt: skip
