"""The SMS centre speaks SMPP: texts are read back as a phone shows them, phones answer, receipts come."""

import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from chassis.servers import NativeSms, ServerError, Servers, Sink, sms
from chassis.servers.sms_centre import SmsCentre
from smpplib.exceptions import PDUError

sys.path.insert(0, str(Path(__file__).parent))  # importlib mode has no folders on the path

from smpp_client import OURS, Esme, bound, until


@contextmanager
def phones_of(server: NativeSms) -> Iterator[SmsCentre]:
    with SmsCentre(server.api) as phones:
        yield phones


@pytest.fixture
def esme(sms_server: Sink) -> Iterator[Esme]:
    with bound(sms_server.address) as client:
        yield client


def test_a_text_is_read_back_and_its_receipt_comes(esme: Esme, sms_centre: SmsCentre) -> None:
    to = "+12025550101"
    (message_id,) = esme.submit(to, "Elm Garage: 2 students from 9/1. Reply YES 4821 or NO 4821. [$65] ~")
    (text,) = sms_centre.texts(to)
    assert (text.ids, text.sender, text.to) == ((message_id,), OURS, to)
    assert text.text == "Elm Garage: 2 students from 9/1. Reply YES 4821 or NO 4821. [$65] ~"
    assert (text.parts, text.missing, text.state) == (1, (), "DELIVRD")
    assert text in sms_centre.texts()
    (receipt,) = until(lambda: esme.receipts)
    # The receipt has the id in decimal, submit_sm_resp has it in hexadecimal, as with some operators.
    assert receipt.startswith(f"id:{int(message_id, 16)} sub:001 dlvrd:001 submit date:")
    assert "stat:DELIVRD err:000" in receipt
    assert esme.heard[0].source_addr == to[1:].encode()


def test_a_receipt_that_nobody_asked_for_does_not_come(esme: Esme, sms_centre: SmsCentre) -> None:
    esme.submit("+12025550102", "no receipt", registered_delivery=0)
    (asked,) = esme.submit("+12025550102", "a receipt")
    assert [receipt.split()[0] for receipt in until(lambda: esme.receipts)] == [f"id:{int(asked, 16)}"]
    assert [text.text for text in sms_centre.texts("+12025550102")] == ["no receipt", "a receipt"]


@pytest.mark.parametrize(
    ("to", "text", "parts"),
    [
        ("+12025550110", "¿Quién? Grüße, Ångström: £5 {€}", 1),
        ("+12025550111", "Wagner’s shop – 車間 😀", 1),
        ("+12025550112", "0123456789" * 46, 4),
        ("+12025550113", "車間" * 80, 3),
    ],
)
def test_every_alphabet_and_length_is_read_back_as_one_text(
    esme: Esme, sms_centre: SmsCentre, to: str, text: str, parts: int
) -> None:
    ids = esme.submit(to, text)
    (found,) = sms_centre.texts(to)
    assert (found.text, found.parts, found.missing) == (text, parts, ())
    assert set(found.ids) == set(ids)
    assert len(ids) == parts


def test_parts_may_come_in_any_order_and_by_any_numbering(esme: Esme, sms_centre: SmsCentre) -> None:
    to, header = "+12025550114", bytes([6, 8, 4, 1, 2, 2])
    esme.submit_part(to, header + b"\x02second", esm_class=0x40)
    esme.submit_part(to, b"first ", sar_msg_ref_num=258, sar_total_segments=2, sar_segment_seqnum=1)
    until(lambda: len(esme.accepted) == 2)
    (found,) = sms_centre.texts(to)
    assert (found.text, found.parts, found.missing) == ("first second", 2, ())


def test_a_part_that_did_not_come_and_one_that_came_twice_are_seen(esme: Esme, sms_centre: SmsCentre) -> None:
    to, header = "+12025550115", bytes([5, 0, 3, 9, 3])
    for part in (b"\x01one ", b"\x03three", b"\x03three"):
        esme.submit_part(to, header + part, esm_class=0x40)
    until(lambda: len(esme.accepted) == 3)
    found = [(text.text, text.parts, text.missing) for text in sms_centre.texts(to)]
    assert sorted(found) == [("one three", 3, (2,)), ("three", 3, (1, 2))]


