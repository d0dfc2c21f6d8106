package driveline.peer;

import java.util.Arrays;

/** Byte strings to numbers, 0, 1, 2 ...: open addressing over one arena, no object a name. */
final class Names {
    private byte[] arena = new byte[1 << 20];
    private int[] ends = new int[1 << 12];
    private int[] hashes = new int[1 << 12];
    private int[] slots = new int[1 << 14];
    private int count;

    Names() {
        Arrays.fill(slots, -1);
    }

    int size() {
        return count;
    }

    /** The number of data[from..to); a name not seen before gets the next one. */
    int intern(byte[] data, int from, int to) {
        int hash = 1;
        for (int i = from; i < to; i++) {
            hash = hash * 31 + data[i];
        }
        hash = hash * 0x9E3779B9;
        int slot = hash >>> 7 & slots.length - 1;
        for (; slots[slot] >= 0; slot = slot + 1 & slots.length - 1) {
            int number = slots[slot];
            if (hashes[number] == hash && Arrays.equals(arena, start(number), ends[number], data, from, to)) {
                return number;
            }
        }
        return add(data, from, to, hash, slot);
    }

    private int start(int number) {
        return number == 0 ? 0 : ends[number - 1];
    }

    private int add(byte[] data, int from, int to, int hash, int slot) {
        int number = count++;
        if (count > ends.length) {
            ends = Arrays.copyOf(ends, 2 * ends.length);
            hashes = Arrays.copyOf(hashes, 2 * hashes.length);
        }
        int start = start(number), end = start + to - from;
        if (end > arena.length) {
            arena = Arrays.copyOf(arena, Math.max(2 * arena.length, end));
        }
        System.arraycopy(data, from, arena, start, to - from);
        ends[number] = end;
        hashes[number] = hash;
        slots[slot] = number;
        if (2 * count > slots.length) {
            slots = new int[2 * slots.length];
            Arrays.fill(slots, -1);
            for (int n = 0; n < count; n++) {
                int at = hashes[n] >>> 7 & slots.length - 1;
                while (slots[at] >= 0) {
                    at = at + 1 & slots.length - 1;
                }
                slots[at] = n;
            }
        }
        return number;
    }
}
