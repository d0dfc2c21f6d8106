"""Reading what the mail server took, for the tests and the demo."""

import re
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import cached_property
from html.parser import HTMLParser
from typing import Any
from urllib.parse import quote

import httpx

URL = re.compile(r"https?://[^\s<>\"]+")


@dataclass(frozen=True)
class Mail:
    """One mail as it lies in the inbox of `recipient`; `source` is byte for byte, up to white space at its end."""

    recipient: str
    source: bytes

    @cached_property
    def headers(self) -> EmailMessage:
        """The parsed message: `mail.headers["list-unsubscribe"]`; None for what it does not have."""
        return message_from_bytes(self.source, policy=policy.default)

    @property
    def subject(self) -> str:
        return str(self.headers["subject"] or "")

    @property
    def sender(self) -> str:
        return str(self.headers["from"] or "")

    @property
    def text(self) -> str:
        """The plain part; empty if there is none."""
        return self._body("plain")

    @property
    def html(self) -> str:
        """The HTML part; empty if there is none."""
        return self._body("html")

    @property
    def links(self) -> list[str]:
        """Where the HTML part leads, in order; without such a part, the URLs in the text."""
        if not self.html:
            return URL.findall(self.text)
        found = _Links()
        found.feed(self.html)
        return found.links

    def _body(self, kind: str) -> str:
        part = self.headers.get_body((kind,))
        if part is None:
            return ""
        return str(part.get_content()).replace("\r\n", "\n")  # as it was written, not as SMTP carries it


class Mailbox:
    """All inboxes of a GreenMail, by its HTTP API (`mail_api` in the ready file)."""

    def __init__(self, api: str) -> None:
        self._client = httpx.Client(base_url=api, timeout=30)

    def inbox(self, address: str) -> list[Mail]:
        """The mails to `address`, oldest first; none for somebody who never got one."""
        answer = self._client.get(f"/api/user/{quote(address)}/messages/INBOX")
        if answer.status_code in (httpx.codes.BAD_REQUEST, httpx.codes.NOT_FOUND):  # no mail, no inbox
            return []
        answer.raise_for_status()
        # Its JSON has each byte of the message as one character, whatever the message says of its own encoding.
        return [Mail(address, message["mimeMessage"].encode("latin-1") + b"\r\n") for message in answer.json()]

    def addresses(self) -> list[str]:
        """Everybody who ever got a mail."""
        users: list[dict[str, Any]] = self._client.get("/api/user").raise_for_status().json()
        return sorted(user["email"] for user in users)

    def everything(self) -> list[Mail]:
        """Every mail in every inbox."""
        return [mail for address in self.addresses() for mail in self.inbox(address)]

    def close(self) -> None:
        self._client.close()

    def __enter__(self) -> "Mailbox":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.links += [value for name, value in attrs if tag == "a" and name == "href" and value]
