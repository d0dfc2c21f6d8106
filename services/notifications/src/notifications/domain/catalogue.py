"""The messages that there are: what each needs to be told, over which channels it goes, and who may ask for it."""

from dataclasses import dataclass

from notifications.domain.notice import BOTH, EMAIL, SMS


@dataclass(frozen=True, slots=True)
class Kind:
    """One template: `needs` are the names without which it says nothing; `open` if partners may ask for it."""

    needs: tuple[str, ...] = ()
    channels: tuple[str, ...] = EMAIL
    open: bool = False
    # A link that has ended helps nobody: after so many seconds it is not sent any more.
    stale_after_s: int | None = None


KINDS: dict[str, Kind] = {
    "welcome": Kind(),
    "proposal": Kind(("kind", "answer_until"), BOTH),
    "acceptance": Kind(("kind", "answer_until"), BOTH),
    "agreement": Kind(("kind",)),
    "closed": Kind(("kind",)),
    "nobody": Kind(("kind",)),
    "benchmark_moved": Kind(("cell", "before", "now", "policy_id")),
    "sign_in": Kind(("url",), stale_after_s=15 * 60),
    "sms_confirm": Kind((), SMS, stale_after_s=24 * 3600),
    "program_news": Kind(("title",), open=True),
    "sms_stopped": Kind((), SMS),
    "sms_started": Kind((), SMS),
    "sms_help": Kind((), SMS),
    "sms_which": Kind(("codes",), SMS),
    "sms_noted": Kind(("answer",), SMS),
    "sms_closed": Kind((), SMS),
}
# What a service may ask for by `notification.requested`; the others follow from what happened, and from nothing else.
REQUESTED = ("sign_in", "sms_confirm", "program_news")
