"""What a text that came back means: stop, start, help, yes or no, in English and in Spanish, as people type it."""

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal, TypeAlias

Meaning: TypeAlias = Literal["stop", "start", "help", "yes", "no", "unknown"]

STOP = frozenset(
    [
        "stop",
        "stopall",
        "quit",
        "end",
        "revoke",
        "optout",
        "cancel",
        "unsubscribe",
        "parar",
        "pare",
        "alto",
        "cancelar",
        "cancela",
        "basta",
        "detener",
        "detente",
        "baja",
    ]
)
START = frozenset(["start", "unstop", "subscribe", "resume", "optin", "comenzar", "iniciar", "empezar", "reanudar"])
HELP = frozenset(["help", "info", "ayuda", "informacion"])
YES = frozenset(
    ["yes", "y", "yeah", "yep", "ok", "okay", "si", "accept", "confirm", "agree", "sure", "acepto", "confirmo", "claro"]
)
NO = frozenset(["no", "n", "nope", "nah", "decline", "refuse", "rechazo"])

# Any reasonable wording ends it. Better to stop once too often than to go on texting somebody who asked not to be.
STOP_PHRASES = tuple(
    re.compile(pattern)
    for pattern in (
        r"\b(stop|quit|cancel|unsubscribe|end) (all|it|this|that|now|please|texts?|texting|messag\w+|sms|me|sending|contact\w+|these|the|my|from)\b",
        r"\b(please|pls|plz) (stop|quit|cancel|unsubscribe|remove|end)\b",
        r"\bopt(ing|ed)? (me )?out\b",
        r"\b(take|get) me off\b",
        r"\bremove (me|my number|my phone|this number)\b",
        r"\bunsubscribe me\b",
        r"\b(leave me alone|go away|lose my number|wrong (number|person))\b",
        r"\b(do not|don ?t|dont|never|no more|no longer|not) (\w+ ){0,2}?(text|texts|texting|message|messages|contact|sms|send)\b",
        r"\brevoke\b.*\bconsent\b",
        r"\bno (me )?(envie\w*|mande\w*|escriba\w*|contacte\w*)\b",
        r"\b(no mas (mensajes|textos|sms)|dejen? de (enviar|mandar|escribir)\w*|dar(me)? de baja|numero equivocado)\b",
    )
)
START_PHRASES = (re.compile(r"^opt(ing)? (me )?(back )?in\b"),)
_CODE = re.compile(r"^\d{4}$")
_POLITE = frozenset(["please", "pls", "plz", "thanks", "thank", "you", "gracias", "por", "favor", "sir", "maam"])


@dataclass(frozen=True, slots=True)
class Reply:
    """The meaning of a text, and the code of the question that it answers, if it names one."""

    meaning: Meaning
    code: str | None = None


def read_reply(text: str) -> Reply:
    """Spaces, case, accents and punctuation do not matter. What asks to stop in any way comes first."""
    words = _words(text)
    rest = [word for word in words if word not in _POLITE]
    if _is_stop(words, rest):
        return Reply("stop")
    meant, codes = [w for w in rest if not _CODE.match(w)], [w for w in rest if _CODE.match(w)]
    code = codes[0] if len(codes) == 1 else None
    if len(codes) > 1:
        return Reply("unknown")
    answers = {_answer(word) for word in meant}
    if len(answers) == 1 and (answer := answers.pop()) is not None:
        return Reply(answer, code)
    if len(meant) == 1:
        if code is None and meant[0] in START:
            return Reply("start")
        if code is None and meant[0] in HELP:
            return Reply("help")
    if any(phrase.search(" ".join(rest)) for phrase in START_PHRASES):
        return Reply("start")
    return Reply("unknown")


def _words(text: str) -> list[str]:
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c)).casefold()
    plain = plain.replace("'", " ").replace("\u2019", " ")  # don't
    plain = re.sub(r"([a-z])(\d)", r"\1 \2", plain)  # YES4821
    plain = re.sub(r"(\d)([a-z])", r"\1 \2", plain)
    return re.findall(r"[a-z0-9]+", plain)


def _is_stop(words: list[str], rest: list[str]) -> bool:
    if len(rest) == 1 and rest[0] in STOP:
        return True
    if "".join(rest) in STOP:  # S T O P, opt out
        return True
    # A word like "end" may stand in any sentence; "stop" at its beginning means what it says.
    if rest and rest[0] in {"stop", "stopall", "unsubscribe", "quit", "alto", "parar"}:
        return True
    said = " ".join(words)
    return any(phrase.search(said) for phrase in STOP_PHRASES)


def _answer(word: str) -> Literal["yes", "no"] | None:
    if word in YES:
        return "yes"
    return "no" if word in NO else None
