"""Handing a mail to a mail server: what it says before the mail is its, and the silence after which nobody knows."""

from email.message import EmailMessage

import aiosmtplib
from aiosmtplib.errors import SMTPException, SMTPResponseException

from notifications.domain.sending import Outcome, RefusedForGood, RefusedForNow, Taken, Unanswered

# A server that does not even greet by then is away.
CONNECT_S = 10.0
# For the rest, the outer limit on an attempt holds (`send_timeout_s`); this is the limit on one command.
COMMAND_S = 20.0


class Smtp:
    """One mail server. A connection a mail: the relay beside us is near, and a broken one must not hurt two mails."""

    def __init__(self, address: str) -> None:
        host, _, port = address.rpartition(":")
        if not host or not port.isdigit():
            raise ValueError(f"DRIVELINE_SMTP: {address!r} is not host:port")
        self._host, self._port = host, int(port)

    async def hand_over(self, mail: EmailMessage, sender: str, to: str) -> Outcome:
        """The server has the mail once it says so after the last line of it (RFC 5321, 4.2.5); until then it is ours."""
        client = aiosmtplib.SMTP(hostname=self._host, port=self._port, timeout=COMMAND_S)
        try:
            try:
                await client.connect(timeout=CONNECT_S)
                await client.mail(sender)
                await client.rcpt(to)
            except (SMTPException, OSError, TimeoutError) as away:
                return _refused(away)
            return await _data(client, mail)
        finally:
            client.close()


async def _data(client: aiosmtplib.SMTP, mail: EmailMessage) -> Outcome:
    try:
        answer = await client.data(mail.as_bytes())
    except SMTPResponseException as refused:
        return _refused(refused)
    except (SMTPException, OSError, TimeoutError) as silence:
        return Unanswered(f"the mail server did not answer: {_text(silence)}")
    return Taken((answer.message[:200],))


def _refused(why: BaseException) -> Outcome:
    if isinstance(why, SMTPResponseException) and 500 <= why.code < 600:
        return RefusedForGood(f"the mail server refused: {_text(why)}")
    return RefusedForNow(
        f"the mail server is away: {_text(why)}"
        if not isinstance(why, SMTPResponseException)
        else f"the mail server refused for now: {_text(why)}"
    )


def _text(why: BaseException) -> str:
    if isinstance(why, SMTPResponseException):
        return " ".join(f"{why.code} {why.message}".split())[:300]
    return " ".join(f"{type(why).__name__}: {why}".split())[:300]
