package io.plumbline.intent.corpus;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;

/** What is left of a command line when the values are taken out: programs, options, operators and the programs' own little languages. */
final class Skeleton {
    /** Slots, and what has a slash, a dot between letters, a star, an @ or two digits: names of files, hosts and numbers. */
    private static final Pattern VALUE =
            Pattern.compile(".*(\\{[a-z]+2?}|[/~*@]|[A-Za-z0-9_]\\.[A-Za-z0-9]|[0-9]{2}).*");

    private static final Pattern QUOTED_WORD = Pattern.compile("(['\"])[A-Za-z0-9_{}. -]*\\1");
    private static final String OPEN = "_";
    private static final int TELLING = 4;

    /** Their arguments say what they do. */
    private static final Pattern LANGUAGE = Pattern.compile(
            ".*\\b(sed|awk|perl|tr|rename|jq|yq|grep|python3?|ruby|node|printf|echo|date|expr|bc|bash|sh|psql|sqlite3)\\b.*");

    private static final Pattern SLOT = Pattern.compile("\\{[a-z]+2?}");

    private Skeleton() {}

    static String of(String act) {
        if (LANGUAGE.matcher(act).matches()) {
            return SLOT.matcher(act).replaceAll(OPEN);
        }
        List<String> parts = new ArrayList<>();
        for (String token : QUOTED_WORD
                .matcher(act)
                .replaceAll(OPEN)
                .replace("'", "")
                .replace("\"", "")
                .split("\\s+")) {
            String part = isValue(token) ? OPEN : token;
            if (!part.equals(OPEN) || parts.isEmpty() || !parts.getLast().equals(OPEN)) {
                parts.add(part);
            }
        }
        return String.join(" ", parts);
    }

    /** An act without slots, quotes and spaces: what two people write of the same act. */
    static String withoutValues(String act) {
        return SLOT.matcher(act).replaceAll(OPEN).replaceAll("['\"\\s]+", " ").strip();
    }

    private static boolean isValue(String token) {
        return !token.startsWith("-") && VALUE.matcher(token).matches();
    }

    /** Whether so much of an act is left that two with the same are the same act with other values. */
    static boolean tells(String skeleton) {
        return Arrays.stream(skeleton.split(" "))
                        .filter(part -> !part.equals(OPEN))
                        .count()
                >= TELLING;
    }
}
