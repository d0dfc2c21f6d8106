"""A mail as RFC 5322 has it: the same Message-ID at every attempt, and one click to be left alone (RFC 8058)."""

from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr

from notifications.adapters.rendering import MailWords

# What is not ASCII is encoded, so that any server takes it. A link in a header stays on one line, as some readers of
# List-Unsubscribe want it; RFC 5322 allows 998.
POLICY = SMTP.clone(cte_type="7bit", max_line_length=600)


@dataclass(frozen=True, slots=True)
class Sender:
    """Who the mails are from."""

    from_: str
    reply_to: str

    @property
    def address(self) -> str:
        """The envelope's sender."""
        return parseaddr(self.from_)[1]

    @property
    def domain(self) -> str:
        """What a Message-ID ends with."""
        return self.address.rpartition("@")[2] or "localhost"

    def message_id(self, message_id: str) -> str:
        """The header that a message with this id has."""
        return f"<{message_id}@{self.domain}>"


def compose(
    sender: Sender,
    *,
    message_id: str,
    to: str,
    words: MailWords,
    cause: str,
    at: datetime,
    unsubscribe_url: str | None,
) -> EmailMessage:
    """The whole mail. `unsubscribe_url` takes a POST; only what is transactional has none."""
    mail = EmailMessage(policy=POLICY)
    mail["From"] = sender.from_
    mail["To"] = to
    mail["Reply-To"] = sender.reply_to
    mail["Subject"] = words.subject
    mail["Date"] = format_datetime(at)
    mail["Message-ID"] = sender.message_id(message_id)
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Driveline-Cause"] = cause
    if unsubscribe_url is not None:
        mail["List-Unsubscribe"] = f"<{unsubscribe_url}>"
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail.set_content(words.text, cte="quoted-printable")
    mail.add_alternative(words.html, subtype="html", cte="quoted-printable")
    return mail
