"""Act three: what was refused and why, as the partners themselves can read it, and what ended in the dead letters."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

import httpx
from contracts.topics import partner_topics, topic

from driveline.demo import tail
from driveline.demo.spoil import Spoil
from driveline.running import Running


@dataclass
class Refusals:
    """What the partners' topics of refusals hold against what had to be refused."""

    reasons: dict[str, list[str]] = field(default_factory=dict)  # by kind of bad input, every reason given
    silent: list[str] = field(default_factory=list)  # bad input that nobody refused
    wrong: list[str] = field(default_factory=list)  # good input refused, or refused for another field
    receipts: int = 0  # receipts that say the same
    receipts_wrong: list[str] = field(default_factory=list)

    @property
    def count(self) -> int:
        """How many events were refused as they had to be."""
        return sum(len(reasons) for reasons in self.reasons.values())

    @property
    def clean(self) -> bool:
        """Whether all bad input was refused for its own reason, all good input taken, and every receipt said so."""
        return not (self.silent or self.wrong or self.receipts_wrong)


def refusals(running: Running, partners: Iterable[str], expected: dict[str, Spoil]) -> Refusals:
    """Reads `partner.<name>.rejected` of the partners, and asks for one receipt of each kind of bad input."""
    reasons: dict[str, list[str]] = defaultdict(list)
    for partner in partners:
        rejected = partner_topics(partner)[1]
        for body in tail.bodies(running.kafka, rejected.name, rejected.partitions):
            reasons[body["ce_id"]].append(body["reason"])
    found = Refusals(silent=sorted(expected.keys() - reasons.keys()))
    examples: dict[str, tuple[str, str]] = {}
    for ce_id, given in sorted(reasons.items()):
        kind = expected.get(ce_id)
        if kind is None or len(given) != 1 or given[0].partition(":")[0] != kind.field:
            found.wrong.append(f"{ce_id}: {'; '.join(given)}")
            continue
        found.reasons.setdefault(kind.label, []).append(given[0])
        examples.setdefault(kind.label, (ce_id, given[0]))
    asyncio.run(_receipts(running, examples, found))
    return found


async def _receipts(running: Running, examples: dict[str, tuple[str, str]], found: Refusals) -> None:
    headers = {"authorization": f"Bearer {running.admin_token}"}
    async with httpx.AsyncClient(base_url=running.membership, headers=headers, timeout=30) as client:
        for ce_id, reason in examples.values():
            said = await client.get(f"/v1/receipts/{ce_id}")
            receipt = said.json() if said.status_code == httpx.codes.OK else {}
            if (receipt.get("outcome"), receipt.get("reason")) == ("refused", reason):
                found.receipts += 1
            else:
                found.receipts_wrong.append(f"{ce_id}: {said.status_code} {said.text[:120]}")


def dead_letters(running: Running, service: str) -> list[str]:
    """The reasons of everything in a service's dead letters, with the topic it came from."""
    dead = topic(f"{service}.dead")
    found = []
    for record in tail.records(running.kafka, dead.name, dead.partitions):
        headers = {name: (raw or b"").decode() for name, raw in record.headers}
        found.append(f"{headers.get('dead_topic')}: {headers.get('dead_reason')}")
    return found
