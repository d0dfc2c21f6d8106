"""The composition root of membership's main process: members, identity, HTTP intake, dead letters of all services."""

from collections.abc import Iterable, Mapping, Sequence

from chassis.apply import Apply, Record
from chassis.consumer import consume_records
from chassis.dead_letters import Rejection
from chassis.events import event_applier
from chassis.pages import Pages
from chassis.runtime import Runtime
from chassis.tokens import Verifier
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncSession

from membership.adapters.refusals import Refusals
from membership.adapters.tables import Base
from membership.entrypoints import consents, dead_records, join_requests
from membership.entrypoints.http import (
    errors,
    events,
    identity,
    imports,
    members,
    own_page,
    partners,
    people,
    sign_in,
    sign_in_links,
)
from membership.settings import Settings
from membership.usecases.answer_receipt import AnswerReceipt
from membership.usecases.grant_partner import GrantPartner
from membership.usecases.import_registry import ImportRegistry
from membership.usecases.issue_token import IssueToken
from membership.usecases.join_member import JoinMember
from membership.usecases.note_dead_letter import NoteDeadLetter
from membership.usecases.register_partner import RegisterPartner
from membership.usecases.rotate_keys import RotateKeys
from membership.usecases.send_sign_in_link import SendSignInLink
from membership.usecases.sign_in import SignIn
from membership.usecases.take_in import TakeIn

GROUP = "membership"


def by_topic(special: Mapping[str, Apply], otherwise: Apply) -> Apply:
    """Apply the records of some topics in a way of their own; all records of a call are of one partition."""

    async def apply(records: Sequence[Record], session: AsyncSession) -> Iterable[Rejection] | None:
        return await special.get(records[0].topic, otherwise)(records, session)

    return apply


def build(settings: Settings) -> FastAPI:
    """settings -> adapters -> use cases -> entrypoints."""
    runtime = Runtime("membership", settings, Base.metadata)
    database, outbox, producer = runtime.database, runtime.outbox, runtime.broker.producer
    assert outbox is not None  # noqa: S101 - the tables declare one
    issue = IssueToken(database, settings)
    # The issuer knows its own keys; asking itself over HTTP would make its first answer wait for itself.
    runtime.verifier = Verifier(settings.issuer, fetch=issue.jwks)

    joining = join_requests.JoinRequests(JoinMember(outbox), outbox)
    dead = dead_records.DeadRecords(NoteDeadLetter(Refusals(producer)))
    stated = event_applier(consents.Consents(outbox).handle, GROUP)
    # One consumer for all: two with different topics in one group would rebalance each other at every start.
    consume_records(
        runtime.broker,
        service="membership",
        group=GROUP,
        apply=by_topic(
            dict.fromkeys(dead_records.TOPICS, dead.apply) | dict.fromkeys(consents.TOPICS, stated),
            event_applier(joining.handle, GROUP),
        ),
        dead_letters=runtime.dead_letters,
        database=database,
        topics=(*join_requests.TOPICS, *consents.TOPICS, *dead_records.TOPICS),
    )

    app = runtime.app()
    errors.install(app)
    app.include_router(identity.router(settings.issuer, issue, RotateKeys(database)))
    app.include_router(members.router(database, outbox))
    app.include_router(people.router(database, outbox))
    app.include_router(partners.router(database, RegisterPartner(database), GrantPartner(database, outbox)))
    app.include_router(imports.router(ImportRegistry(database, outbox)))
    app.include_router(events.router(database, TakeIn(producer), AnswerReceipt(database)))
    # Last: `/` and `/sign-in/{token}` are for people.
    pages = Pages.of(settings, "membership", service="membership", forms_to=settings.origins)
    send = SendSignInLink(database, outbox, settings)
    app.include_router(sign_in_links.router(send))
    app.include_router(sign_in.router(pages, settings, send, SignIn(database, settings)))
    app.include_router(own_page.router(pages, settings, database))
    return app
