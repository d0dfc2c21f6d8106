package driveline.peer;

import java.util.Arrays;

/**
 * Logs of entries put in and taken out, in a pool of primitive arrays. Four numbers say of each log where it lies.
 *
 * <p>Sorted, a log is the exact multiset of its entries; it is sorted when it is counted. Arrays come in segments, so that
 * growing copies nothing and leaves the garbage collector nothing to do.
 */
final class Logs {
    static final int INTS = 4, START = 0, LENGTH = 1, SIZE_CLASS = 2, REMOVED = 3;
    private static final int SEGMENT_SHIFT = 22, SEGMENT = 1 << SEGMENT_SHIFT;

    private final long[][] pool = new long[512][];
    private final int[] free = new int[32];
    private int used;

    Logs() {
        Arrays.fill(free, -1);
    }

    /** Append a record, whose lowest bit says that it takes an entry out, to the log at ints[at ..]. */
    void append(int[] ints, int at, long record) {
        int length = ints[at + LENGTH];
        int capacity = 1 << ints[at + SIZE_CLASS] & ~1;
        if (length == capacity) {
            if (length > 8 && ints[at + REMOVED] * 4 >= length) {
                settle(ints, at);
                length = ints[at + LENGTH];
            }
            if (length == capacity) {
                grow(ints, at);
            }
        }
        int place = ints[at + START] + length;
        pool[place >> SEGMENT_SHIFT][place & SEGMENT - 1] = record;
        ints[at + LENGTH] = length + 1;
        ints[at + REMOVED] += (int) (record & 1);
    }

    private void grow(int[] ints, int at) {
        int sizeClass = ints[at + SIZE_CLASS] + 1, from = ints[at + START], length = ints[at + LENGTH];
        int to = take(sizeClass);
        if (length > 0) {
            System.arraycopy(pool[from >> SEGMENT_SHIFT], from & SEGMENT - 1, pool[to >> SEGMENT_SHIFT], to & SEGMENT - 1, length);
            pool[from >> SEGMENT_SHIFT][from & SEGMENT - 1] = free[sizeClass - 1];
            free[sizeClass - 1] = from;
        }
        ints[at + START] = to;
        ints[at + SIZE_CLASS] = sizeClass;
    }

    private int take(int sizeClass) {
        int head = free[sizeClass];
        if (head >= 0) {
            free[sizeClass] = (int) pool[head >> SEGMENT_SHIFT][head & SEGMENT - 1];
            return head;
        }
        int records = 1 << sizeClass;
        if (records > SEGMENT) {
            throw new IllegalStateException("a log of more than " + SEGMENT + " records");
        }
        if ((used & SEGMENT - 1) + records > SEGMENT) {
            used = (used >> SEGMENT_SHIFT) + 1 << SEGMENT_SHIFT;
        }
        int start = used;
        used = Math.addExact(used, records);
        if (pool[start >> SEGMENT_SHIFT] == null) {
            pool[start >> SEGMENT_SHIFT] = new long[SEGMENT];
        }
        return start;
    }

    /** Sort a log and let removals cancel their entries. */
    void settle(int[] ints, int at) {
        int length = ints[at + LENGTH];
        if (length == 0) {
            return;
        }
        long[] log = pool[ints[at + START] >> SEGMENT_SHIFT];
        int from = ints[at + START] & SEGMENT - 1, kept = from;
        Arrays.sort(log, from, from + length);
        for (int i = from; i < from + length;) {
            long entry = log[i] & ~1L;
            int balance = 0;
            for (; i < from + length && (log[i] & ~1L) == entry; i++) {
                balance += 1 - 2 * (int) (log[i] & 1);
            }
            for (; balance > 0; balance--) {
                log[kept++] = entry;
            }
        }
        ints[at + LENGTH] = kept - from;
        ints[at + REMOVED] = 0;
    }

    /** The array that holds a log; it begins at {@link #from}. */
    long[] array(int[] ints, int at) {
        return pool[ints[at + START] >> SEGMENT_SHIFT];
    }

    int from(int[] ints, int at) {
        return ints[at + START] & SEGMENT - 1;
    }
}
