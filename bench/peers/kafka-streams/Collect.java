package driveline.peer;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import java.util.zip.CRC32;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;

/** Judges an event's envelope and body, and puts its contribution into the task's store when it is news. */
final class Collect implements Processor<byte[], byte[], Void, Void> {
    static final LongAdder REFUSED = new LongAdder();
    private static final byte[] TYPE = "driveline.pay.submitted.v1".getBytes(StandardCharsets.US_ASCII);

    private final Tables tables;
    private final Map<Integer, Long> ends;
    private final CRC32 crc = new CRC32();
    private final Body body;
    private ProcessorContext<Void, Void> context;
    private KeyValueStore<Bytes, byte[]> store;
    private Shard shard;
    private long last;

    Collect(Tables tables, Map<Integer, Long> ends) {
        this.tables = tables;
        this.ends = ends;
        body = new Body(tables);
    }

    @Override
    public void init(ProcessorContext<Void, Void> context) {
        this.context = context;
        store = context.getStateStore(Shard.NAME);
        shard = Shard.ALL.get(context.taskId());
        last = ends.getOrDefault(context.taskId().partition(), 0L) - 1;
    }

    @Override
    public void process(Record<byte[], byte[]> record) {
        byte[] value = record.value();
        if (value == null || !isOurs(record.headers()) || !body.read(value)) {
            REFUSED.increment();
        } else {
            byte[] key = key(value);
            int checksum = checksum(value);
            if (shard.isNews(key, body.revision, checksum)) {
                store.put(Bytes.wrap(key), contribution(checksum));
            }
        }
        // The log ends here: what is left is not made to wait for the interval.
        if (context.recordMetadata().get().offset() == last) {
            context.commit();
        }
    }

    static boolean isOurs(Headers headers) {
        boolean id = false, source = false, version = false, type = false;
        for (Header header : headers) {
            switch (header.key()) {
                case "ce_id" -> id = header.value() != null && header.value().length > 0;
                case "ce_source" -> source = header.value() != null && header.value().length > 0;
                case "ce_specversion" -> version = header.value() != null && header.value().length == 3;
                case "ce_type" -> type = Arrays.equals(header.value(), TYPE);
                default -> { }
            }
        }
        return id && source && version && type;
    }

    private byte[] key(byte[] value) {
        int member = body.memberTo - body.memberFrom, submission = body.submissionTo - body.submissionFrom;
        byte[] key = new byte[member + 1 + submission];
        System.arraycopy(value, body.memberFrom, key, 0, member);
        System.arraycopy(value, body.submissionFrom, key, member + 1, submission);
        return key;
    }

    private int checksum(byte[] value) {
        crc.reset();
        crc.update(value, 0, value.length);
        return (int) crc.getValue();
    }

    private byte[] contribution(int checksum) {
        long codes = body.role | (long) body.shopType << 8 | (long) body.experience << 16 | (long) body.plan << 24
                | (long) body.size << 32 | (long) body.credentialLevel << 40;
        byte[] packed = new byte[Shard.VALUE];
        ByteBuffer.wrap(packed).putLong(body.revision).putInt(checksum).putInt(body.effective).putInt(body.zip)
                .putLong(codes).putInt(body.cents);
        return packed;
    }

    /** The same work without the log, into a store that is thrown away: so that the compiler has seen it before the clock runs. */
    static void warm(Tables tables, Shard scratch, Iterable<? extends org.apache.kafka.clients.consumer.ConsumerRecord<byte[], byte[]>> records) {
        Collect collect = new Collect(tables, Map.of());
        for (var record : records) {
            if (isOurs(record.headers()) && collect.body.read(record.value())) {
                byte[] key = collect.key(record.value());
                int checksum = collect.checksum(record.value());
                if (scratch.isNews(key, collect.body.revision, checksum)) {
                    scratch.put(Bytes.wrap(key), collect.contribution(checksum));
                }
            }
        }
    }
}