def test_a_letter_torn_between_two_parts_is_shown_torn(esme: Esme, sms_centre: SmsCentre) -> None:
    octets = "😀".encode("utf-16-be")
    for number, half in ((1, octets[:2]), (2, octets[2:])):
        esme.submit_part("+12025550117", bytes([5, 0, 3, 7, 2, number]) + half, esm_class=0x40, data_coding=8)
    until(lambda: len(esme.accepted) == 2)
    assert [text.text for text in sms_centre.texts("+12025550117")] == ["\ufffd\ufffd"]


def test_a_text_that_goes_as_message_payload_is_read_back(esme: Esme, sms_centre: SmsCentre) -> None:
    esme.submit_part("+12025550116", b"", message_payload=b"x" * 300)
    until(lambda: esme.accepted)
    assert [text.text for text in sms_centre.texts("+12025550116")] == ["x" * 300]


def test_a_phone_s_answer_reaches_the_bound_client(esme: Esme, sms_centre: SmsCentre) -> None:
    sms_centre.answer("+12025550120", OURS, "YES 4821")
    (pdu,) = until(lambda: esme.answers)
    assert (pdu.source_addr, pdu.source_addr_ton, pdu.destination_addr) == (b"12025550120", 1, OURS[1:].encode())
    assert (pdu.short_message, pdu.data_coding, pdu.esm_class) == (b"YES 4821", 0, 0)
    until(lambda: sms_centre.untaken() == 0)


def test_an_answer_s_words_decide_its_alphabet_and_its_parts(esme: Esme, sms_centre: SmsCentre) -> None:
    sms_centre.answer("+12025550121", OURS, "Sí, 車")
    (pdu,) = until(lambda: esme.answers)
    assert (pdu.short_message.decode("utf-16-be"), pdu.data_coding) == ("Sí, 車", 8)
    sms_centre.answer("+12025550121", OURS, "x" * 152 + "€" * 5)
    first, second = until(lambda: len(esme.answers) == 3 and esme.answers[1:])
    assert {pdu.esm_class for pdu in (first, second)} == {0x40}
    reference = first.short_message[3]
    assert first.short_message == bytes([5, 0, 3, reference, 2, 1]) + b"x" * 152  # the euro is two septets, never torn
    assert second.short_message == bytes([5, 0, 3, reference, 2, 2]) + b"\x1be" * 5


def test_an_answer_waits_for_a_client_that_can_receive(sms_server: Sink, sms_centre: SmsCentre) -> None:
    with bound(sms_server.address, "bind_transmitter") as transmitter:
        sms_centre.answer("+12025550122", OURS, "STOP")
        assert sms_centre.untaken() == 1
        with bound(sms_server.address, "bind_receiver") as receiver:
            assert [pdu.short_message for pdu in until(lambda: receiver.answers)] == [b"STOP"]
        assert transmitter.heard == []
    until(lambda: sms_centre.untaken() == 0)


def test_an_answer_that_the_client_could_not_take_is_offered_again(sms_server: Sink, sms_centre: SmsCentre) -> None:
    with bound(sms_server.address) as esme:
        statuses = iter([0x08, 0x64])  # a system error, an application error
        esme.client.set_message_received_handler(lambda pdu: (esme.heard.append(pdu), next(statuses, 0))[1])
        sms_centre.answer("+12025550123", OURS, "HELP")
        until(lambda: sms_centre.untaken() == 0)
        assert [pdu.short_message for pdu in esme.answers] == [b"HELP"] * 3


def test_a_phone_out_of_reach_a_refused_one_and_one_without_an_answer(esme: Esme, sms_centre: SmsCentre) -> None:
    sms_centre.behave("+12025550130", receipt="UNDELIV")
    sms_centre.behave("+12025550131", refusal=0x0B)
    sms_centre.behave("+12025550132", silent=True)
    (message_id,) = esme.submit("+12025550130", "are you there?")
    (receipt,) = until(lambda: esme.receipts)
    assert receipt.startswith(f"id:{int(message_id, 16)} sub:001 dlvrd:000")
    assert "stat:UNDELIV err:001" in receipt
    assert [text.state for text in sms_centre.texts("+12025550130")] == ["UNDELIV"]

    esme.submit_part("+12025550131", b"no such number")
    assert until(lambda: esme.refused) == [0x0B]
    assert sms_centre.texts("+12025550131") == []

    esme.submit_part("+12025550132", b"taken, and never answered")
    until(lambda: sms_centre.texts("+12025550132"))
    esme.submit("+12025550133", "others go on")
    assert len(esme.accepted) == 2

    sms_centre.behave("+12025550131")
    esme.submit("+12025550131", "there is such a number now")
    assert len(sms_centre.texts("+12025550131")) == 1


