"""People who answer while the services die: by the link in a mail or by a text; whoever finds nobody there tries again."""

import random
import re
import threading
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import httpx
from asked_and_offered import Person
from chassis.servers.mailbox import Mailbox
from chassis.servers.sms_centre import SmsCentre

CODE = re.compile(r"\bYES (\d{4})\b")
SAYS_NO = 0.2
AT_ONCE = 4
READ_EVERY = 3  # turns: the mail server sends whole inboxes, so that nothing else would get the processors otherwise


class Answerers:
    """Everybody reads and answers until stopped; `stop` raises what went wrong on the way."""

    def __init__(self, people: Sequence[Person], mailbox: Mailbox, centre: SmsCentre, seed: int) -> None:
        self._people = [_Someone(person, mailbox, seed) for person in people]
        self._by_phone = {someone.person.phone: someone for someone in self._people if someone.person.phone}
        self._centre = centre
        self._read = len(centre.texts())
        self._ending = threading.Event()
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="answerers")

    @property
    def did(self) -> Counter[str]:
        """How often they answered `by link` and `by text`, `said no`, and `found nobody`."""
        return sum((someone.did for someone in self._people), Counter())

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._ending.set()
        self._thread.join()
        if self._error is not None:
            raise self._error

    def _run(self) -> None:
        try:
            with ThreadPoolExecutor(AT_ONCE) as pool, httpx.Client(timeout=20, follow_redirects=True) as browser:
                turn = 0
                while not self._ending.is_set():
                    self._texts()
                    for someone in self._people[turn % READ_EVERY :: READ_EVERY]:
                        someone.read()
                    turn += 1
                    list(pool.map(lambda someone: someone.answer(browser), self._people))
                    self._ending.wait(0.7)
        except BaseException as error:  # noqa: BLE001 - told to whoever stops it
            self._error = error

    def _texts(self) -> None:
        """The centre keeps a reply until a process of ours takes it, so one try is enough."""
        for text in self._centre.texts()[self._read :]:
            self._read += 1
            someone, code = self._by_phone.get(text.to), CODE.search(text.text)
            if someone is not None and code is not None and (said := someone.decides()) is not None:
                self._centre.answer(text.to, text.sender, f"{said} {code[1]}")
                someone.did["by text"] += 1


class _Someone:
    """One person, the links that wait for an answer, and how far the inbox has been read."""

    def __init__(self, person: Person, mailbox: Mailbox, seed: int) -> None:
        self.person = person
        self.did: Counter[str] = Counter()
        self._mailbox = mailbox
        self._chance = random.Random(f"{seed}/{person.email}")
        self._read = 0
        self._waiting: list[tuple[str, str]] = []

    def decides(self) -> str | None:
        if self.person.silent:
            return None
        said = "no" if self._chance.random() < SAYS_NO else "yes"
        self.did["said no"] += said == "no"
        return said

    def read(self) -> None:
        """What is new in the inbox; whoever has a phone answers by text instead."""
        if self.person.phone is None:
            mails = self._mailbox.inbox(self.person.email)
            links = [url for mail in mails[self._read :] for url in mail.links if "/answers/" in url]
            self._read = len(mails)
            self._waiting += [(link, said) for link in links if (said := self.decides()) is not None]

    def answer(self, browser: httpx.Client) -> None:
        """Whatever waits for it."""
        self._waiting = [(link, said) for link, said in self._waiting if not self._press(browser, link, said)]

    def _press(self, browser: httpx.Client, link: str, said: str) -> bool:
        """Whether the answer was taken; afterwards the other button is tried as well, which must not change anything."""
        for answer in (said, "no" if said == "yes" else "yes"):
            try:
                status = browser.post(link, data={"answer": answer}).status_code
            except httpx.TransportError:
                status = 503
            if status >= httpx.codes.INTERNAL_SERVER_ERROR:
                self.did["found nobody"] += 1
                return answer != said
            assert status in (httpx.codes.OK, httpx.codes.GONE), f"{link} said {status}"
        self.did["by link"] += 1
        return True
