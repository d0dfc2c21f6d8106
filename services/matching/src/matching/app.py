"""The composition root of matching: members, needs and offers in; proposals, answers and their outcomes out."""

import asyncio

from chassis.ending import end
from chassis.pages import Pages
from chassis.runtime import Runtime
from contracts.codec import CloudEvent
from contracts.event import Event
from contracts.membership import MemberState
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncSession

from matching.adapters.links import Links
from matching.adapters.tables import Base
from matching.entrypoints import member_facts, partnership_facts, timers
from matching.entrypoints.http import errors, needs, offers, proposals
from matching.entrypoints.pages import answers, home
from matching.settings import Settings
from matching.usecases.advance_need import AdvanceNeed
from matching.usecases.answer_proposal import AnswerProposal
from matching.usecases.apply_answer import ApplyAnswer
from matching.usecases.complete_partnership import CompletePartnership
from matching.usecases.count import keep_counting
from matching.usecases.follow_up import FollowUp, Then
from matching.usecases.note_member import NoteMember
from matching.usecases.offer_partnership import OfferPartnership
from matching.usecases.propose_next import ProposeNext
from matching.usecases.request_partnership import RequestPartnership
from matching.usecases.serve_waiting import ServeWaiting
from matching.usecases.submit_need import SubmitNeed
from matching.usecases.submit_offer import SubmitOffer
from matching.usecases.take_back import TakeBack
from matching.usecases.withdraw_partnership import WithdrawPartnership

SERVICE = "matching"


def build(settings: Settings) -> FastAPI:
    """settings -> adapters -> use cases -> entrypoints."""
    runtime = Runtime(SERVICE, settings, Base.metadata)
    database, outbox, terms = runtime.database, runtime.outbox, settings.terms
    assert outbox is not None  # noqa: S101 - the tables declare one
    assert runtime.timers is not None  # noqa: S101
    links = Links(database, settings.base_url)
    follow_up = FollowUp(runtime.timers)
    propose = ProposeNext(outbox, follow_up, links, terms)
    advance = AdvanceNeed(outbox, follow_up, propose, terms)
    offer = OfferPartnership(follow_up)

    def request(then: Then) -> RequestPartnership:
        return RequestPartnership(follow_up, terms, then)

    def withdraw(then: Then) -> WithdrawPartnership:
        return WithdrawPartnership(follow_up, then)

    def answer(then: Then) -> AnswerProposal:
        return AnswerProposal(outbox, follow_up, links, terms, then)

    # A batch from Kafka is about many needs: what follows for each is done soon, in a transaction of its own. A request
    # over HTTP is about one: what follows is done at once, and the answer tells it.
    from_kafka = partnership_facts.PartnershipFacts(
        request(follow_up.need_soon), offer, withdraw(follow_up.need_soon), ApplyAnswer(answer(follow_up.need_soon))
    )
    members = member_facts.MemberFacts(NoteMember(follow_up))

    async def on_event(event: Event, ce: CloudEvent, session: AsyncSession) -> None:
        await (members if isinstance(event, MemberState) else from_kafka).handle(event, ce, session)

    # One consumer for all: two with different topics in one group would rebalance each other at every start.
    runtime.consume(SERVICE, on_event, (*member_facts.TOPICS, *partnership_facts.TOPICS))
    timers.register(runtime.timers, advance, ServeWaiting(follow_up, advance, terms))
    counting: list[asyncio.Task[None]] = []

    async def start_counting() -> None:
        counting.append(asyncio.create_task(keep_counting(database)))

    async def stop_counting() -> None:
        await end(*counting)

    runtime.on_start.append(start_counting)
    runtime.on_stop.append(stop_counting)

    answering = answer(advance)
    complete = CompletePartnership(outbox)
    take_back = TakeBack(outbox, withdraw(advance))
    pages = Pages.of(settings, SERVICE, service="partnerships")
    app = runtime.app()
    errors.install(app)
    app.include_router(needs.router(database, SubmitNeed(outbox, request(advance)), take_back))
    app.include_router(offers.router(database, SubmitOffer(outbox, offer), take_back))
    app.include_router(proposals.router(database, answering, complete))
    app.include_router(answers.router(database, pages, links, answering))
    app.include_router(home.router(database, pages, answering, complete))
    return app
