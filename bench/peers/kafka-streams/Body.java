package driveline.peer;

/** One pass over the bytes of a `pay.submitted` body; what it read stays in the fields until the next body. Makes no objects. */
final class Body {
    private static final int BONUS = 0, BASE = 1, CREDENTIALS = 2, EFFECTIVE = 3, EXPERIENCE = 4, HOURS = 5, FLAGGED = 6,
            GUARANTEED = 7, SALES = 8, MEMBER = 9, PLAN = 10, RATE = 11, UNIT = 12, REVISION = 13, ROLE = 14, SHOP = 15,
            SIZE = 16, SUBMISSION = 17, EXTRA = 18, ZIP = 19;
    private static final int OPTIONAL =
            1 << BONUS | 1 << BASE | 1 << CREDENTIALS | 1 << FLAGGED | 1 << GUARANTEED | 1 << SALES | 1 << EXTRA;
    private static final int REQUIRED = (1 << 20) - 1 & ~OPTIONAL;
    private static final int[] MONTH_STARTS = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
    private static final int[] MONTH_DAYS = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    int memberFrom, memberTo, submissionFrom, submissionTo;
    long revision;
    int cents, zip, effective, role, shopType, experience, plan, size, credentialLevel;

    private final Tables tables;
    private final long[] amounts = new long[20];
    private int at;

    Body(Tables tables) {
        this.tables = tables;
    }

    /** False for a body that is refused: a dead letter. */
    boolean read(byte[] data) {
        int end = data.length;
        java.util.Arrays.fill(amounts, -1);
        int seen = 0, guess = 0, unit = -1;
        credentialLevel = 0;
        at = 1;
        if (end < 2 || data[0] != '{') {
            return false;
        }
        while (true) {
            int close = text(data, at, end);
            if (close < 0) {
                return false;
            }
            int field = tables.fields.is(guess, data, at + 1, close) ? guess : tables.fields.find(data, at + 1, close);
            if (field < 0 || (seen >> field & 1) != 0) {
                return false;
            }
            seen |= 1 << field;
            guess = field + 1 < 20 ? field + 1 : 0;
            at = close + 1;
            if (at >= end || data[at++] != ':') {
                return false;
            }
            at = blanks(data, at, end);
            if (field == REVISION) {
                int from = at;
                long number = 0;
                while (at < end && data[at] >= '0' && data[at] <= '9' && at - from < 18) {
                    number = number * 10 + data[at++] - '0';
                }
                revision = number;
                if (number == 0) {
                    return false;
                }
            } else if (field == CREDENTIALS) {
                if (!credentials(data, end)) {
                    return false;
                }
            } else {
                close = text(data, at, end);
                if (close < 0) {
                    return false;
                }
                int from = at + 1;
                boolean good = true;
                switch (field) {
                    case EXPERIENCE -> good = (experience = tables.experiences.find(data, from, close)) >= 0;
                    case PLAN -> good = (plan = tables.plans.find(data, from, close)) >= 0;
                    case UNIT -> good = (unit = tables.units.find(data, from, close)) >= 0;
                    case ROLE -> good = (role = tables.roles.find(data, from, close)) >= 0;
                    case SHOP -> good = (shopType = tables.shopTypes.find(data, from, close)) >= 0;
                    case SIZE -> good = (size = tables.sizes.find(data, from, close)) >= 0;
                    case MEMBER -> {
                        memberFrom = from;
                        memberTo = close;
                        good = close > from && close - from <= 200;
                    }
                    case SUBMISSION -> {
                        submissionFrom = from;
                        submissionTo = close;
                        good = close > from && close - from <= 200;
                    }
                    case EFFECTIVE -> good = (effective = day(data, from, close)) > 0;
                    case ZIP -> {
                        zip = close - from == 5 ? digits(data, from, 5) : -1;
                        good = zip >= 0 && tables.chains[zip * 4] >= 0;
                    }
                    default -> good = (amounts[field] = decimal(data, from, close)) >= 0;
                }
                if (!good) {
                    return false;
                }
                at = close + 1;
            }
            if (at >= end) {
                return false;
            }
            if (data[at] == '}') {
                break;
            }
            if (data[at++] != ',') {
                return false;
            }
            at = blanks(data, at, end);
        }
        if (at + 1 != end || (seen & REQUIRED) != REQUIRED || unit != tables.unitOfPlan[plan]) {
            return false;
        }
        cents = Pay.effectiveCents(plan, amounts[RATE], amounts[HOURS], amounts[FLAGGED], amounts[GUARANTEED],
                amounts[BASE], amounts[SALES], Math.max(0, amounts[EXTRA]), Math.max(0, amounts[BONUS]));
        return cents > 0;
    }

