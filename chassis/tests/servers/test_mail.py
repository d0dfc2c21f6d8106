"""The mail server takes mail over SMTP, and the mailbox reads it back as it was sent."""

import smtplib
import socket
from email.message import EmailMessage
from pathlib import Path

import aiosmtplib
import pytest
from chassis.servers import NativeMail, ServerError, Servers, Sink
from chassis.servers.mailbox import Mail, Mailbox


def letter(to: str, **headers: str) -> EmailMessage:
    message = EmailMessage()
    for name, value in {"From": "Driveline <hello@driveline.example>", "To": to, "Subject": "Grüße", **headers}.items():
        message[name.replace("_", "-")] = value
    return message


def parts(server: Sink) -> tuple[str, int]:
    host, _, port = server.address.partition(":")
    return host, int(port)


async def test_a_mail_is_read_back_with_its_parts_headers_and_links(mail_server: Sink, mailbox: Mailbox) -> None:
    message = letter("pat@elm.example", List_Unsubscribe="<https://driveline.example/u/1>")
    message.set_content("Hi Pat — 2 students.\nhttps://driveline.example/a/1?x=1&y=2\n")
    html = '<p>Hi <b>Pat</b></p><a href="https://driveline.example/a/1?x=1&amp;y=2">Accept</a> <a href="mailto:x@y.example">'
    message.add_alternative(html, subtype="html")
    host, port = parts(mail_server)
    await aiosmtplib.send(message, hostname=host, port=port, sender="bounce@driveline.example")

    (mail,) = mailbox.inbox("pat@elm.example")
    assert (mail.recipient, mail.subject) == ("pat@elm.example", "Grüße")
    assert mail.sender == "Driveline <hello@driveline.example>"
    assert mail.headers["list-unsubscribe"] == "<https://driveline.example/u/1>"
    assert mail.headers["return-path"] == "<bounce@driveline.example>"
    assert mail.text == "Hi Pat — 2 students.\nhttps://driveline.example/a/1?x=1&y=2\n"
    assert mail.html == html + "\n"
    assert mail.links == ["https://driveline.example/a/1?x=1&y=2", "mailto:x@y.example"]
    assert mail in mailbox.everything()


def test_eight_bit_bytes_come_back_byte_for_byte(mail_server: Sink, mailbox: Mailbox) -> None:
    message = letter("bytes@elm.example")
    message.set_content("Käse, 50 €, 漢\nhttps://driveline.example/plain.\n", cte="8bit")
    sent = message.as_bytes().replace(b"\n", b"\r\n")
    with smtplib.SMTP(*parts(mail_server)) as smtp:
        smtp.sendmail("hello@driveline.example", ["bytes@elm.example"], sent)
    (mail,) = mailbox.inbox("bytes@elm.example")
    assert mail.source.endswith(b"\r\n" + sent)
    assert mail.text == "Käse, 50 €, 漢\nhttps://driveline.example/plain.\n"
    assert mail.html == ""
    assert mail.links == ["https://driveline.example/plain."]


def test_every_recipient_has_an_inbox_with_the_oldest_mail_first(mail_server: Sink, mailbox: Mailbox) -> None:
    with smtplib.SMTP(*parts(mail_server)) as smtp:
        for number in range(3):
            both = ["first@two.example", "Second@two.example"]
            smtp.sendmail("hello@driveline.example", both, f"Subject: {number}\r\n\r\nhello".encode())
    assert [mail.subject for mail in mailbox.inbox("first@two.example")] == ["0", "1", "2"]
    assert [mail.subject for mail in mailbox.inbox("second@two.example")] == ["0", "1", "2"]
    assert mailbox.inbox("nobody@two.example") == []
    found = [mail for mail in mailbox.everything() if mail.recipient.endswith("@two.example")]
    assert len(found) == 6
    assert "nobody@two.example" not in mailbox.addresses()


def test_a_message_without_anything_has_empty_parts() -> None:
    mail = Mail("pat@elm.example", b"X-Odd: 1\r\n\r\n")
    assert (mail.subject, mail.sender, mail.html, mail.links) == ("", "", "", [])


def test_a_killed_mail_server_is_back_on_its_ports_and_empty(own_mail_server: NativeMail) -> None:
    address, api = own_mail_server.address, own_mail_server.api
    with smtplib.SMTP(*parts(own_mail_server)) as smtp:
        smtp.sendmail("a@b.example", ["pat@elm.example"], b"Subject: 1\r\n\r\n1")
    own_mail_server.kill()
    assert not own_mail_server.alive()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(parts(own_mail_server))
    own_mail_server.start()
    assert (own_mail_server.address, own_mail_server.api) == (address, api)
    with Mailbox(own_mail_server.api) as mailbox:
        assert mailbox.everything() == []
        with smtplib.SMTP(*parts(own_mail_server)) as smtp:
            smtp.sendmail("a@b.example", ["pat@elm.example"], b"Subject: 2\r\n\r\n2")
        assert [mail.subject for mail in mailbox.inbox("pat@elm.example")] == ["2"]


def test_a_server_of_somebody_else_s_is_found_by_its_address(
    mail_server: Sink, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DRIVELINE_MAIL", mail_server.address)
    with Servers(tmp_path) as servers:
        assert (servers.mail.address, servers.mail.api) == (mail_server.address, None)
    monkeypatch.setenv("DRIVELINE_MAIL_API", "http://mail.example")
    with Servers(tmp_path) as servers:
        assert servers.mail.api == "http://mail.example"
    monkeypatch.setenv("DRIVELINE_MAIL", "127.0.0.1:1")
    with (
        Servers(tmp_path) as servers,
        pytest.raises(ServerError, match=r"^DRIVELINE_MAIL: nobody answers at 127.0.0.1:1$"),
    ):
        servers.server("mail")
