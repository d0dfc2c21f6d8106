"""Inspect one submitted event: is it open to outsiders, is it right, may this one send it, whose is it."""

import json
from dataclasses import dataclass, replace

from contracts.codec import CloudEvent, parse
from contracts.event import Event, Refused, canonical_json
from contracts.exchange import SubmissionWithdrawn
from contracts.fields import ID_LENGTH
from contracts.topics import topic_of
from contracts.vocabulary import MEASURE_SCOPE

from membership.adapters.grants import Standing
from membership.domain import namespace
from membership.domain.errors import NotAllowedError, UnknownMemberError
from membership.usecases.submitter import Submitter

# The fields by which a submission is known: they live in the sender's name space. An application's `request_id` stays
# as it is, because membership remembers it together with its sender, who looks for it in the answer.
NAMED_BY = {
    "pay.submitted": ("submission_id",),
    "benefits.submitted": ("submission_id",),
    "labor-rate.submitted": ("submission_id",),
    "technician-pay.submitted": ("submission_id",),
    "submission.withdrawn": ("submission_id",),
    "partnership.requested": ("need_id",),
    "partnership.offered": ("offer_id",),
    "partnership.withdrawn": ("need_id", "offer_id"),
    "media.published": ("media_id",),
    "gathering.scheduled": ("gathering_id",),
    "notification.requested": ("request_id",),
}
_TRACE = ("traceparent", "tracestate")


@dataclass(frozen=True, slots=True)
class Inspected:
    """An event that is well formed; whether its sender may send it is another question."""

    ce: CloudEvent
    event: Event
    scope: str

    @property
    def member_id(self) -> str | None:
        """The member that the event is about."""
        return getattr(self.event, "member_id", None)


def inspect(ce: CloudEvent) -> Inspected:
    """Raises Refused for what nobody outside may send, and for the first field that is wrong."""
    topic = topic_of(ce.type)
    if topic.scope is None:
        raise Refused("type", f"'{ce.type}' is not open to partners")
    event = parse(ce, strict=True)
    scope = MEASURE_SCOPE[event.measure] if isinstance(event, SubmissionWithdrawn) else topic.scope
    return Inspected(ce, event, scope)


def permit(found: Inspected, submitter: Submitter, standing: Standing) -> None:
    """Raises unless this submitter may send this event now."""
    scope, member_id = found.scope, found.member_id
    if submitter.partner is not None:
        if standing.scopes is None:
            raise NotAllowedError("partner", f"'{submitter.partner}' is not registered")
        if scope not in standing.scopes:
            raise NotAllowedError("scope", f"partner '{submitter.partner}' does not have '{scope}'")
    if submitter.token_scopes is not None and scope not in submitter.token_scopes:
        raise NotAllowedError("scope", f"the token does not have '{scope}'")
    if submitter.member_id is not None and member_id != submitter.member_id:
        raise NotAllowedError("member_id", f"'{member_id}' is not you" if member_id else "only partners may send this")
    if member_id is None:
        return
    if member_id not in standing.granted:
        raise UnknownMemberError(member_id)
    if submitter.partner is not None and scope not in standing.granted[member_id]:
        raise NotAllowedError("member_id", f"'{member_id}' has not granted '{scope}' to '{submitter.partner}'")


def accepted(found: Inspected, submitter: Submitter) -> tuple[CloudEvent, str]:
    """The event as it goes inside, and its key: in its sender's name space, and marked with who sent it.

    The same event always yields the same bytes, so that sending it again after a crash changes nothing.
    """
    ce, key = found.ce, found.event.key()
    body = json.loads(ce.data)
    if submitter.partner is not None or submitter.member_id is not None:
        for field in NAMED_BY.get(found.event.topic, ()):
            if body.get(field) is not None:
                body[field] = _placed(submitter.partner, field, body[field])
        key = str(body[found.event.key_field]) if found.event.key_field else ""
    who = {"partner": submitter.partner} if submitter.partner else {"submitter": submitter.name}
    trace = {name: ce.extensions[name] for name in _TRACE if name in ce.extensions}
    return replace(ce, data=canonical_json(body), extensions=trace | who), key


def _placed(owner: str | None, field: str, given: str) -> str:
    placed = namespace.place(owner, field, given)
    if len(placed) > ID_LENGTH:
        raise Refused(field, f"has {len(placed)} characters as '{owner}/...', at most {ID_LENGTH}")
    return placed
