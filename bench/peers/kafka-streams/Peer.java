package driveline.peer;

import java.io.BufferedOutputStream;
import java.io.BufferedReader;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.state.KeyValueBytesStoreSupplier;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;

/**
 * The exchange's work by Kafka Streams: `Peer BOOTSTRAP TOPIC TABLES STATE`.
 *
 * <p>Says `ready`, waits for a line, collects, says `committed N` after each commit and `collected` when all is. Each further
 * line is a file to dump the cells to; the end of the input ends it.
 */
public final class Peer {
    private static final int THREADS = 2, WARM_RECORDS = 120_000;

    private Peer() {}

    public static void main(String[] args) throws Exception {
        Tables tables = new Tables(Path.of(args[2]));
        String application = "bench-peer-" + (tables.blocks ? "blocks" : "cells"); // each reads the log from its beginning
        Committed.topic = args[1];
        Map<Integer, Long> ends = warm(args[0], args[1], tables);
        long all = ends.values().stream().mapToLong(Long::longValue).sum();
        KafkaStreams streams = new KafkaStreams(topology(args[1], tables, ends), settings(application, args[0], args[3]));
        streams.setUncaughtExceptionHandler(fault -> {
            fault.printStackTrace();
            Runtime.getRuntime().halt(1);
            return null;
        });
        // Both threads take their tasks first: a task that moves would be restored from the log within the measured time.
        streams.pause();
        streams.start();
        waitForAssignment(application, args[0], ends.size());
        System.out.println("ready");
        var lines = new BufferedReader(new InputStreamReader(System.in));
        lines.readLine();
        streams.resume();
        while (Committed.total() < all) {
            Thread.sleep(20);
        }
        System.out.println("collected refused " + Collect.REFUSED.sum() + " ties "
                + Shard.ALL.values().stream().mapToLong(shard -> shard.ties).sum() + " contributions "
                + Shard.ALL.values().stream().mapToLong(Shard::size).sum());
        for (String path = lines.readLine(); path != null; path = lines.readLine()) {
            dump(Path.of(path));
            System.out.println("dumped");
        }
        streams.close(Duration.ofSeconds(10));
    }

    private static void waitForAssignment(String application, String bootstrap, int partitions) throws Exception {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
            while (true) {
                Thread.sleep(200);
                try {
                    var members = admin.describeConsumerGroups(List.of(application)).all().get().get(application).members();
                    if (members.size() == THREADS && members.stream()
                            .allMatch(member -> member.assignment().topicPartitions().size() == partitions / THREADS)) {
                        Thread.sleep(500);
                        return;
                    }
                } catch (java.util.concurrent.ExecutionException notYet) {
                    // The group comes into being when its first member joins.
                }
            }
        }
    }

    private static Topology topology(String topic, Tables tables, Map<Integer, Long> ends) {
        KeyValueBytesStoreSupplier supplier = new KeyValueBytesStoreSupplier() {
            @Override
            public String name() {
                return Shard.NAME;
            }

            @Override
            public KeyValueStore<Bytes, byte[]> get() {
                return new Shard(tables);
            }

            @Override
            public String metricsScope() {
                return "in-memory";
            }
        };
        var bytes = new ByteArrayDeserializer();
        return new Topology()
                .addSource("pay", bytes, bytes, topic)
                .addProcessor("collect", () -> new Collect(tables, ends), "pay")
                .addStateStore(Stores.keyValueStoreBuilder(supplier, Serdes.Bytes(), Serdes.ByteArray())
                        .withCachingDisabled().withLoggingEnabled(Map.of()), "collect");
    }

    private static Properties settings(String application, String bootstrap, String state) {
        Properties settings = new Properties();
        settings.put(StreamsConfig.APPLICATION_ID_CONFIG, application);
        settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrap);
        settings.put(StreamsConfig.STATE_DIR_CONFIG, state);
        settings.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, THREADS);
        settings.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, 1000);
        settings.put(StreamsConfig.REPLICATION_FACTOR_CONFIG, 1);
        settings.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, 0);
        settings.put(StreamsConfig.BUFFERED_RECORDS_PER_PARTITION_CONFIG, 20_000);
        settings.put(StreamsConfig.mainConsumerPrefix(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG), "earliest");
        settings.put(StreamsConfig.mainConsumerPrefix(ConsumerConfig.MAX_POLL_RECORDS_CONFIG), 2_000);
        settings.put(StreamsConfig.mainConsumerPrefix(ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG), 4 << 20);
        settings.put(StreamsConfig.mainConsumerPrefix(ConsumerConfig.FETCH_MAX_BYTES_CONFIG), 32 << 20);
        settings.put(StreamsConfig.mainConsumerPrefix(ConsumerConfig.RECEIVE_BUFFER_CONFIG), 1 << 20);
        settings.put(StreamsConfig.mainConsumerPrefix(ConsumerConfig.INTERCEPTOR_CLASSES_CONFIG), Committed.class.getName());
        settings.put(StreamsConfig.producerPrefix(ProducerConfig.ACKS_CONFIG), "all");
        settings.put(StreamsConfig.producerPrefix(ProducerConfig.LINGER_MS_CONFIG), 50);
        settings.put(StreamsConfig.producerPrefix(ProducerConfig.BATCH_SIZE_CONFIG), 512 << 10);
        settings.put(StreamsConfig.producerPrefix(ProducerConfig.BUFFER_MEMORY_CONFIG), 128L << 20);
        settings.put(StreamsConfig.producerPrefix(ProducerConfig.SEND_BUFFER_CONFIG), 1 << 20);
        return settings;
    }

    /** Where each partition ends; on the way some of its records go through the hot path into a store of their own. */
    private static Map<Integer, Long> warm(String bootstrap, String topic, Tables tables) {
        Map<Integer, Long> ends = new HashMap<>();
        Map<String, Object> settings = Map.of(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrap,
                ConsumerConfig.MAX_POLL_RECORDS_CONFIG, 5_000);
        var bytes = new ByteArrayDeserializer();
        try (var consumer = new KafkaConsumer<>(settings, bytes, bytes)) {
            List<TopicPartition> parts = consumer.partitionsFor(topic).stream()
                    .map(part -> new TopicPartition(topic, part.partition())).toList();
            consumer.assign(parts);
            consumer.seekToBeginning(parts);
            consumer.endOffsets(parts).forEach((part, end) -> ends.put(part.partition(), end));
            long left = Math.min(WARM_RECORDS, ends.values().stream().mapToLong(Long::longValue).sum());
            Shard scratch = new Shard(tables);
            while (left > 0) {
                var records = consumer.poll(Duration.ofSeconds(1));
                Collect.warm(tables, scratch, records);
                left -= records.count();
            }
        }
        System.gc();
        return ends;
    }

    private static void dump(Path path) throws IOException {
        try (var out = new DataOutputStream(new BufferedOutputStream(Files.newOutputStream(path), 1 << 20))) {
            for (Shard shard : Shard.ALL.values()) {
                shard.cells().dump(out);
            }
        }
    }
}
