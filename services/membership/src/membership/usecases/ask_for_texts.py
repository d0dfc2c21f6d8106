"""Ask for texts: somebody wants to hear by SMS; the phone itself is asked whether it does, and only its reply is a consent."""

from chassis.outbox import Outbox
from contracts.notifications import NotificationRequested
from sqlalchemy.ext.asyncio import AsyncSession

from membership.adapters import contacts
from membership.domain.errors import RuleBrokenError

TEMPLATE = "sms_confirm"


async def ask_for_texts(session: AsyncSession, outbox: Outbox, member_id: str, contact_id: str) -> None:
    """Have the confirming text sent. Asking again for the same phone sends nothing: the text names STOP, not a nuisance.

    Raises RuleBrokenError for somebody else's contact, and for one without a phone.
    """
    contact = await contacts.read(session, contact_id)
    if contact is None or contact.erased or contact.member_id != member_id:
        raise RuleBrokenError("contact_id", f"'{contact_id}' is not a contact of '{member_id}'")
    if contact.reach.phone is None:
        raise RuleBrokenError("contact_id", f"'{contact_id}' has no phone")
    request = {
        "request_id": f"texts-{contact_id}-{contact.reach.phone.removeprefix('+')}",
        "member_id": member_id,
        "contact_id": contact_id,
        "class": "transactional",
        "template": TEMPLATE,
    }
    await outbox.emit(session, NotificationRequested.model_validate(request))
