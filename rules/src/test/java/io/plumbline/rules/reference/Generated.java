package io.plumbline.rules.reference;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Rules and events from a seed. Few fields and a small alphabet, so that they meet often; every modifier in valid combinations. */
public final class Generated {
    /** What the placeholders of generated rules stand for. */
    public static final Map<String, List<String>> PLACEHOLDERS =
            Map.of("one", List.of("ab"), "many", List.of("a*", "b?c", "-x"), "nets", List.of("10.0.0.0/8", "fd00::/8"));

    private static final List<String> FIELDS =
            List.of("Image", "CommandLine", "Number", "When", "Address", "deep.er.name", "List");
    private static final List<String> PIECES = List.of(
            "a",
            "b",
            "c",
            "A",
            "B",
            "ab",
            "abc",
            "-",
            "/",
            "-a",
            " -b",
            " ",
            "\\",
            "x",
            "é",
            "É",
            "ſ",
            "K",
            "1",
            "😀",
            "_",
            ".exe",
            "\n",
            "bca",
            "cab",
            "powershell",
            "\u0000",
            "\r",
            "\t",
            "\u00a0",
            "İ",
            "ı",
            "ß",
            "Σ",
            "ς",
            "*",
            "?",
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            "–b");
    private static final List<String> DATES = List.of(
            "2026-11-24T08:30:00Z",
            "2026-01-01",
            "2025-12-29 23:59:59.123",
            "2024-02-29T00:00",
            "2026-13-01",
            "2026-11-24T8:30",
            "2026-11-24T08:30:00+02:00",
            "today",
            "2020-12-31T12:00:00 UTC");
    private static final List<String> ADDRESSES = List.of(
            "10.1.2.3",
            "10.0.0.0",
            "11.0.0.1",
            "192.168.1.77",
            "fd00::1",
            "::1",
            "::ffff:10.1.2.3",
            "10.1.2",
            " 10.1.2.3",
            "01.2.3.4",
            "host",
            "2001:db8::");
    private static final List<String> NETWORKS =
            List.of("10.0.0.0/8", "192.168.1.64/26", "fd00::/8", "::1", "0.0.0.0/0", "10.1.2.3", "::/0", "10.1.2.2/31");

    private final Random random;

    public Generated(long seed) {
        random = new Random(seed);
    }

    private <T> T pick(List<T> list) {
        return list.get(random.nextInt(list.size()));
    }

    private boolean chance(int percent) {
        return random.nextInt(100) < percent;
    }

    private String text(int most) {
        StringBuilder text = new StringBuilder();
        int count = random.nextInt(most + 1);
        for (int i = 0; i < count; i++) {
            text.append(pick(PIECES));
        }
        return text.toString();
    }

    private String pattern(int most) {
        StringBuilder text = new StringBuilder();
        int count = 1 + random.nextInt(most);
        for (int i = 0; i < count; i++) {
            text.append(
                    switch (random.nextInt(12)) {
                        case 0 -> "*";
                        case 1 -> "?";
                        case 2 -> chance(50) ? "\\*" : "\\?";
                        case 3 -> chance(50) ? "\\" : "\\\\";
                        default -> pick(PIECES);
                    });
        }
        return text.toString();
    }

    /** An event; nested and flat names, lists, numbers, nulls. */
    public Map<String, @Nullable Object> event() {
        Map<String, @Nullable Object> event = new LinkedHashMap<>();
        if (chance(85)) {
            event.put("Image", chance(90) ? text(3) : null);
        }
        if (chance(85)) {
            event.put("CommandLine", text(7));
        }
        if (chance(70)) {
            event.put(
                    "Number",
                    switch (random.nextInt(6)) {
                        case 0 -> "7";
                        case 1 -> 7.0;
                        case 2 -> -3L;
                        case 3 -> 1.5;
                        case 4 -> "7.50";
                        default -> (Object) (long) random.nextInt(12);
                    });
        }
        if (chance(60)) {
            event.put("When", pick(DATES));
        }
        if (chance(60)) {
            event.put("Address", pick(ADDRESSES));
        }
        if (chance(40)) {
            Map<String, @Nullable Object> inner = new LinkedHashMap<>();
            inner.put("name", chance(80) ? text(3) : null);
            Map<String, @Nullable Object> outer = new LinkedHashMap<>();
            outer.put("er", chance(70) ? inner : List.of(inner, Map.of("name", text(2))));
            event.put("deep", outer);
        } else if (chance(40)) {
            event.put("deep.er.name", text(3));
        }
        if (chance(60)) {
            List<@Nullable Object> list = new ArrayList<>();
            for (int i = random.nextInt(4); i > 0; i--) {
                list.add(chance(80) ? text(3) : chance(50) ? null : (Object) (long) random.nextInt(9));
            }
            event.put("List", list);
        }
        if (chance(20)) {
            event.put("Flag", random.nextBoolean());
        }
        return event;
    }

