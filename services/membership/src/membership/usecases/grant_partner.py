"""Grant: members let a partner act in their name, thousands of members in one call."""

from collections.abc import Iterable, Sequence

from chassis.database import Database
from chassis.outbox import Outbox

from membership.adapters import facts, grants, partners
from membership.domain.errors import NotAllowedError, RuleBrokenError, UnknownMemberError
from membership.domain.grants import Grant, check_scopes
from membership.usecases.register_partner import GRANTABLE

MEMBERS_AT_MOST = 20_000


class GrantPartner:
    """States grants anew: all of them in one transaction, or none."""

    def __init__(self, database: Database, outbox: Outbox) -> None:
        self._database = database
        self._outbox = outbox

    async def __call__(self, partner: str, scopes: Iterable[str], member_ids: Sequence[str]) -> int:
        """From now on the partner has exactly these scopes for these members; none takes the grants back.

        Returns how many grants that changed. Raises for the first member that nobody knows.
        """
        wanted = sorted(set(member_ids))
        if len(wanted) > MEMBERS_AT_MOST:
            raise RuleBrokenError("member_ids", f"{len(wanted)} members, at most {MEMBERS_AT_MOST} in one call")
        allowed = check_scopes(scopes, GRANTABLE)
        async with self._database.transaction() as session:
            theirs = await partners.partner_scopes(session, partner)
            if theirs is None:
                raise RuleBrokenError("partner", f"'{partner}' is not registered")
            for scope in sorted(allowed - theirs):
                raise NotAllowedError("scopes", f"partner '{partner}' itself does not have '{scope}'")
            known = (await grants.standing(session, partner, wanted)).granted
            for i, member_id in enumerate(member_ids):
                if member_id not in known:
                    raise UnknownMemberError(member_id, f"member_ids.{i}")
            before = await grants.load(session, partner, wanted)
            now = [_restated(before.get(member_id), partner, member_id, allowed) for member_id in wanted]
            changed = [grant for grant in now if grant is not None and grant != before.get(grant.member_id)]
            await grants.save(session, changed)
            await self._outbox.emit_many(session, [facts.grant_changed(grant) for grant in changed])
        return len(changed)


def _restated(old: Grant | None, partner: str, member_id: str, scopes: frozenset[str]) -> Grant | None:
    if old is not None:
        return old.restate(scopes)
    return Grant(partner, member_id, scopes, 1) if scopes else None
