package io.plumbline.rules.sigma;

import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.temporal.IsoFields;

/** A part of a date that can be compared. The date is taken as it is written: its zone is not looked at. */
public enum TimePart {
    MINUTE(0, 59),
    HOUR(0, 23),
    DAY(1, 31),
    /** Of ISO 8601: weeks begin on Monday, the first has the year's first Thursday. Some years have a week 53. */
    WEEK(1, 53),
    MONTH(1, 12),
    YEAR(1, 9999);

    private final int least;
    private final int most;

    TimePart(int least, int most) {
        this.least = least;
        this.most = most;
    }

    /** Least number that it can be. */
    public int least() {
        return least;
    }

    /** Greatest number that it can be. */
    public int most() {
        return most;
    }

    /**
     * The part in a text of the form {@code yyyy-MM-dd}, optionally followed by {@code T} or a blank and {@code HH:mm}, seconds,
     * a fraction and a zone.
     *
     * @return -1 when the text is no such date, or has no such part
     */
    public int of(CharSequence text) {
        int length = text.length();
        if (length < 10 || length > 40 || text.charAt(4) != '-' || text.charAt(7) != '-') {
            return -1;
        }
        int year = digits(text, 0, 4);
        int month = digits(text, 5, 2);
        int day = digits(text, 8, 2);
        if (year < 1 || month < 1 || day < 1) {
            return -1;
        }
        LocalDate date;
        try {
            date = LocalDate.of(year, month, day);
        } catch (DateTimeException e) {
            return -1;
        }
        int hour = -1;
        int minute = -1;
        if (length > 10) {
            if (length < 16 || (text.charAt(10) != 'T' && text.charAt(10) != ' ') || text.charAt(13) != ':') {
                return -1;
            }
            hour = digits(text, 11, 2);
            minute = digits(text, 14, 2);
            if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || !ends(text, 16)) {
                return -1;
            }
        }
        return switch (this) {
            case MINUTE -> minute;
            case HOUR -> hour;
            case DAY -> day;
            case WEEK -> date.get(IsoFields.WEEK_OF_WEEK_BASED_YEAR);
            case MONTH -> month;
            case YEAR -> year;
        };
    }

    private static boolean ends(CharSequence text, int from) {
        int at = from;
        if (at < text.length() && text.charAt(at) == ':') {
            int second = at + 3 <= text.length() ? digits(text, at + 1, 2) : -1;
            if (second < 0 || second > 60) {
                return false;
            }
            at += 3;
            if (at < text.length() && (text.charAt(at) == '.' || text.charAt(at) == ',')) {
                int start = ++at;
                while (at < text.length() && digit(text.charAt(at)) >= 0) {
                    at++;
                }
                if (at == start) {
                    return false;
                }
            }
        }
        return zone(text.subSequence(at, text.length()).toString());
    }

    private static boolean zone(String zone) {
        String text = zone.startsWith(" ") ? zone.substring(1) : zone;
        if (zone.isEmpty() || text.equals("Z") || text.equals("UTC")) {
            return true;
        }
        if (text.length() < 3 || (text.charAt(0) != '+' && text.charAt(0) != '-') || digits(text, 1, 2) < 0) {
            return false;
        }
        return switch (text.length()) {
            case 3 -> true;
            case 5 -> digits(text, 3, 2) >= 0;
            case 6 -> text.charAt(3) == ':' && digits(text, 4, 2) >= 0;
            default -> false;
        };
    }

    private static int digits(CharSequence text, int from, int count) {
        int value = 0;
        for (int i = from; i < from + count; i++) {
            int digit = digit(text.charAt(i));
            if (digit < 0) {
                return -1;
            }
            value = value * 10 + digit;
        }
        return value;
    }

    private static int digit(char c) {
        return c >= '0' && c <= '9' ? c - '0' : -1;
    }
}
