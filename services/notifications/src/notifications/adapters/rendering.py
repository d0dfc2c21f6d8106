"""From a template and what it says to a mail or a text: Jinja's sandbox, nothing missing, one line where one is meant."""

import re
from dataclasses import dataclass
from typing import Any

from jinja2 import PackageLoader, StrictUndefined
from jinja2.exceptions import TemplateError
from jinja2.sandbox import SandboxedEnvironment

from notifications.domain import wording

LONGEST_SUBJECT = 150
_BLANK = re.compile(r"\n{3,}")


class UnsayableError(Exception):
    """The template does not say anything with this data; no later attempt will change that."""


@dataclass(frozen=True, slots=True)
class MailWords:
    """What a mail says, twice: for those who read plain text, and for the others."""

    subject: str
    text: str
    html: str


class Templates:
    """The package's templates: `<name>.mail.txt` (its first line the subject), `<name>.mail.html`, `<name>.sms.txt`."""

    def __init__(self) -> None:
        self._environment = SandboxedEnvironment(
            loader=PackageLoader("notifications"),
            autoescape=lambda name: name is not None and name.endswith(".html"),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters |= {
            "kind": wording.kind_words,
            "article": wording.with_article,
            "day": wording.day_words,
            "moment": wording.moment_words,
            "short_moment": wording.short_moment,
            "miles": wording.miles_words,
            "cell": wording.cell_words,
            "moved": wording.moved_words,
            "figure": wording.figure_words,
        }
        self._environment.globals["span"] = wording.span_words

    def mail(self, template: str, values: dict[str, Any]) -> MailWords:
        """Both forms of a mail."""
        subject, _, text = self._render([f"{template}.mail.txt"], values).partition("\n")
        html = self._render([f"{template}.mail.html"], values | {"subject": _one_line(subject)})
        return MailWords(_one_line(subject)[:LONGEST_SUBJECT], _BLANK.sub("\n\n", text.strip()) + "\n", html)

    def text(self, template: str, values: dict[str, Any], language: str | None = None) -> str:
        """A text, on one line; in Spanish for whom that is the language, where there is one."""
        names = [f"{template}.sms.es.txt"] if (language or "").startswith("es") else []
        return _one_line(self._render([*names, f"{template}.sms.txt"], values))

    def _render(self, names: list[str], values: dict[str, Any]) -> str:
        try:
            return self._environment.select_template(names).render(values).strip()
        except (TemplateError, TypeError, ValueError, LookupError) as wrong:
            raise UnsayableError(f"template: {type(wrong).__name__}: {wrong}") from None


def _one_line(text: str) -> str:
    return " ".join(text.split())
