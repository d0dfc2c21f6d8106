"""What an SMS centre delivers: receipts, and texts from people, the parts of a long one put together."""

import re
import time
from dataclasses import dataclass, field
from typing import Any

import smsutil
from smpplib import consts

from notifications.adapters.texter import Inbound, Receipt
from notifications.domain.part_names import as_submitted

# A long text whose last part does not come is read as far as it came.
INCOMPLETE_S = 30.0
_RECEIPT = 0x04  # esm_class, bits 2 to 5: delivery receipt
_ID = re.compile(r"\bid:\s*(\S+)")
_STATE = re.compile(r"\bstat:\s*([A-Z]+)")
_ERROR = re.compile(r"\berr:\s*(\S+)")
_ON_ITS_WAY = ("ACCEPTD", "ENROUTE", "SCHEDUL")
_HAS_HEADER = 0x40
# By TLV message_state (SMPP 3.4, 5.2.28), for centres whose receipts have no text.
_STATES = {
    1: "ENROUTE",
    2: "DELIVRD",
    3: "EXPIRED",
    4: "DELETED",
    5: "UNDELIV",
    6: "ACCEPTD",
    7: "UNKNOWN",
    8: "REJECTD",
}


def is_receipt(pdu: Any) -> bool:
    """Whether a deliver_sm says what became of a text, and is none itself."""
    return int(pdu.esm_class or 0) & 0x3C == _RECEIPT


def read_receipt(pdu: Any) -> Receipt | None:
    """None for a text that is still on its way, and for what cannot be read."""
    said = _octets(pdu).decode("latin-1")
    found, state, error = _ID.search(said), _STATE.search(said), _ERROR.search(said)
    named = getattr(pdu, "receipted_message_id", None)
    ids = [_plain(named)] if named else []
    ids += [found[1]] if found else []
    code = state[1] if state else _STATES.get(_number(getattr(pdu, "message_state", None)))
    if not ids or code is None or code in _ON_ITS_WAY:
        return None
    forms = tuple(dict.fromkeys(form for one in ids for form in as_submitted(one)))
    if code == "DELIVRD":
        return Receipt(forms, phone_in(pdu), "delivered")
    why = f"receipt {code}" + (f", error {error[1]}" if error else "")
    return Receipt(forms, phone_in(pdu), "failed", why)


def phone_in(pdu: Any) -> str:
    """Who it is from, as our contacts are written."""
    number = _plain(pdu.source_addr)
    international = int(pdu.source_addr_ton or 0) == consts.SMPP_TON_INTL
    return f"+{number}" if international and not number.startswith("+") else number


@dataclass(slots=True)
class _Long:
    parts: dict[int, str]
    total: int
    since: float = field(default_factory=time.monotonic)


class Concatenation:
    """Long texts whose parts come one by one. They are kept in memory: a process that dies loses the beginning of one,
    and the centre does not bring it again."""

    def __init__(self) -> None:
        self._long: dict[tuple[str, int], _Long] = {}

    def add(self, phone: str, pdu: Any) -> Inbound | None:
        """The whole text, once its last part is there."""
        data = _octets(pdu)
        header = data[: 1 + data[0]] if int(pdu.esm_class or 0) & _HAS_HEADER and data else b""
        words = _decoded(data[len(header) :], int(pdu.data_coding or 0))
        place = _place(header)
        if place is None:
            return Inbound(phone, words)
        reference, total, number = place
        long = self._long.setdefault((phone, reference), _Long({}, total))
        long.parts[number] = words
        if len(long.parts) < long.total:
            return None
        del self._long[phone, reference]
        return Inbound(phone, _joined(long))

    def overdue(self) -> list[Inbound]:
        """What came of texts whose rest has not come."""
        late = [key for key, long in self._long.items() if time.monotonic() - long.since > INCOMPLETE_S]
        return [Inbound(phone, _joined(self._long.pop((phone, reference)))) for phone, reference in late]


def _joined(long: _Long) -> str:
    return "".join(long.parts[number] for number in sorted(long.parts))


def _place(header: bytes) -> tuple[int, int, int] | None:
    """(reference, total, number) of a part by its user data header (3GPP TS 23.040, 9.2.3.24.1 and .8)."""
    at = 1
    while at + 1 < len(header):
        kind, length = header[at], header[at + 1]
        value = header[at + 2 : at + 2 + length]
        if kind == 0x00 and length == 3:
            return value[0], value[1], value[2]
        if kind == 0x08 and length == 4:
            return value[0] << 8 | value[1], value[2], value[3]
        at += 2 + length
    return None


def _decoded(data: bytes, coding: int) -> str:
    if coding == consts.SMPP_ENCODING_ISO10646:
        return data.decode("utf-16-be", "replace")
    if coding in (1, consts.SMPP_ENCODING_ISO88591):
        return data.decode("latin-1")
    return str(smsutil.decode(data))


def _octets(pdu: Any) -> bytes:
    payload = getattr(pdu, "message_payload", None) or pdu.short_message or b""
    return payload if isinstance(payload, bytes) else str(payload).encode("latin-1", "replace")


def _plain(value: Any) -> str:
    text = value.decode("ascii", "replace") if isinstance(value, bytes) else str(value)
    return text.strip("\x00 ")


def _number(value: Any) -> int:
    if isinstance(value, bytes):
        return int.from_bytes(value, "big")
    return int(value or 0)
