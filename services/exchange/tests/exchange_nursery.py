"""Processes of the exchange that are to die: `python exchange_nursery.py`, one JSON order a line on standard input.

A process of the exchange takes seconds to import what it needs. This one imports it once and forks a child for every
order, {"settings", "group", "keys", "die", "what", "output"}, whose pid it prints: a service, or a builder. A child dies by SIGKILL at the place that
`die` names, as a process does that is killed there.
"""

import json
import os
import signal
import sys
from collections.abc import Callable
from inspect import iscoroutinefunction
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from chassis.dead_letters import DeadLetters
from chassis.producer import Producer
from chassis.run import serve
from chassis.tokens import Verifier
from exchange import app as composition
from exchange import rebuild
from exchange.adapters.epochs import Epochs
from exchange.adapters.generations import Generations
from exchange.adapters.released_cells import ReleasedCells
from exchange.adapters.shard_store import Commit, ShardStore
from exchange.entrypoints.collector import loop
from exchange.entrypoints.collector.ownership import Ownership
from exchange.settings import Settings
from exchange.usecases.cut_shards import CutOfAll, CutShards
from exchange.warm import warm
from exchange_market import places
from exchange_system import ISSUER
from opentelemetry.sdk.trace import TracerProvider


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def around(owner: type, name: str, *, before: bool = False, when: Callable[..., bool] = lambda *_, **__: True) -> None:
    """Die before or right after the first call of a method for which `when` is true."""
    method = getattr(owner, name)

    async def dying(*args: Any, **kwargs: Any) -> Any:
        mine = when(*args, **kwargs)
        if mine and before:
            die()
        result = await method(*args, **kwargs)
        if mine:
            die()
        return result

    def dying_on_a_thread(*args: Any, **kwargs: Any) -> Any:
        mine = when(*args, **kwargs)
        if mine and before:
            die()
        result = method(*args, **kwargs)
        if mine:
            die()
        return result

    setattr(owner, name, dying if iscoroutinefunction(method) else dying_on_a_thread)


def a_batch(_store: ShardStore, partition: int, commit: Commit) -> bool:
    """Of the first partition, where a test may put all that matters to it."""
    return partition == 0 and any(mark.name.startswith("next:") for mark in commit.watermarks)


def a_cutoff(_store: ShardStore, _partition: int, commit: Commit) -> bool:
    return any(mark.name.startswith("cutoff:") for mark in commit.watermarks) and len(commit.watermarks) > 1


def the_manifest(_producer: Producer, topic: str, *_: Any, **__: Any) -> bool:
    return topic == "exchange.epoch"


def to_a_partition(*_: Any, partition: int | None = None, **__: Any) -> bool:
    return partition is not None


def one_after_another(shards: Ownership) -> bool:
    """Not the first generation that a process serves."""
    return bool(shards.owned)


DEATHS: dict[str, Callable[[], None]] = {
    "when it is told to": lambda: None,
    "before a batch is committed": lambda: around(ShardStore, "commit_now", before=True, when=a_batch),
    "after a batch is committed": lambda: around(ShardStore, "commit_now", when=a_batch),
    "after a dead letter": lambda: around(DeadLetters, "send"),
    "after a stray is sent home": lambda: around(Producer, "send", when=to_a_partition),
    "before a cutoff is committed": lambda: around(ShardStore, "commit_now", before=True, when=a_cutoff),
    "after a cutoff is committed": lambda: around(ShardStore, "commit_now", when=a_cutoff),
    "drafted": lambda: around(Epochs, "draft"),
    "counted": lambda: around(CutOfAll, "take"),
    "staged": lambda: around(Epochs, "stage"),
    "prepared": lambda: around(CutOfAll, "confirm", before=True),
    "confirmed": lambda: around(CutShards, "cut"),
    "told": lambda: around(Producer, "send", when=the_manifest),
    "switching": lambda: around(Epochs, "switch"),
    "switched": lambda: around(ReleasedCells, "publish", before=True),
    "changes told": lambda: around(Epochs, "told", before=True),
    "following a generation": lambda: around(Ownership, "move", before=True, when=one_after_another),
    "before the generation is switched": lambda: around(Generations, "switch", before=True),
    "after the generation is switched": lambda: around(Generations, "switch"),
}


def live(order: dict[str, Any]) -> None:
    """A process of the exchange, until it dies."""
    output = os.open(order["output"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(output, 1)
    os.dup2(output, 2)
    loop.GROUP = order["group"]  # type: ignore[misc]
    composition._RESUME_S = 0.1
    DEATHS[order["die"]]()

    async def keys() -> dict[str, Any]:
        return dict(order["keys"])

    settings = Settings(**order["settings"])
    if order["what"] == "rebuild":
        os._exit(rebuild.main(settings))
    app = composition.build(settings)
    app.state.verifier = Verifier(ISSUER, fetch=keys)
    serve(app, settings)


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    # It starts threads between fork and return, behind a lock that nobody is left to open.
    TracerProvider._handle_fork = lambda _self: None
    composition.geography = places
    places()
    warm()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the dead are not kept
    say("ready")
    for line in sys.stdin:
        if (pid := os.fork()) == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            sys.stdin.close()
            live(json.loads(line))
            os._exit(0)
        say(str(pid))
    os.killpg(0, signal.SIGKILL)  # whoever gave the orders is gone