    private static int blanks(byte[] data, int at, int end) {
        while (at < end && data[at] == ' ') {
            at++;
        }
        return at;
    }

    /** Where the text that begins with the quote at `at` has its closing one; -1 unless it is plain ASCII. */
    private static int text(byte[] data, int at, int end) {
        if (at >= end || data[at] != '"') {
            return -1;
        }
        for (int i = at + 1; i < end; i++) {
            byte c = data[i];
            if (c == '"') {
                return i;
            }
            if (c < 32 || c == '\\') {
                return -1;
            }
        }
        return -1;
    }

    private boolean credentials(byte[] data, int end) {
        if (at >= end || data[at++] != '[') {
            return false;
        }
        if (at < end && data[at] == ']') {
            at++;
            return true;
        }
        long held = 0;
        while (true) {
            int close = text(data, at, end);
            int which = close < 0 ? -1 : tables.credentials.find(data, at + 1, close);
            if (which < 0 || close + 1 >= end) {
                return false;
            }
            held |= 1L << which;
            at = close + 2;
            if (data[close + 1] == ']') {
                break;
            }
            if (data[close + 1] != ',') {
                return false;
            }
            at = blanks(data, at, end);
        }
        credentialLevel = 1;
        for (long master : tables.masters) {
            if ((held & master) == master) {
                credentialLevel = 2;
            }
        }
        return true;
    }

    private static int digits(byte[] data, int from, int count) {
        int number = 0;
        for (int i = from; i < from + count; i++) {
            int digit = data[i] - '0';
            if (digit < 0 || digit > 9) {
                return -1;
            }
            number = number * 10 + digit;
        }
        return number;
    }

    /** A plain decimal, one to seven digits and up to four places, times 10^4; -1 for anything else. */
    private static long decimal(byte[] data, int from, int to) {
        long number = 0;
        int i = from;
        for (; i < to && data[i] != '.'; i++) {
            int digit = data[i] - '0';
            if (digit < 0 || digit > 9 || i - from == 7) {
                return -1;
            }
            number = number * 10 + digit;
        }
        if (i == from || i == to - 1) {
            return -1;
        }
        int places = 0;
        for (i++; i < to; i++) {
            int digit = data[i] - '0';
            if (digit < 0 || digit > 9 || ++places > 4) {
                return -1;
            }
            number = number * 10 + digit;
        }
        for (; places < 4; places++) {
            number *= 10;
        }
        return number;
    }

    /** Days of `YYYY-MM-DD`, 0001-01-01 being 1; -1 for anything else. */
    private static int day(byte[] data, int from, int to) {
        if (to - from != 10 || data[from + 4] != '-' || data[from + 7] != '-') {
            return -1;
        }
        int year = digits(data, from, 4), month = digits(data, from + 5, 2), day = digits(data, from + 8, 2);
        if (year < 1 || month < 1 || month > 12 || day < 1) {
            return -1;
        }
        boolean leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        if (day > MONTH_DAYS[month - 1] + (leap && month == 2 ? 1 : 0)) {
            return -1;
        }
        int before = year - 1;
        return before * 365 + before / 4 - before / 100 + before / 400 + MONTH_STARTS[month - 1] + (leap && month > 2 ? 1 : 0) + day;
    }
}
