package driveline;

import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

/** How the words of a text lie in the octets of a message: its alphabet, and the header that numbers the parts of a long one. */
final class Alphabet {
    static final byte HAS_HEADER = 0x40; // in esm_class
    private static final Charset GSM = Charset.forName("X-GSM7BIT");
    private static final byte GSM_CODING = 0;
    private static final byte UCS2_CODING = 8;
    private static final int SEPTETS = 160;
    private static final int OCTETS = 140;
    private static final int HEADER = 6;
    private static final int HEADER_SEPTETS = 7;

    /** One of `total` parts; a text that fits into one message has no reference. */
    record Part(int reference, int total, int number, byte[] words) {}

    /** A message as it goes on the wire. */
    record Encoded(byte coding, boolean hasHeader, byte[] octets) {}

    private Alphabet() {}

    static String decode(byte coding, byte[] words) {
        return switch (coding) {
            case GSM_CODING -> new String(words, GSM);
            case 1 -> new String(words, StandardCharsets.US_ASCII);
            case 3 -> new String(words, StandardCharsets.ISO_8859_1);
            case UCS2_CODING -> new String(words, StandardCharsets.UTF_16BE);
            default -> "data_coding " + (coding & 0xff) + ": " + HexFormat.of().formatHex(words);
        };
    }

    /** The part that a user data header says a message is. */
    static Part part(byte[] octets) {
        int end = 1 + (octets[0] & 0xff);
        byte[] words = Arrays.copyOfRange(octets, end, octets.length);
        for (int at = 1; at + 1 < end; at += 2 + (octets[at + 1] & 0xff)) {
            int length = octets[at + 1];
            if (octets[at] == 0 && length == 3) {
                return new Part(octets[at + 2] & 0xff, octets[at + 3] & 0xff, octets[at + 4] & 0xff, words);
            }
            if (octets[at] == 8 && length == 4) {
                int reference = (octets[at + 2] & 0xff) << 8 | octets[at + 3] & 0xff;
                return new Part(reference, octets[at + 4] & 0xff, octets[at + 5] & 0xff, words);
            }
        }
        return new Part(-1, 1, 1, words);
    }

    /** As a phone sends it: in GSM's alphabet if that has every letter, in several messages if one is too short. */
    static List<Encoded> encode(String text, int reference) {
        boolean gsm = GSM.newEncoder().canEncode(text);
        Charset letters = gsm ? GSM : StandardCharsets.UTF_16BE;
        byte coding = gsm ? GSM_CODING : UCS2_CODING;
        byte[] whole = text.getBytes(letters);
        if (whole.length <= (gsm ? SEPTETS : OCTETS)) {
            return List.of(new Encoded(coding, false, whole));
        }
        List<byte[]> pieces = pieces(text, letters, gsm ? SEPTETS - HEADER_SEPTETS : OCTETS - HEADER);
        List<Encoded> messages = new ArrayList<>();
        for (byte[] piece : pieces) {
            byte[] octets = new byte[HEADER + piece.length];
            byte[] header = {5, 0, 3, (byte) reference, (byte) pieces.size(), (byte) (messages.size() + 1)};
            System.arraycopy(header, 0, octets, 0, HEADER);
            System.arraycopy(piece, 0, octets, HEADER, piece.length);
            messages.add(new Encoded(coding, true, octets));
        }
        return messages;
    }

    /** No letter is torn: an escaped one of GSM's and a surrogate pair stay whole. */
    private static List<byte[]> pieces(String text, Charset letters, int room) {
        List<byte[]> pieces = new ArrayList<>();
        StringBuilder piece = new StringBuilder();
        int taken = 0;
        for (int letter : text.codePoints().toArray()) {
            String written = Character.toString(letter);
            int size = written.getBytes(letters).length;
            if (taken + size > room) {
                pieces.add(piece.toString().getBytes(letters));
                piece.setLength(0);
                taken = 0;
            }
            piece.append(written);
            taken += size;
        }
        pieces.add(piece.toString().getBytes(letters));
        return pieces;
    }
}
