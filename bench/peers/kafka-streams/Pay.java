package driveline.peer;

/** Effective hourly pay, exact: whole numbers throughout, rounded once to the cent, half up. */
final class Pay {
    private static final long SCALE = 10_000;

    private Pay() {}

    /** Cents, or -1 for a missing input or a result outside [5.00, 250.00]. Amounts are times 10^4, -1 where absent. */
    static int effectiveCents(int plan, long rate, long hours, long flagged, long guaranteed, long base, long sales,
            long extra, long bonus) {
        if (rate <= 0 || hours <= 0 || hours > 100 * SCALE) {
            return -1;
        }
        long units = switch (plan) {
            case 0, 1 -> hours;
            case 2, 3 -> 0;
            case 4, 5 -> flagged;
            case 6 -> flagged >= 0 && guaranteed >= 0 ? Math.max(flagged, guaranteed) : -1;
            case 7 -> base >= 0 ? flagged : -1;
            default -> sales;
        };
        if (units < 0) {
            return -1;
        }
        // A bound first, so that no product below overflows.
        double week = plan == 2 || plan == 3 ? rate / 52.0 / SCALE : (double) rate * units / SCALE / SCALE / (plan == 8 ? 100 : 1);
        if (plan == 7) {
            week = Math.max(week, (double) base * hours / SCALE / SCALE);
        }
        if ((week + bonus / 52.0 / SCALE + (double) extra / SCALE) / ((double) hours / SCALE) > 300) {
            return -1;
        }
        long benefits = SCALE * (bonus + 52 * extra);
        long numerator;
        long denominator = 5200 * hours;
        if (plan == 2 || plan == 3) {
            numerator = rate * SCALE + benefits;
        } else if (plan == 8) {
            numerator = 52 * rate * units + 100 * benefits;
            denominator = 520_000 * hours;
        } else {
            numerator = 52 * (plan == 7 ? Math.max(rate * units, base * hours) : rate * units) + benefits;
        }
        long cents = (2 * numerator + denominator) / (2 * denominator);
        return cents >= 500 && cents <= 25_000 ? (int) cents : -1;
    }
}