    /** A rule as YAML reads it. */
    public Map<String, Object> rule(int number) {
        Map<String, Object> detection = new LinkedHashMap<>();
        List<String> names = new ArrayList<>();
        int count = 1 + random.nextInt(4);
        for (int i = 0; i < count; i++) {
            String name = pick(List.of("selection", "filter", "_hidden", "other")) + "_" + i;
            names.add(name);
            detection.put(name, selection());
        }
        if (names.stream().allMatch(name -> name.startsWith("_"))) {
            names.add("plain");
            detection.put("plain", selection());
        }
        detection.put(
                "condition", chance(90) ? condition(names, 3) : List.of(condition(names, 2), condition(names, 2)));
        Map<String, Object> rule = new LinkedHashMap<>();
        rule.put("title", "generated " + number);
        rule.put("id", "rule-" + number);
        rule.put("logsource", Map.of("category", "test"));
        rule.put("detection", detection);
        return rule;
    }

    /** What a filter selects, with its condition. */
    public Map<String, Object> filter() {
        Map<String, Object> filter = new LinkedHashMap<>();
        filter.put("selection", selection());
        filter.put("other", selection());
        filter.put("condition", pick(List.of("not selection", "selection or other", "not 1 of them", "not other")));
        return filter;
    }

    private String condition(List<String> names, int depth) {
        if (depth == 0 || chance(25)) {
            return switch (random.nextInt(6)) {
                case 0 -> pick(List.of("1 of them", "all of them"));
                case 1 -> {
                    String name = pick(names);
                    String cut = name.substring(0, name.length() - 1) + "*";
                    yield pick(List.of("1 of ", "all of ")) + pick(List.of(cut, "*" + name.substring(2), name));
                }
                default -> pick(names);
            };
        }
        return switch (random.nextInt(4)) {
            case 0 -> "not " + (chance(50) ? "(" + condition(names, depth - 1) + ")" : pick(names));
            case 1 -> condition(names, depth - 1) + " or " + condition(names, depth - 1);
            case 2 -> "(" + condition(names, depth - 1) + ") and " + condition(names, depth - 1);
            default -> condition(names, depth - 1) + " and not " + pick(names);
        };
    }

    private Object selection() {
        if (chance(12)) {
            List<Object> keywords = new ArrayList<>();
            for (int i = 1 + random.nextInt(3); i > 0; i--) {
                keywords.add(chance(15) ? (Object) random.nextInt(9) : keyword());
            }
            return chance(50) && keywords.size() > 1 ? Map.of("|all", keywords) : keywords;
        }
        if (chance(15)) {
            List<Object> maps = new ArrayList<>();
            for (int i = 1 + random.nextInt(3); i > 0; i--) {
                maps.add(map(2));
            }
            return maps;
        }
        return map(3);
    }

    private String keyword() {
        String keyword = pattern(2);
        return keyword.chars().allMatch(c -> c == '*' || c == '?') ? keyword + "a" : keyword;
    }

    private Map<String, @Nullable Object> map(int most) {
        Map<String, @Nullable Object> map = new LinkedHashMap<>();
        for (int i = 1 + random.nextInt(most); i > 0; i--) {
            item(map);
        }
        return map;
    }

