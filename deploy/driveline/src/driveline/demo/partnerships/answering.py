"""How people answer: they open the link in their mail and press a button, or reply to a text with its code; some never do."""

import re
from dataclasses import dataclass, field

import httpx
from chassis.servers.mailbox import Mail, Mailbox
from chassis.servers.sms_centre import SmsCentre

from driveline.demo.partnerships.cast import Cast, Person
from driveline.errors import UserError

CODE = re.compile(r"\bYES (\d{4})\b")


@dataclass
class Answers:
    """What people did, and what was in their way."""

    by_link: int = 0
    by_text: int = 0
    declined: int = 0
    looked: int = 0
    """Pages that were opened without pressing anything, as mail scanners do."""
    ignored: set[str] = field(default_factory=set)
    """Links that their owner let be."""


class People:
    """Everybody in the cast, reading what came and answering it. Call `answer` again and again."""

    def __init__(self, cast: Cast, mailbox: Mailbox, centre: SmsCentre) -> None:
        self._people = {person.email: person for person in cast.people}
        self._phones = {person.phone: person for person in cast.people if person.phone}
        self._mailbox = mailbox
        self._centre = centre
        self._read: dict[str, int] = {}
        self._texts = 0
        self._browser = httpx.Client(timeout=20, follow_redirects=True)
        self.answers = Answers()

    def __enter__(self) -> "People":
        return self

    def __exit__(self, *_: object) -> None:
        self._browser.close()

    def answer(self) -> int:
        """Read what is new and answer it; how many answers that were."""
        before = self.answers.by_link + self.answers.by_text
        for text in self._centre.texts()[self._texts :]:
            self._texts += 1
            if (person := self._phones.get(text.to)) is not None:
                self._by_text(person, text.sender, text.text)
        for address, person in self._people.items():
            mails = self._mailbox.inbox(address)
            for mail in mails[self._read.get(address, 0) :]:
                self._by_link(person, mail)
            self._read[address] = len(mails)
        return self.answers.by_link + self.answers.by_text - before

    def _by_text(self, person: Person, sender: str, text: str) -> None:
        code = CODE.search(text)
        if code is None or person.habit == "silent":
            return
        self._centre.answer(str(person.phone), sender, f"{person.habit} {code[1]}")
        self.answers.by_text += 1
        self.answers.declined += person.habit == "no"

    def _by_link(self, person: Person, mail: Mail) -> None:
        link = next((url for url in mail.links if "/answers/" in url), None)
        if link is None or (person.texts and person.habit != "silent"):
            return
        self._look(link)
        if person.habit == "silent":
            self.answers.ignored.add(link)
            return
        shown = self._browser.post(link, data={"answer": person.habit})
        if shown.status_code not in (httpx.codes.OK, httpx.codes.GONE):
            raise UserError(f"demo: the answer page said {shown.status_code} to {person.name}")
        self.answers.by_link += 1
        self.answers.declined += person.habit == "no"

    def _look(self, link: str) -> None:
        """What scanners of mail do with every link; nothing may follow from it."""
        self._browser.get(link)
        self.answers.looked += 1
