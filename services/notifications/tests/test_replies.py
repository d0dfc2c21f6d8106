"""What a text that came back means, however people type it."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st
from notifications.domain.reply import Reply, read_reply


@pytest.mark.parametrize(
    "text",
    [
        "STOP", "Quit", "end", "REVOKE", "OPT OUT", "opt-out", "Cancel", "unsubscribe", "Stop all", "S.T.O.P.", "stop!!!",
        "PARAR", "Alto", "CANCELAR", "cancelar por favor", "please stop", "Stop texting me", "stop 4821",
        "take me off this list", "remove my number", "don't text me again", "Don’t contact me", "do not message me",
        "no more texts please", "unsubscribe me now", "I revoke my consent", "no me envíe más mensajes", "no más mensajes",
        "wrong number", "quiero darme de baja", "leave me alone", "please, quit sending these",
    ],
)  # fmt: skip
def test_any_reasonable_wording_stops(text: str) -> None:
    assert read_reply(text) == Reply("stop")


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("START", Reply("start")),
        ("unstop", Reply("start")),
        ("opt in", Reply("start")),
        ("Help", Reply("help")),
        ("AYUDA", Reply("help")),
        ("info?", Reply("help")),
        ("YES", Reply("yes")),
        ("yes 4821", Reply("yes", "4821")),
        ("Yes4821.", Reply("yes", "4821")),
        ("4821 yes", Reply("yes", "4821")),
        ("Sí", Reply("yes")),
        ("si, acepto 4821", Reply("yes", "4821")),
        ("Yes please, thank you", Reply("yes")),
        ("NO", Reply("no")),
        ("No 4821!", Reply("no", "4821")),
        ("no, gracias", Reply("no")),
        ("decline 4821", Reply("no", "4821")),
    ],
)
def test_answers_are_read_as_people_type_them(text: str, meant: Reply) -> None:
    assert read_reply(text) == meant


@pytest.mark.parametrize(
    "text",
    [
        "", "4821", "YES 4821 3310", "yes and no", "we can't stop by on Monday", "maybe", "What is this?", "YES 48211",
        "no podemos el lunes", "when does it end", "🚗", "yes but only in March",
    ],
)  # fmt: skip
def test_what_is_not_clear_is_not_guessed(text: str) -> None:
    assert read_reply(text) == Reply("unknown")


noise = st.text(alphabet=" .,!?-\n\t", max_size=4)


@given(
    word=st.sampled_from(["yes", "no", "stop", "start", "help", "sí", "parar"]),
    upper=st.lists(st.booleans(), min_size=5, max_size=5),
    before=noise,
    after=noise,
)
def test_case_spaces_and_punctuation_never_matter(word: str, upper: list[bool], before: str, after: str) -> None:
    typed = "".join(c.upper() if up else c for c, up in zip(word, upper + [False] * 5, strict=False))
    assert read_reply(before + typed + after) == read_reply(word)


@given(st.text())
def test_whatever_comes_has_a_meaning_and_at_most_one_code(text: str) -> None:
    reply = read_reply(text)
    assert reply.meaning in ("stop", "start", "help", "yes", "no", "unknown")
    assert reply.code is None or (len(reply.code) == 4 and set(reply.code) <= set(string.digits))
