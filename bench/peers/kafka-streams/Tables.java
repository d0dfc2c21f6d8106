package driveline.peer;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The code tables and the ZIPs' chains of geographies, as the bench wrote them: a vocabulary has one home. */
final class Tables {
    final Words fields;
    final Words roles;
    final Words shopTypes;
    final Words experiences;
    final Words sizes;
    final Words plans;
    final Words units;
    final Words credentials;
    final int[] unitOfPlan;
    final long[] masters;
    final int geographies;
    /** Nation, division, state, metro of a ZIP: four numbers each, -1 where there is none. */
    final int[] chains;
    /** Whether entries are kept by block, as the exchange does, instead of by cell. */
    final boolean blocks;
    final int cutoff;
    final int window;

    Tables(Path folder) throws IOException {
        Map<String, List<String>> lines = new HashMap<>();
        for (String line : Files.readAllLines(folder.resolve("tables"), StandardCharsets.US_ASCII)) {
            List<String> words = List.of(line.split(" "));
            lines.put(words.get(0), words.subList(1, words.size()));
        }
        fields = new Words(lines.get("fields"));
        roles = new Words(lines.get("roles"));
        shopTypes = new Words(lines.get("shop_types"));
        experiences = new Words(lines.get("experiences"));
        sizes = new Words(lines.get("sizes"));
        plans = new Words(lines.get("plans"));
        units = new Words(lines.get("units"));
        credentials = new Words(lines.get("credentials"));
        unitOfPlan = lines.get("unit_of_plan").stream().mapToInt(Integer::parseInt).toArray();
        masters = lines.get("masters").stream().mapToLong(Long::parseLong).toArray();
        blocks = lines.get("layout").contains("blocks");
        cutoff = Integer.parseInt(lines.get("cutoff").get(0));
        window = Integer.parseInt(lines.get("window").get(0));
        ByteBuffer packed = ByteBuffer.wrap(Files.readAllBytes(folder.resolve("chains"))).order(ByteOrder.LITTLE_ENDIAN);
        chains = new int[packed.remaining() / 4];
        packed.asIntBuffer().get(chains);
        int most = 0;
        for (int geography : chains) {
            most = Math.max(most, geography + 1);
        }
        geographies = most;
    }

    /** A short list of ASCII words, found by their bytes without making a text of them. */
    static final class Words {
        private final byte[][] words;
        private final byte[] slots = new byte[256];

        Words(List<String> texts) {
            words = new byte[texts.size()][];
            java.util.Arrays.fill(slots, (byte) -1);
            for (int n = 0; n < words.length; n++) {
                words[n] = texts.get(n).getBytes(StandardCharsets.US_ASCII);
                int slot = hash(words[n], 0, words[n].length);
                while (slots[slot] >= 0) {
                    slot = slot + 1 & 255;
                }
                slots[slot] = (byte) n;
            }
        }

        int size() {
            return words.length;
        }

        /** The number of the word at data[from..to), or -1. */
        int find(byte[] data, int from, int to) {
            for (int slot = hash(data, from, to); slots[slot] >= 0; slot = slot + 1 & 255) {
                if (is(slots[slot], data, from, to)) {
                    return slots[slot];
                }
            }
            return -1;
        }

        boolean is(int number, byte[] data, int from, int to) {
            byte[] word = words[number];
            return word.length == to - from && java.util.Arrays.equals(word, 0, word.length, data, from, to);
        }

        private static int hash(byte[] data, int from, int to) {
            if (to == from) {
                return 0;
            }
            int mixed = (to - from) * 31 + data[from] * 7 + data[from + (to - from) / 2] * 131 + data[to - 1] * 1031;
            return (mixed ^ mixed >>> 8) & 255;
        }
    }
}
