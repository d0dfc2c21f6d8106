package driveline.peer;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.clients.consumer.ConsumerInterceptor;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;

/** Says on standard output how many records are committed, after each commit: changelog acknowledged, then offsets. */
public final class Committed implements ConsumerInterceptor<byte[], byte[]> {
    private static final Map<TopicPartition, Long> REACHED = new ConcurrentHashMap<>();

    static volatile String topic;

    static long total() {
        return REACHED.values().stream().mapToLong(Long::longValue).sum();
    }

    @Override
    public void onCommit(Map<TopicPartition, OffsetAndMetadata> offsets) {
        offsets.forEach((part, offset) -> {
            if (part.topic().equals(topic)) {
                REACHED.merge(part, offset.offset(), Math::max);
            }
        });
        System.out.println("committed " + total());
    }

    @Override
    public ConsumerRecords<byte[], byte[]> onConsume(ConsumerRecords<byte[], byte[]> records) {
        return records;
    }

    @Override
    public void close() {}

    @Override
    public void configure(Map<String, ?> configs) {}
}
