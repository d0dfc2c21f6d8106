package driveline.peer;

import java.io.DataOutputStream;
import java.io.IOException;
import java.util.Arrays;

/**
 * The exchange's own layout (decision 0522): each block one log of entries with their codes, cells made of it when counted.
 *
 * <p>A record is contributor (30 bits), cents (16), shop type (4), experience (3), plan (4), size (3), level (2), removes (1).
 */
final class Blocks implements Entries {
    private static final int BLOCKS_SHIFT = 12;
    private static final int CONTRIBUTOR = 33, CENTS = 17, SHOP = 13, EXPERIENCE = 10, PLAN = 6, SIZE = 3, LEVEL = 1;

    private final Tables tables;
    private final Logs logs = new Logs();
    private final Places places;
    private final int[] blockOf;
    private final int[][] meta = new int[1 << 12][];
    private final int[] groupOf = new int[1 << 20];
    private int blocksUsed;

    Blocks(Tables tables) {
        this.tables = tables;
        places = new Places(tables);
        blockOf = new int[tables.geographies * places.groups];
        Arrays.fill(blockOf, -1);
    }

    @Override
    public void fold(int contributor, int cents, int zip, int role, int shopType, int exp, int planCode, int sizeCode,
            int levelCode, boolean removes) {
        long record = (long) contributor << CONTRIBUTOR | (long) cents << CENTS | shopType << SHOP | exp << EXPERIENCE
                | planCode << PLAN | sizeCode << SIZE | levelCode << LEVEL | (removes ? 1 : 0);
        for (int step = 0; step < 4; step++) {
            int geography = tables.chains[zip * 4 + step];
            if (geography < 0) {
                continue;
            }
            append(geography * places.groups, record);
            append(geography * places.groups + role + 1, record);
        }
    }

    private void append(int group, long record) {
        int number = blockOf[group];
        if (number < 0) {
            number = blockOf[group] = blocksUsed++;
            groupOf[number] = group;
            if (meta[number >> BLOCKS_SHIFT] == null) {
                meta[number >> BLOCKS_SHIFT] = new int[(1 << BLOCKS_SHIFT) * Logs.INTS];
            }
        }
        logs.append(meta[number >> BLOCKS_SHIFT], (number & (1 << BLOCKS_SHIFT) - 1) * Logs.INTS, record);
    }

    @Override
    public void dump(DataOutputStream out) throws IOException {
        int n = places.block;
        int[] contributors = new int[n], entries = new int[n], largest = new int[n], run = new int[n];
        long[] last = new long[n], sum = new long[n];
        int[] of = new int[7];
        for (int number = 0; number < blocksUsed; number++) {
            int[] ints = meta[number >> BLOCKS_SHIFT];
            int at = (number & (1 << BLOCKS_SHIFT) - 1) * Logs.INTS;
            logs.settle(ints, at);
            int length = ints[at + Logs.LENGTH];
            if (length == 0) {
                continue;
            }
            Arrays.fill(contributors, 0);
            Arrays.fill(entries, 0);
            Arrays.fill(largest, 0);
            Arrays.fill(last, -1);
            Arrays.fill(sum, 0);
            long[] log = logs.array(ints, at);
            int from = logs.from(ints, at);
            for (int i = from; i < from + length; i++) {
                placesOf(log[i], of);
                for (int place : of) {
                    if (log[i] >> CONTRIBUTOR != last[place]) {
                        last[place] = log[i] >> CONTRIBUTOR;
                        contributors[place]++;
                        run[place] = 0;
                    }
                    largest[place] = Math.max(largest[place], ++run[place]);
                    entries[place]++;
                    sum[place] += log[i] >> CENTS & 0xFFFF;
                }
            }
            for (int place = 0; place < n; place++) {
                if (entries[place] > 0) {
                    out.writeInt(groupOf[number] / places.groups);
                    out.writeInt(groupOf[number] % places.groups);
                    out.writeInt(place);
                    out.writeInt(contributors[place]);
                    out.writeInt(entries[place]);
                    out.writeInt(largest[place]);
                    out.writeLong(sum[place]);
                }
            }
        }
    }

    private void placesOf(long record, int[] of) {
        int experience = (int) (record >> EXPERIENCE & 7), row = places.shop + (int) (record >> SHOP & 15) * places.row;
        of[0] = 0;
        of[1] = places.experience + experience;
        of[2] = places.plan + (int) (record >> PLAN & 15);
        of[3] = places.size + (int) (record >> SIZE & 7);
        of[4] = places.level + (int) (record >> LEVEL & 3);
        of[5] = row;
        of[6] = row + 1 + experience;
    }
}
