"""Bind a shard to its log: state that was made of one topic is never continued with another one of the same name."""

from collections.abc import Mapping

from chassis.topic_ids import Topic

from exchange.adapters.shard_store import Commit, ShardStore, Watermark
from exchange.usecases.collect import Owned
from exchange.usecases.load_shard import Unowned


def check_log(owned: Owned, topics: Mapping[str, Topic], partitions: int) -> None:
    """Raise Unowned when a topic is not the one that the shard was made of. One that is missing may come back."""
    partition = owned.shard.partition
    for name, topic in topics.items():
        if topic.partitions != partitions:
            raise Unowned(
                f"partition {partition}: {name} has {topic.partitions} partitions now,"
                f" the state was made with {partitions}"
            )
        if owned.stored.get(f"topic:{name}", topic.id) != topic.id:
            raise Unowned(f"partition {partition}: {name} was made again, the state is that of the topic before")


async def bind_log(owned: Owned, topics: Mapping[str, Topic], store: ShardStore) -> None:
    """Write down which topics the shard is made of, where that is not written yet."""
    names = [name for name in sorted(topics) if f"topic:{name}" not in owned.stored]
    if names:
        marks = [Watermark(f"topic:{name}", "", topics[name].id) for name in names]
        owned.stored.update(await store.commit(owned.shard.partition, Commit(marks)))


def fallen_back(owned: Owned, released: Mapping[str, int]) -> str | None:
    """`lost` or `rewound` when a shard from the store stands before what a release has counted of it, as offsets by topic."""
    if all(owned.committed[topic] >= offset for topic, offset in released.items()):
        return None
    return "rewound" if any(owned.committed.values()) else "lost"
