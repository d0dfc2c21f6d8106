"""Shops that join by HTTP while the system is being beaten: each asks again until it has an answer."""

import threading
import time
from collections.abc import Callable
from typing import Any

import httpx
from market import LONG_AGO, day, shop
from outside import Outside, structured
from storm_history import History

AGAIN_FOR_S = 90.0


class Joiner:
    """One shop after the other joins, is vouched for, submits an entry over HTTP; every tenth leaves again."""

    def __init__(self, outside: Outside, history: History) -> None:
        self._outside = outside
        self._history = history
        self._ending = threading.Event()
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="joiner")
        self.joined: dict[str, str] = {}  # name of the shop -> its member
        self.again = 0
        """How often an answer did not come or was a 5xx."""

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._ending.set()
        self._thread.join()
        if self._error is not None:
            raise self._error

    def _run(self) -> None:
        try:
            with self._outside.api() as api:
                while not self._ending.is_set():
                    self._join(api, len(self.joined))
                    time.sleep(0.05)
        except BaseException as error:  # noqa: BLE001 - told to whoever stops it
            self._error = error

    def _join(self, api: httpx.Client, number: int) -> None:
        wanted = shop()
        member_id = str(self._until_answered(lambda: api.post("/v1/members", json=wanted))["member_id"])
        self.joined[wanted["name"]] = member_id
        vouched = {"verified_on": day(LONG_AGO + 100)}
        self._until_answered(lambda: api.patch(f"/v1/members/{member_id}", json=vouched))
        ce_id = f"storm-http-{number}"
        entry = structured("pay.submitted", ce_id, self._history.entry(member_id, f"h-{number}", 1))
        headers = {"content-type": "application/cloudevents+json"}
        said = self._until_answered(lambda: api.post("/v1/events", json=entry, headers=headers))
        assert said["receipts"][0]["outcome"] == "accepted"
        if number % 10 == 9:
            self._until_answered(lambda: api.delete(f"/v1/members/{member_id}"))
            self._history.gone.add(member_id)

    def _until_answered(self, ask: Callable[[], httpx.Response]) -> Any:
        deadline = time.monotonic() + AGAIN_FOR_S
        while True:
            try:
                answer = ask()
            except httpx.TransportError as away:
                said = repr(away)
            else:
                if answer.status_code < 500:
                    return answer.raise_for_status().json()
                said = answer.text
            self.again += 1
            assert time.monotonic() < deadline, f"no answer for {AGAIN_FOR_S:.0f} s: {said}"
            time.sleep(0.2)
