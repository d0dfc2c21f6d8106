"""How many segments a text takes, and how it is divided: 160 letters of GSM's alphabet or 70 of others, less in several."""

from dataclasses import dataclass

import smsutil


@dataclass(frozen=True, slots=True)
class Segments:
    """A text as it goes out: in GSM's alphabet, or else in UCS-2."""

    gsm: bool
    parts: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.parts)


def segments(text: str) -> Segments:
    """Divide a text. Neither a letter that is escaped nor one that is a pair straddles two segments."""
    split = smsutil.split(text)
    return Segments(split.encoding != "utf_16_be", tuple(part.content for part in split.parts))


def octets(part: str, *, gsm: bool) -> bytes:
    """A segment as it goes over SMPP: one octet a septet, or two a UTF-16 unit."""
    return part.encode("gsm0338" if gsm else "utf-16-be")
