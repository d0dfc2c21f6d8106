package driveline;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jsmpp.bean.OptionalParameter;
import org.jsmpp.bean.OptionalParameter.Tag;
import org.jsmpp.bean.SubmitSm;

/** The phones behind the centre: what each was sent, put together as its owner reads it, and how it takes it. */
final class Phones {
    static final String DELIVERED = "DELIVRD";

    /** How a phone behaves: the state that receipts report, the command status that refuses it (0: none), or no answer at all. */
    record Manner(String receipt, int refusal, boolean silent) {}

    /** A text of one or several parts, some of which may be missing; `ids` are those of the parts in order of arrival. */
    static final class Text {
        final List<String> ids = new ArrayList<>();
        final String from;
        final String to;
        final Instant at = Instant.now();
        final String state;
        final String[] parts;
        private final int reference;

        private Text(String from, String to, String state, Alphabet.Part first) {
            this.from = from;
            this.to = to;
            this.state = state;
            this.parts = new String[first.total()];
            this.reference = first.reference();
        }

        private boolean lacks(String from, String to, Alphabet.Part part) {
            return part.total() > 1 && part.reference() == reference && part.total() == parts.length
                    && from.equals(this.from) && to.equals(this.to) && parts[part.number() - 1] == null;
        }
    }

    private static final Manner USUAL = new Manner(DELIVERED, 0, false);
    private final List<Text> texts = new ArrayList<>();
    private final Map<String, Manner> manners = new ConcurrentHashMap<>();

    Manner manner(String number) {
        return manners.getOrDefault(digits(number), USUAL);
    }

    void teach(String number, Manner manner) {
        manners.put(digits(number), manner);
    }

    /** A repeated part is no part of the same text: it begins another, so that what was sent twice is seen twice. */
    synchronized void receive(String id, SubmitSm submit, String state) {
        Alphabet.Part part = part(submit);
        String from = number(submit.getSourceAddrTon(), submit.getSourceAddr());
        String to = number(submit.getDestAddrTon(), submit.getDestAddress());
        Text text = texts.stream().filter(known -> known.lacks(from, to, part)).findFirst().orElse(null);
        if (text == null) {
            text = new Text(from, to, state, part);
            texts.add(text);
        }
        text.ids.add(id);
        text.parts[part.number() - 1] = Alphabet.decode(submit.getDataCoding(), part.words()); // alone, as a phone does
    }

    synchronized String json() {
        List<String> all = new ArrayList<>();
        for (Text text : texts) {
            StringBuilder words = new StringBuilder();
            List<String> missing = new ArrayList<>();
            for (int number = 1; number <= text.parts.length; number++) {
                String part = text.parts[number - 1];
                if (part == null) {
                    missing.add(String.valueOf(number));
                } else {
                    words.append(part);
                }
            }
            all.add("{\"ids\":[" + String.join(",", text.ids.stream().map(Json::quoted).toList())
                    + "],\"from\":" + Json.quoted(text.from) + ",\"to\":" + Json.quoted(text.to)
                    + ",\"text\":" + Json.quoted(words.toString()) + ",\"parts\":" + text.parts.length
                    + ",\"missing\":[" + String.join(",", missing) + "],\"state\":" + Json.quoted(text.state)
                    + ",\"at\":" + Json.quoted(text.at.toString()) + "}");
        }
        return "[" + String.join(",\n", all) + "]";
    }

    /** International numbers in the one spelling that people use, whether or not the sender wrote the plus. */
    private static String number(byte type, String address) {
        return type == 1 && !address.startsWith("+") ? "+" + address : address;
    }

    private static String digits(String number) {
        return number.startsWith("+") ? number.substring(1) : number;
    }

    private static Alphabet.Part part(SubmitSm submit) {
        OptionalParameter payload = submit.getOptionalParameter(Tag.MESSAGE_PAYLOAD);
        byte[] octets = payload == null
                ? submit.getShortMessage() : ((OptionalParameter.OctetString) payload).getValue();
        Alphabet.Part found;
        if ((submit.getEsmClass() & Alphabet.HAS_HEADER) != 0 && octets.length > 0) {
            found = Alphabet.part(octets);
        } else {
            found = new Alphabet.Part(
                    tagged(submit, Tag.SAR_MSG_REF_NUM, -1), tagged(submit, Tag.SAR_TOTAL_SEGMENTS, 1),
                    tagged(submit, Tag.SAR_SEGMENT_SEQNUM, 1), octets);
        }
        boolean numbered = found.number() >= 1 && found.number() <= found.total();
        return numbered ? found : new Alphabet.Part(-1, 1, 1, found.words());
    }

    private static int tagged(SubmitSm submit, Tag tag, int otherwise) {
        OptionalParameter found = submit.getOptionalParameter(tag);
        if (found == null) {
            return otherwise;
        }
        byte[] value = Arrays.copyOfRange(found.serialize(), 4, found.serialize().length); // behind tag and length
        int number = 0;
        for (byte octet : value) {
            number = number << 8 | octet & 0xff;
        }
        return number;
    }
}