def test_what_cannot_be_done_is_said_in_one_line(sms_centre: SmsCentre) -> None:
    with pytest.raises(ValueError, match=r"^text: missing$"):
        sms_centre.answer("+12025550134", OURS, "")
    with pytest.raises(ValueError, match=r"^receipt: one of "):
        sms_centre.behave("+12025550134", receipt="LOST")


@pytest.mark.parametrize(("wrong", "status"), [({"password": "guessed"}, 14), ({"system_id": "k"}, 15)])
def test_nobody_binds_with_wrong_credentials(sms_server: Sink, wrong: dict[str, str], status: int) -> None:
    with pytest.raises(PDUError) as caught, bound(sms_server.address, **wrong):
        pass
    assert caught.value.args[1] == status


def test_a_killed_centre_is_back_on_its_ports_and_empty(own_sms_server: NativeSms) -> None:
    address, api = own_sms_server.address, own_sms_server.api
    with bound(own_sms_server.address) as esme:
        esme.submit("+12025550140", "before")
        own_sms_server.kill()
    where = urlsplit(address)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((where.hostname, where.port))
    own_sms_server.start()
    assert (own_sms_server.address, own_sms_server.api) == (address, api)
    with bound(address) as esme, phones_of(own_sms_server) as phones:
        esme.submit("+12025550140", "after")
        assert [text.text for text in phones.texts()] == ["after"]


def test_a_suspended_centre_answers_late(own_sms_server: NativeSms) -> None:
    assert own_sms_server.child is not None
    with bound(own_sms_server.address) as esme, phones_of(own_sms_server) as phones:
        own_sms_server.child.signal(signal.SIGSTOP)
        esme.submit_part("+12025550141", b"patience")
        own_sms_server.child.signal(signal.SIGCONT)
        until(lambda: esme.accepted)
        assert [text.text for text in phones.texts("+12025550141")] == ["patience"]


def test_a_port_that_is_taken_is_said_in_one_line(server_folder: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        server = NativeSms(server_folder / "sms")
        server.port = other.getsockname()[1]
        with pytest.raises(ServerError, match=r"ERROR: the SMS centre can't listen on 127.0.0.1: .*in use"):
            server.start()
        server.stop()


def test_a_centre_of_somebody_else_s_is_found_by_its_address(
    sms_server: Sink, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DRIVELINE_SMS", sms_server.address)
    monkeypatch.setenv("DRIVELINE_SMS_API", str(sms_server.api))
    with Servers(tmp_path) as servers:
        assert (servers.sms.address, servers.sms.api) == (sms_server.address, sms_server.api)
    monkeypatch.setenv("DRIVELINE_SMS", "smpp://j:secret@127.0.0.1:1")
    with (
        Servers(tmp_path) as servers,
        pytest.raises(ServerError, match=r"^DRIVELINE_SMS: nobody answers at smpp://j:\*\*\*@127.0.0.1:1$"),
    ):
        servers.server("sms")


def test_a_provider_s_http_api_is_an_address_too(
    sms_server: Sink, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider = str(sms_server.api).replace("http://", "http://AC1:token@")
    monkeypatch.setenv("DRIVELINE_SMS", provider)
    with Servers(tmp_path) as servers:
        assert (servers.sms.address, servers.sms.api) == (provider, None)


def test_another_source_is_compiled_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usual = sms.ensure_classes()
    assert sms.ensure_classes() == usual
    source = tmp_path / "Broken.java"
    source.write_text("package driveline; final class Broken { int number = letter; }")
    monkeypatch.setattr(sms, "SOURCES", tmp_path)
    with pytest.raises(ServerError, match=r"could not be compiled: .*letter cannot be resolved"):
        sms.ensure_classes()
