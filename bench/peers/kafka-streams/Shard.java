package driveline.peer;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.processor.StateStore;
import org.apache.kafka.streams.processor.StateStoreContext;
import org.apache.kafka.streams.processor.TaskId;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.query.Position;

/**
 * A task's store. What is logged is contributions alone: the name of a submission and its newest revision in 32 bytes. Cells
 * follow from them in memory, and again when the changelog is restored.
 */
final class Shard implements KeyValueStore<Bytes, byte[]> {
    static final String NAME = "contributions";
    static final Map<TaskId, Shard> ALL = new ConcurrentHashMap<>();
    static final int VALUE = 32;

    private final Names members = new Names(), submissions = new Names();
    private final Tables tables;
    private final Entries cells;
    /** By submission: its newest revision, and what of it is in the cells. */
    private long[] revisions = new long[1 << 12];
    private int[] contributors = new int[1 << 12], cents = new int[1 << 12], zips = new int[1 << 12], checksums = new int[1 << 12];
    private long[] codes = new long[1 << 12];
    private boolean open;
    private byte[] lastKey;
    private int lastNumber;
    long ties;

    Shard(Tables tables) {
        this.tables = tables;
        cells = tables.blocks ? new Blocks(tables) : new Cells(tables);
    }

    Entries cells() {
        return cells;
    }

    int size() {
        return submissions.size();
    }

    /** The number of a submission if this revision is news, else -1: what is old or a repeat is not logged. */
    boolean isNews(byte[] key, long revision, int checksum) {
        int number = submission(key);
        if (revisions[number] == revision && checksums[number] != checksum) {
            ties++;
        }
        return revision > revisions[number];
    }

    private int submission(byte[] key) {
        if (key == lastKey) {
            return lastNumber;
        }
        int number = submissions.intern(key, 0, key.length);
        lastKey = key;
        lastNumber = number;
        if (number == revisions.length) {
            int room = 2 * number;
            revisions = Arrays.copyOf(revisions, room);
            contributors = Arrays.copyOf(contributors, room);
            cents = Arrays.copyOf(cents, room);
            zips = Arrays.copyOf(zips, room);
            checksums = Arrays.copyOf(checksums, room);
            codes = Arrays.copyOf(codes, room);
        }
        return number;
    }

    @Override
    public void put(Bytes name, byte[] value) {
        byte[] key = name.get();
        int number = submission(key);
        if (revisions[number] == 0) {
            int separator = 0;
            while (key[separator] != 0) {
                separator++;
            }
            contributors[number] = members.intern(key, 0, separator);
        }
        ByteBuffer packed = ByteBuffer.wrap(value);
        long revision = packed.getLong();
        if (revision <= revisions[number]) {
            return;
        }
        if (cents[number] > 0) {
            fold(number, true);
        }
        revisions[number] = revision;
        checksums[number] = packed.getInt();
        int effective = packed.getInt();
        zips[number] = packed.getInt();
        codes[number] = packed.getLong();
        int paid = packed.getInt();
        cents[number] = effective <= tables.cutoff && effective > tables.window ? paid : 0;
        if (cents[number] > 0) {
            fold(number, false);
        }
    }

    private void fold(int number, boolean removes) {
        long code = codes[number];
        cells.fold(contributors[number], cents[number], zips[number], (int) (code & 255), (int) (code >> 8 & 255),
                (int) (code >> 16 & 255), (int) (code >> 24 & 255), (int) (code >> 32 & 255), (int) (code >> 40 & 255), removes);
    }

    @Override
    public void init(StateStoreContext context, StateStore root) {
        context.register(root, (key, value) -> put(Bytes.wrap(key), value));
        ALL.put(context.taskId(), this);
        open = true;
    }

    @Override
    public Position getPosition() {
        return Position.emptyPosition();
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public boolean persistent() {
        return false;
    }

    @Override
    public boolean isOpen() {
        return open;
    }

    @Override
    public void flush() {}

    @Override
    public void close() {
        open = false;
    }

    @Override
    public byte[] putIfAbsent(Bytes key, byte[] value) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void putAll(java.util.List<KeyValue<Bytes, byte[]>> entries) {
        throw new UnsupportedOperationException();
    }

    @Override
    public byte[] delete(Bytes key) {
        throw new UnsupportedOperationException();
    }

    @Override
    public byte[] get(Bytes key) {
        throw new UnsupportedOperationException();
    }

    @Override
    public KeyValueIterator<Bytes, byte[]> range(Bytes from, Bytes to) {
        throw new UnsupportedOperationException();
    }

    @Override
    public KeyValueIterator<Bytes, byte[]> all() {
        throw new UnsupportedOperationException();
    }

    @Override
    public long approximateNumEntries() {
        return submissions.size();
    }
}
