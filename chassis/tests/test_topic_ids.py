"""A topic's id as the broker tells it: another one when the topic is made again."""

import asyncio

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.client import AIOKafkaClient
from chassis.topic_ids import topics_now
from chassis_shop import Shop


async def test_a_topic_made_again_has_another_id(shop: Shop) -> None:
    kafka = shop.settings.kafka
    admin, client = AIOKafkaAdminClient(bootstrap_servers=kafka), AIOKafkaClient(bootstrap_servers=kafka)
    await asyncio.gather(admin.start(), client.bootstrap())
    name = "chassis.made-again"
    seen = []
    for partitions in (2, 5):
        await admin.create_topics([NewTopic(name, partitions, 1)])
        while name not in (found := await topics_now(client, [name, "chassis.never-made"])):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        assert set(found) == {name}
        seen.append(found[name])
        assert await topics_now(client, [name]) == found
        await admin.delete_topics([name])
        while await topics_now(client, [name]):  # noqa: ASYNC110 - the broker takes its time
            await asyncio.sleep(0.05)
    await asyncio.gather(admin.close(), client.close())
    assert [topic.partitions for topic in seen] == [2, 5]
    assert len({topic.id for topic in seen}) == 2
    assert all(len(topic.id) == 32 for topic in seen)
