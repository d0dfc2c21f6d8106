"""Say it: from a message's row to the words that go out, at the moment they go out."""

from typing import Any

from notifications.adapters.rendering import MailWords, Templates
from notifications.adapters.tables import MessageRow
from notifications.domain.contact import Contact

ASKER, OFFERER = "requested_by", "offered_by"


class Say:
    """Fills the templates."""

    def __init__(self, templates: Templates, base_url: str, home_url: str, help_address: str) -> None:
        self._templates = templates
        self._base_url = base_url
        self._home_url = home_url
        self._help_address = help_address

    def unsubscribe_url(self, row: MessageRow) -> str | None:
        """Where one POST ends mails of this class; None for what is transactional."""
        return f"{self._base_url}/unsubscribe/{row.token}" if row.token else None

    def mail(self, row: MessageRow, person: Contact, names: dict[str, str]) -> MailWords:
        """Raises UnsayableError where the data does not make a mail."""
        values = self._values(row, person, names)
        return self._templates.mail(row.template, values | {"unsubscribe_url": self.unsubscribe_url(row)})

    def text(self, row: MessageRow, person: Contact, names: dict[str, str], code: str | None) -> str:
        """Raises UnsayableError where the data does not make a text."""
        return self._templates.text(row.template, self._values(row, person, names) | {"code": code}, person.language)

    def _values(self, row: MessageRow, person: Contact, names: dict[str, str]) -> dict[str, Any]:
        # A technician has no name in public, and a member may not have been heard of yet.
        return {
            "title": None, "url": None, "answer_url": None, "students": None, "distance_miles": None,
            "starts_on": None, "ends_on": None, "summary": None,
            **row.data,
            "name": person.name, "zone": person.timezone, "home_url": self._home_url or None,
            "help_address": self._help_address,
            "member": names.get(row.member_id),
            "asker": names.get(row.data.get(ASKER, ""), "A school"),
            "offerer": names.get(row.data.get(OFFERER, ""), "A business"),
            "for_asker": row.data.get(ASKER) == row.member_id,
        }  # fmt: skip


def members_in(row: MessageRow) -> set[str]:
    """The members whose names the words may need."""
    return {row.member_id, *(row.data[key] for key in (ASKER, OFFERER) if row.data.get(key))}
