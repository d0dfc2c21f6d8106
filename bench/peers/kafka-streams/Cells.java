package driveline.peer;

import java.io.DataOutputStream;
import java.io.IOException;
import java.util.Arrays;

/** Each cell a log of entries put in and taken out, found by arithmetic. */
final class Cells implements Entries {
    private static final int MOST_PER_ENTRY = 56;
    private static final int BLOCKS_SHIFT = 8;
    private static final long CONTRIBUTOR = 32;

    private final Tables tables;
    private final Logs logs = new Logs();
    private final int groups, experience, plan, size, level, shop, row, block;
    private final int[] blockOf;
    private final int[][] meta = new int[1 << 16][];
    private final int[] groupOf = new int[1 << 20];
    private final int[] cells = new int[MOST_PER_ENTRY], blocks = new int[MOST_PER_ENTRY];
    private int blocksUsed;

    Cells(Tables tables) {
        this.tables = tables;
        Places places = new Places(tables);
        groups = places.groups;
        experience = places.experience;
        plan = places.plan;
        size = places.size;
        level = places.level;
        shop = places.shop;
        row = places.row;
        block = places.block;
        blockOf = new int[tables.geographies * groups];
        Arrays.fill(blockOf, -1);
    }

    @Override
    public void fold(int contributor, int cents, int zip, int role, int shopType, int exp, int planCode, int sizeCode, int levelCode,
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
                cells[n++] = first * Logs.INTS;
                cells[n++] = (first + experience + exp) * Logs.INTS;
                cells[n++] = (first + plan + planCode) * Logs.INTS;
                cells[n++] = (first + size + sizeCode) * Logs.INTS;
                cells[n++] = (first + level + levelCode) * Logs.INTS;
                cells[n++] = (first + inRow) * Logs.INTS;
                cells[n++] = (first + inRow + 1 + exp) * Logs.INTS;
            }
        }
        long record = (long) contributor << CONTRIBUTOR | (long) cents << 1 | (removes ? 1 : 0);
        for (int i = 0; i < n; i++) {
            logs.append(meta[blocks[i]], cells[i], record);
        }
    }

    private int block(int group) {
        int number = blockOf[group];
        if (number < 0) {
            number = blockOf[group] = blocksUsed++;
            groupOf[number] = group;
            if (meta[number >> BLOCKS_SHIFT] == null) {
                meta[number >> BLOCKS_SHIFT] = new int[(1 << BLOCKS_SHIFT) * block * Logs.INTS];
            }
        }
        return number;
    }

    @Override
    public void dump(DataOutputStream out) throws IOException {
        for (int number = 0; number < blocksUsed; number++) {
            int[] ints = meta[number >> BLOCKS_SHIFT];
            for (int place = 0; place < block; place++) {
                int cell = ((number & (1 << BLOCKS_SHIFT) - 1) * block + place) * Logs.INTS;
                logs.settle(ints, cell);
                int length = ints[cell + Logs.LENGTH];
                if (length == 0) {
                    continue;
                }
                long[] log = logs.array(ints, cell);
                int from = logs.from(ints, cell), contributors = 0, largest = 0, run = 0;
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
