"""The compiled table of names does what a dictionary does."""

import json
import os
import secrets
import subprocess
import sys

import numpy as np
import pytest
from exchange.domain.names import EMPTY, Names, siphash
from hypothesis import given
from hypothesis import strategies as st

NAMES = st.lists(
    st.binary(max_size=20) | st.sampled_from([b"", b"a", b"a\0b", b"a\0", b"\0", b"12345678", b"123456789"])
)

LENGTHS = [1, 7, 8, 9, 15, 16, 17, 63]


def same(names: Names, expected: dict[bytes, int]) -> None:
    assert len(names) == len(expected)
    assert list(names) == list(expected) == list(names.in_order)
    assert dict(names) == expected
    assert [names.in_order[number] for number in expected.values()] == list(expected)


@given(NAMES, NAMES)
def test_names_are_numbered_as_they_come(added: list[bytes], asked: list[bytes]) -> None:
    names = Names()
    expected: dict[bytes, int] = {}
    for name in added:
        assert names.add(name) == expected.setdefault(name, len(expected))
    same(names, expected)
    for name in asked:
        assert names.get(name) == expected.get(name)
        assert (name in names) == (name in expected)


def test_it_grows() -> None:
    names = Names()
    texts = [b"shop-%d\0%d" % (n % 77, n) for n in range(30_000)]
    assert [names.add(text) for text in texts] == list(range(30_000))
    assert [names.add(text) for text in reversed(texts)] == list(range(29_999, -1, -1))
    same(names, {text: n for n, text in enumerate(texts)})
    assert names.get(b"shop-1\x001 ") is None


def test_names_of_one_hash_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """Found with a known key: two names whose 31 bits are equal."""
    monkeypatch.setattr(secrets, "token_bytes", lambda size: bytes(size))
    names = Names()
    seen: dict[int, bytes] = {}
    for n in range(400_000):
        text = b"%d" % n
        hashed = int(siphash(np.frombuffer(text, np.uint8), 0, len(text), names.key)) >> 33
        if (other := seen.setdefault(hashed, text)) is not text:
            break
    else:
        pytest.fail("no two of them collide")
    assert [names.add(other), names.add(text), names.add(other), names.add(text)] == [0, 1, 0, 1]
    same(names, {other: 0, text: 1})


def test_the_hash_is_that_of_python() -> None:
    """SipHash-1-3 under a key of zeros is what Python itself answers when it is told not to vary it."""
    assert sys.hash_info.algorithm == "siphash13"
    script = f"print([hash(bytes(range(n))) % 2**64 for n in {LENGTHS}])"
    environment = os.environ | {"PYTHONHASHSEED": "0"}
    answer = subprocess.run([sys.executable, "-c", script], env=environment, check=True, capture_output=True, text=True)
    key = np.zeros(2, np.uint64)
    found = [int(siphash(np.arange(n, dtype=np.uint8), 0, n, key)) for n in LENGTHS]
    assert found == json.loads(answer.stdout)


def test_every_hash_has_its_slot_in_the_end() -> None:
    """A slot's upper half is 31 bits of the hash, so that it is never taken for an empty one."""
    names = Names()
    for n in range(5_000):
        names.add(b"%d" % n)
    held = names.table[names.table != EMPTY]
    assert len(held) == 5_000
    assert (held >= 0).all()
    assert sorted((held & 0xFFFFFFFF).tolist()) == list(range(5_000))