    private void item(Map<String, @Nullable Object> map) {
        String field = pick(FIELDS);
        String neq = chance(12) ? "|neq" : "";
        switch (random.nextInt(16)) {
            case 0 -> map.put(field + neq, null);
            case 1 -> map.put(field + "|exists", random.nextBoolean());
            case 2 ->
                map.put(
                        "Number|" + pick(List.of("lt", "lte", "gt", "gte")),
                        chance(70) ? (Object) random.nextInt(10) : 1.5);
            case 3 -> map.put("Number" + neq, chance(50) ? (Object) 7 : List.of(7, "7.50", "1*"));
            case 4 -> {
                String part = pick(List.of("minute", "hour", "day", "week", "month", "year"));
                Object number =
                        switch (part) {
                            case "minute" -> 30;
                            case "hour" -> pick(List.of(8, 23, 0));
                            case "day" -> pick(List.of(24, 29, 1));
                            case "week" -> pick(List.of(1, 48, 53));
                            case "month" -> pick(List.of(1, 11, 12));
                            default -> pick(List.of(2025, 2026));
                        };
                map.put("When|" + part + (chance(50) ? neq : "|" + pick(List.of("lt", "gte"))), number);
            }
            case 5 -> map.put("Address|" + (chance(20) ? "expand|cidr" : "cidr") + neq, pick(NETWORKS));
            case 6 -> {
                String flags = flags();
                // Without case, RE2's \\w has the long s and the Kelvin sign, whose other cases are ASCII; Java's has
                // not.
                map.put(field + "|re" + flags + neq, flags.contains("i") ? regex(2).replace("\\w", "\\d") : regex(2));
            }
            case 7 ->
                map.put(
                        field + "|fieldref" + pick(List.of("", "|contains", "|startswith", "|endswith", "|cased"))
                                + neq,
                        pick(FIELDS));
            case 8 -> {
                String encoding = pick(List.of("", "wide|", "utf16le|", "utf16be|", "utf16|"));
                map.put(
                        field + "|" + encoding + pick(List.of("base64", "base64offset"))
                                + pick(List.of("", "|contains")),
                        pick(List.of("ab", "abc", "é", "éa", "powershell")));
            }
            case 9 ->
                map.put(
                        field + "|" + pick(List.of("windash|contains", "contains|windash", "windash")) + neq,
                        pick(List.of("-a", " -b", "/a", "a -b /c", "x-a", "–b", "*-a*")));
            case 10 ->
                map.put(
                        field + "|" + pick(List.of("contains|", "")) + "expand" + neq,
                        pick(List.of("%one%", "%many%x", "\\%one%one%", "a%many%")));
            case 11 -> map.put(field, random.nextInt(9));
            default -> {
                String affix = pick(List.of("", "|contains", "|startswith", "|endswith", "|contains|cased", "|cased"));
                if (chance(40)) {
                    Set<String> values = new LinkedHashSet<>();
                    for (int i = 2 + random.nextInt(4); i > 0; i--) {
                        values.add(pattern(3));
                    }
                    String all = values.size() > 1 && chance(40) ? "|all" : "";
                    map.put(field + affix + all + neq, List.copyOf(values));
                } else {
                    map.put(field + affix + neq, chance(90) ? pattern(3) : "");
                }
            }
        }
    }

    private String flags() {
        return (chance(40) ? "|i" : "") + (chance(15) ? "|m" : "") + (chance(15) ? "|s" : "");
    }

    private String regex(int depth) {
        StringBuilder text = new StringBuilder(chance(15) ? "^" : "");
        for (int i = 1 + random.nextInt(3); i > 0; i--) {
            String atom =
                    switch (random.nextInt(depth == 0 ? 5 : 8)) {
                        case 0 -> ".";
                        case 1 -> pick(List.of("[a-c]", "[^a]", "[-/]", "[A-Z_]", "[ab]", "[Bb]", "[xA1]"));
                        case 2 -> pick(List.of("\\.exe", "\\\\", "\\d", "\\s", "\\w"));
                        case 5 -> "(" + regex(depth - 1) + "|" + regex(depth - 1) + ")";
                        case 6 -> "(?:" + regex(depth - 1) + ")";
                        case 7 -> "(" + regex(depth - 1) + ")";
                        default -> pick(List.of("a", "b", "ab", "abc", "powershell", "-", "é", "x"));
                    };
            // A repetition of a repetition takes the evaluator, which backtracks, for ever.
            List<String> repetitions =
                    atom.contains("+") || atom.contains("*") || atom.contains("{") || atom.contains("?")
                            ? List.of("", "?")
                            : List.of("", "", "", "+", "*", "?", "{2}", "{1,3}", "+?");
            text.append(atom).append(atom.length() > 2 && chance(60) ? "" : pick(repetitions));
        }
        return text.append(chance(15) ? "$" : "").toString();
    }
}
