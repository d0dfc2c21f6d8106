package driveline.peer;

import java.io.DataOutputStream;
import java.io.IOException;
import java.util.Arrays;

/**
 * The live cells of one task in primitive arrays: each cell a log of entries put in and taken out, found by arithmetic.
 *
 * <p>Sorted, a log is the exact multiset of cents and the entries by contributor; it is sorted when it is counted. Arrays come
 * in segments, so that growing copies nothing and leaves the garbage collector nothing to do.
 */
final class Cells {
    private static final int MOST_PER_ENTRY = 56;
    private static final int INTS = 4, START = 0, LENGTH = 1, SIZE_CLASS = 2, REMOVED = 3;
    private static final int BLOCKS_SHIFT = 8, SEGMENT_SHIFT = 22, SEGMENT = 1 << SEGMENT_SHIFT;
    private static final long CONTRIBUTOR = 32;

    private final Tables tables;
    private final int groups, experience, plan, size, level, shop, row, block;
    private final int[] blockOf;
    private final int[][] meta = new int[1 << 16][];
    private final int[] groupOf = new int[1 << 20];
    private final long[][] pool = new long[512][];
    private final int[] free = new int[32];
    private final int[] cells = new int[MOST_PER_ENTRY], blocks = new int[MOST_PER_ENTRY];
    private int blocksUsed;
    private int used;

    Cells(Tables tables) {
        this.tables = tables;
        groups = tables.roles.size() + 1;
        experience = 1;
        plan = experience + tables.experiences.size();
        size = plan + tables.plans.size();
        level = size + tables.sizes.size();
        shop = level + 3;
        row = tables.experiences.size() + 1;
        block = shop + tables.shopTypes.size() * row;
        blockOf = new int[tables.geographies * groups];
        Arrays.fill(blockOf, -1);
        Arrays.fill(free, -1);
    }

    /** Put an entry into its cells, or take exactly that entry out again. */
    void fold(int contributor, int cents, int zip, int role, int shopType, int exp, int planCode, int sizeCode, int levelCode,
            boolean removes) {
        int n = 0;
        int inRow = shop + shopType * row;
        for (int step = 0; step < 4; step++) {
            int geography = tables.chains[zip * 4 + step];
            if (geography < 0) {
                continue;
            }
            for (int which = 0; which < 2; which++) {
                int number = block(geography * groups + (which == 0 ? 0 : role + 1));
                int first = (number & (1 << BLOCKS_SHIFT) - 1) * block;
                Arrays.fill(blocks, n, n + 7, number >> BLOCKS_SHIFT);
                cells[n++] = first * INTS;
                cells[n++] = (first + experience + exp) * INTS;
                cells[n++] = (first + plan + planCode) * INTS;
                cells[n++] = (first + size + sizeCode) * INTS;
                cells[n++] = (first + level + levelCode) * INTS;
                cells[n++] = (first + inRow) * INTS;
                cells[n++] = (first + inRow + 1 + exp) * INTS;
            }
        }
        long record = (long) contributor << CONTRIBUTOR | (long) cents << 1 | (removes ? 1 : 0);
        for (int i = 0; i < n; i++) {
            append(meta[blocks[i]], cells[i], record);
        }
    }

    private int block(int group) {
        int number = blockOf[group];
        if (number < 0) {
            number = blockOf[group] = blocksUsed++;
            groupOf[number] = group;
            if (meta[number >> BLOCKS_SHIFT] == null) {
                meta[number >> BLOCKS_SHIFT] = new int[(1 << BLOCKS_SHIFT) * block * INTS];
            }
        }
        return number;
    }

    private void append(int[] ints, int cell, long record) {
        int length = ints[cell + LENGTH];
        int capacity = 1 << ints[cell + SIZE_CLASS] & ~1;
        if (length == capacity) {
            if (length > 8 && ints[cell + REMOVED] * 4 >= length) {
                settle(ints, cell);
                length = ints[cell + LENGTH];
            }
            if (length == capacity) {
                grow(ints, cell);
            }
        }
        int place = ints[cell + START] + length;
        pool[place >> SEGMENT_SHIFT][place & SEGMENT - 1] = record;
        ints[cell + LENGTH] = length + 1;
        ints[cell + REMOVED] += (int) (record & 1);
    }

    private void grow(int[] ints, int cell) {
        int sizeClass = ints[cell + SIZE_CLASS] + 1, from = ints[cell + START], length = ints[cell + LENGTH];
        int to = take(sizeClass);
        if (length > 0) {
            System.arraycopy(pool[from >> SEGMENT_SHIFT], from & SEGMENT - 1, pool[to >> SEGMENT_SHIFT], to & SEGMENT - 1, length);
            pool[from >> SEGMENT_SHIFT][from & SEGMENT - 1] = free[sizeClass - 1];
            free[sizeClass - 1] = from;
        }
        ints[cell + START] = to;
        ints[cell + SIZE_CLASS] = sizeClass;
    }

    private int take(int sizeClass) {
        int head = free[sizeClass];
        if (head >= 0) {
            free[sizeClass] = (int) pool[head >> SEGMENT_SHIFT][head & SEGMENT - 1];
            return head;
        }
        int records = 1 << sizeClass;
        if (records > SEGMENT) {
            throw new IllegalStateException("a cell of more than " + SEGMENT + " records");
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
    private void settle(int[] ints, int cell) {
        int length = ints[cell + LENGTH];
        if (length == 0) {
            return;
        }
        long[] log = pool[ints[cell + START] >> SEGMENT_SHIFT];
        int from = ints[cell + START] & SEGMENT - 1, kept = from;
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
        ints[cell + LENGTH] = kept - from;
        ints[cell + REMOVED] = 0;
    }

    /** Every cell that holds an entry: its filters, contributors, entries, the largest contributor's, and the sum of cents. */
    void dump(DataOutputStream out) throws IOException {
        for (int number = 0; number < blocksUsed; number++) {
            int[] ints = meta[number >> BLOCKS_SHIFT];
            for (int place = 0; place < block; place++) {
                int cell = ((number & (1 << BLOCKS_SHIFT) - 1) * block + place) * INTS;
                settle(ints, cell);
                int length = ints[cell + LENGTH];
                if (length == 0) {
                    continue;
                }
                long[] log = pool[ints[cell + START] >> SEGMENT_SHIFT];
                int from = ints[cell + START] & SEGMENT - 1, contributors = 0, largest = 0, run = 0;
                long last = -1, sum = 0;
                for (int i = from; i < from + length; i++) {
                    if (log[i] >> CONTRIBUTOR != last) {
                        last = log[i] >> CONTRIBUTOR;
                        contributors++;
                        run = 0;
                    }
                    largest = Math.max(largest, ++run);
                    sum += (log[i] & 0xFFFF_FFFFL) >> 1;
                }
                out.writeInt(groupOf[number] / groups);
                out.writeInt(groupOf[number] % groups);
                out.writeInt(place);
                out.writeInt(contributors);
                out.writeInt(length);
                out.writeInt(largest);
                out.writeLong(sum);
            }
        }
    }
}
