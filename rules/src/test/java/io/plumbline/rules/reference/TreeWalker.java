package io.plumbline.rules.reference;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.time.LocalDate;
import java.time.temporal.WeekFields;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Walks a rule as YAML gives it, for each event anew. Reads only what is valid: it is asked about rules that the loader took.
 */
public final class TreeWalker {
    private final Map<String, Object> detection;
    private final Map<String, List<String>> placeholders;

    @SuppressWarnings("unchecked")
    public TreeWalker(Map<String, Object> rule, Map<String, List<String>> placeholders) {
        this.detection = (Map<String, Object>) java.util.Objects.requireNonNull(rule.get("detection"));
        this.placeholders = placeholders;
    }

    public boolean matches(Map<String, @Nullable Object> event) {
        Object condition = detection.get("condition");
        List<?> conditions = condition instanceof List<?> list ? list : List.of(condition);
        for (Object one : conditions) {
            if (new Walk(String.valueOf(one), event).or()) {
                return true;
            }
        }
        return false;
    }

    private final class Walk {
        private final List<String> tokens;
        private final Map<String, @Nullable Object> event;
        private int at;

        Walk(String condition, Map<String, @Nullable Object> event) {
            this.tokens = Arrays.stream(condition
                            .replace("(", " ( ")
                            .replace(")", " ) ")
                            .strip()
                            .split("\\s+"))
                    .toList();
            this.event = event;
        }

        private String peek() {
            return at < tokens.size() ? tokens.get(at) : "";
        }

        boolean or() {
            boolean result = and();
            while (peek().equals("or")) {
                at++;
                result |= and();
            }
            return result;
        }

        private boolean and() {
            boolean result = not();
            while (peek().equals("and")) {
                at++;
                result &= not();
            }
            return result;
        }

        private boolean not() {
            String token = tokens.get(at++);
            if (token.equals("not")) {
                return !not();
            }
            if (token.equals("(")) {
                boolean inner = or();
                at++;
                return inner;
            }
            if (peek().equals("of")) {
                String pattern = tokens.get(at + 1);
                at += 2;
                boolean all = token.equals("all");
                boolean result = all;
                for (String name : detection.keySet()) {
                    boolean chosen =
                            pattern.equals("them") ? !name.startsWith("_") : name.matches(pattern.replace("*", ".*"));
                    if (!name.equals("condition") && chosen) {
                        boolean one = selection(detection.get(name), event);
                        result = all ? result && one : result || one;
                    }
                }
                return result;
            }
            return selection(detection.get(token), event);
        }
    }

    private boolean selection(@Nullable Object selection, Map<String, @Nullable Object> event) {
        if (selection instanceof Map<?, ?> map) {
            for (Map.Entry<?, ?> item : map.entrySet()) {
                if (!item(String.valueOf(item.getKey()), item.getValue(), event)) {
                    return false;
                }
            }
            return true;
        }
        if (selection instanceof List<?> list) {
            return list.stream().anyMatch(part -> part instanceof Map ? selection(part, event) : item("", part, event));
        }
        return item("", selection, event);
    }

    private boolean item(String key, @Nullable Object value, Map<String, @Nullable Object> event) {
        List<String> modifiers = Arrays.asList(key.split("\\|", -1));
        String field = modifiers.getFirst();
        modifiers = modifiers.subList(1, modifiers.size());
        if (modifiers.contains("exists")) {
            return lookup(event, field).isPresent() == Boolean.TRUE.equals(value);
        }
        List<?> values = value instanceof List<?> list ? list : Arrays.asList(value);
        boolean all = modifiers.contains("all");
        boolean result = all;
        for (Object one : values) {
            boolean matches = value(field, modifiers, one, event);
            result = all ? result && matches : result || matches;
        }
        return modifiers.contains("neq") ? lookup(event, field).isPresent() && !result : result;
    }

    private boolean value(
            String field, List<String> modifiers, @Nullable Object value, Map<String, @Nullable Object> event) {
        Lookup found = field.isEmpty() ? everything(event) : lookup(event, field);
        if (value == null) {
            return !found.isPresent() || found.values().contains(null);
        }
        List<String> texts = new ArrayList<>();
        found.values().forEach(one -> {
            if (one != null && !(one instanceof Map)) {
                texts.add(text(one));
            }
        });
        for (String text : texts) {
            if (one(field, modifiers, value, text, event)) {
                return true;
            }
        }
        return false;
    }

    private boolean one(
            String field, List<String> modifiers, Object value, String text, Map<String, @Nullable Object> event) {
        for (String part : List.of("minute", "hour", "day", "week", "month", "year")) {
            if (modifiers.contains(part)) {
                Integer number = part(part, text);
                return number != null
                        && compare(BigDecimal.valueOf(number), new BigDecimal(text(value)), comparison(modifiers));
            }
        }
        String comparison = comparison(modifiers);
        if (!comparison.equals("eq")) {
            return text.matches("[-+]?[0-9]+(\\.[0-9]+)?")
                    && text.length() <= 40
                    && compare(new BigDecimal(text), new BigDecimal(text(value)), comparison);
        }
        if (modifiers.contains("re")) {
            int flags = Pattern.UNIX_LINES | Pattern.UNICODE_CASE;
            flags |= modifiers.contains("i") ? Pattern.CASE_INSENSITIVE : 0;
            flags |= modifiers.contains("m") ? Pattern.MULTILINE : 0;
            flags |= modifiers.contains("s") ? Pattern.DOTALL : 0;
            // Java's multi-line ^ is not at the end of the input, so not in an empty one either; RE2's is.
            String expression = modifiers.contains("m")
                    ? text(value).replaceAll("(?<!\\[)\\^", "(?:\\\\A|(?<=\\\\n))")
                    : text(value).replaceAll("\\$", "\\\\z");
            return Pattern.compile(expression, flags).matcher(text).find();
        }
        if (modifiers.contains("fieldref")) {
            for (Object other : lookup(event, text(value)).values()) {
                if (other != null && !(other instanceof Map) && affixed(modifiers, text, text(other), field)) {
                    return true;
                }
            }
            return false;
        }
        if (!(value instanceof String written)) {
            return affixed(modifiers, text, text(value), field);
        }
        List<String> patterns = modifiers.contains("expand") ? expanded(written) : List.of(written);
        for (String pattern : patterns) {
            if (modifiers.contains("cidr") ? inside(text, pattern) : pattern(modifiers, text, pattern, field)) {
                return true;
            }
        }
        return false;
    }

    /** A literal text against another, as contains, startswith and endswith say. */
    private static boolean affixed(List<String> modifiers, String text, String wanted, String field) {
        boolean ignoreCase = !modifiers.contains("cased");
        int room = text.length() - wanted.length();
        if (room < 0) {
            return false;
        }
        if (modifiers.contains("startswith")) {
            return text.regionMatches(ignoreCase, 0, wanted, 0, wanted.length());
        }
        if (modifiers.contains("endswith")) {
            return text.regionMatches(ignoreCase, room, wanted, 0, wanted.length());
        }
        if (modifiers.contains("contains") || field.isEmpty()) {
            for (int i = 0; i <= room; i++) {
                if (text.regionMatches(ignoreCase, i, wanted, 0, wanted.length())) {
                    return true;
                }
            }
            return false;
        }
        return ignoreCase ? text.equalsIgnoreCase(wanted) : text.equals(wanted);
    }

    private static boolean pattern(List<String> modifiers, String text, String value, String field) {
        // Characters, and the wildcards as themselves with a mark in front.
        List<String> symbols = new ArrayList<>();
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (c == '\\' && i + 1 < value.length() && "*?\\".indexOf(value.charAt(i + 1)) >= 0) {
                symbols.add(String.valueOf(value.charAt(++i)));
            } else if (c == '*' || c == '?') {
                symbols.add("wild" + c);
            } else {
                symbols.add(String.valueOf(c));
            }
        }
        List<List<String>> variants = List.of(symbols);
        byte[] encoded = null;
        for (String modifier : modifiers) {
            switch (modifier) {
                case "windash" ->
                    variants = variants.stream()
                            .flatMap(one -> dashes(one).stream())
                            .toList();
                case "wide", "utf16le" -> encoded = encode(variants.getFirst(), StandardCharsets.UTF_16LE, "");
                case "utf16be" -> encoded = encode(variants.getFirst(), StandardCharsets.UTF_16BE, "");
                case "utf16" -> encoded = encode(variants.getFirst(), StandardCharsets.UTF_16LE, "\uFEFF");
                case "base64" -> {
                    byte[] bytes = encoded == null ? encode(variants.getFirst(), StandardCharsets.UTF_8, "") : encoded;
                    variants = List.of(split(Base64.getEncoder().encodeToString(bytes)));
                    encoded = null;
                }
                case "base64offset" -> {
                    byte[] bytes = encoded == null ? encode(variants.getFirst(), StandardCharsets.UTF_8, "") : encoded;
                    variants = List.of(offset(bytes, 0), offset(bytes, 1), offset(bytes, 2));
                    encoded = null;
                }
                default -> {}
            }
        }
        if (encoded != null) {
            variants = List.of(split(new String(encoded, StandardCharsets.ISO_8859_1)));
        }
        boolean front = modifiers.contains("contains") || modifiers.contains("endswith");
        boolean back = modifiers.contains("contains") || modifiers.contains("startswith");
        if (field.isEmpty() && !front && !back) {
            front = true;
            back = true;
        }
        for (List<String> variant : variants) {
            List<String> whole = new ArrayList<>(variant);
            if (front) {
                whole.addFirst("wild*");
            }
            if (back) {
                whole.add("wild*");
            }
            if (wild(whole, text, !modifiers.contains("cased"))) {
                return true;
            }
        }
        return false;
    }

    private static List<String> split(String text) {
        return text.chars().mapToObj(c -> String.valueOf((char) c)).toList();
    }

    private static byte[] encode(List<String> symbols, Charset charset, String front) {
        return (front + String.join("", symbols)).getBytes(charset);
    }

    /** What does not depend on what stands in front: whole groups of six bits of the text itself. */
    private static List<String> offset(byte[] bytes, int shift) {
        StringBuilder bits = new StringBuilder("00000000".repeat(shift));
        for (byte b : bytes) {
            bits.append(String.format("%8s", Integer.toBinaryString(b & 0xff)).replace(' ', '0'));
        }
        String letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        StringBuilder text = new StringBuilder();
        for (int i = 0; i + 6 <= bits.length(); i += 6) {
            if (i >= shift * 8) {
                text.append(letters.charAt(Integer.parseInt(bits.substring(i, i + 6), 2)));
            }
        }
        return split(text.toString());
    }

    private static List<List<String>> dashes(List<String> symbols) {
        List<List<String>> variants = List.of(symbols);
        for (int i = 0; i + 1 < symbols.size(); i++) {
            boolean dash = "-/–—―".contains(symbols.get(i));
            if (dash && word(symbols.get(i + 1)) && (i == 0 || !word(symbols.get(i - 1)))) {
                List<List<String>> more = new ArrayList<>();
                for (List<String> variant : variants) {
                    for (String other : List.of("-", "/", "–", "—", "―")) {
                        List<String> copy = new ArrayList<>(variant);
                        copy.set(i, other);
                        more.add(copy);
                    }
                }
                variants = more;
            }
        }
        return variants;
    }

    private static boolean word(String symbol) {
        return symbol.length() == 1 && (Character.isLetterOrDigit(symbol.charAt(0)) || symbol.equals("_"));
    }

    /** Which ends of the pattern's beginnings the text's beginnings fit: a table, row by row. */
    private static boolean wild(List<String> pattern, String text, boolean ignoreCase) {
        int[] characters = text.codePoints().toArray();
        List<String> joined = new ArrayList<>();
        for (String symbol : pattern) {
            boolean low = symbol.length() == 1 && Character.isLowSurrogate(symbol.charAt(0));
            if (low
                    && !joined.isEmpty()
                    && joined.getLast().length() == 1
                    && Character.isHighSurrogate(joined.getLast().charAt(0))) {
                joined.set(joined.size() - 1, joined.getLast() + symbol);
            } else {
                joined.add(symbol);
            }
        }
        boolean[] row = new boolean[joined.size() + 1];
        row[0] = true;
        for (int p = 0; p < joined.size(); p++) {
            row[p + 1] = row[p] && joined.get(p).equals("wild*");
        }
        for (int character : characters) {
            boolean[] next = new boolean[row.length];
            String here = Character.toString(character);
            for (int p = 0; p < joined.size(); p++) {
                String symbol = joined.get(p);
                next[p + 1] = switch (symbol) {
                    case "wild*" -> row[p + 1] || next[p];
                    case "wild?" -> row[p];
                    default -> row[p] && (ignoreCase ? symbol.equalsIgnoreCase(here) : symbol.equals(here));
                };
            }
            row = next;
        }
        return row[row.length - 1];
    }

    private List<String> expanded(String value) {
        java.util.regex.Matcher placeholder =
                Pattern.compile("(?<!\\\\)%([^%]+)%").matcher(value);
        if (!placeholder.find()) {
            return List.of(value.replace("\\%", "%"));
        }
        List<String> made = new ArrayList<>();
        for (String replacement : placeholders.getOrDefault(placeholder.group(1), List.of())) {
            for (String rest : expanded(value.substring(placeholder.end()))) {
                made.add(value.substring(0, placeholder.start()).replace("\\%", "%") + replacement + rest);
            }
        }
        return made;
    }

    private static String comparison(List<String> modifiers) {
        for (String word : List.of("lt", "lte", "gt", "gte")) {
            if (modifiers.contains(word)) {
                return word;
            }
        }
        return "eq";
    }

    private static boolean compare(BigDecimal left, BigDecimal right, String comparison) {
        int sign = left.compareTo(right);
        return switch (comparison) {
            case "lt" -> sign < 0;
            case "lte" -> sign <= 0;
            case "gt" -> sign > 0;
            case "gte" -> sign >= 0;
            default -> sign == 0;
        };
    }

    private static @Nullable Integer part(String part, String text) {
        java.util.regex.Matcher date = Pattern.compile(
                        "(\\d{4})-(\\d\\d)-(\\d\\d)([T ](\\d\\d):(\\d\\d)(:\\d\\d([.,]\\d+)?)?( ?(Z|UTC|[-+]\\d\\d(:?\\d\\d)?))?)?")
                .matcher(text);
        if (!date.matches()) {
            return null;
        }
        try {
            LocalDate day = LocalDate.parse(text.substring(0, 10));
            boolean time = date.group(4) != null;
            return switch (part) {
                case "year" -> day.getYear();
                case "month" -> day.getMonthValue();
                case "week" -> day.get(WeekFields.ISO.weekOfWeekBasedYear());
                case "day" -> day.getDayOfMonth();
                case "hour" -> time ? (Integer) Integer.parseInt(date.group(5)) : null;
                default -> time ? (Integer) Integer.parseInt(date.group(6)) : null;
            };
        } catch (java.time.DateTimeException e) {
            return null;
        }
    }

    private static boolean inside(String text, String network) {
        int slash = network.indexOf('/');
        byte[] base = address(slash < 0 ? network : network.substring(0, slash));
        byte[] address = address(text);
        int bits = slash < 0 ? base.length * 8 : Integer.parseInt(network.substring(slash + 1));
        if (address.length != base.length) {
            return false;
        }
        BigInteger difference = new BigInteger(1, address).xor(new BigInteger(1, base));
        return difference.bitLength() <= base.length * 8 - bits;
    }

    private static byte[] address(String text) {
        boolean four = text.matches("((25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)(\\.|$)){4}") && !text.endsWith(".");
        if (!four && !text.matches("[0-9a-fA-F:]*:[0-9a-fA-F:.]*")) {
            return new byte[0];
        }
        try {
            byte[] address = InetAddress.getByName(text).getAddress();
            // The JDK makes IPv4 of mapped addresses, which are IPv6 as they are written.
            return four || address.length == 16
                    ? address
                    : java.nio.ByteBuffer.allocate(16)
                            .putInt(8, 0xffff)
                            .put(12, address)
                            .array();
        } catch (UnknownHostException e) {
            return new byte[0];
        }
    }

    private static String text(Object value) {
        return value instanceof Number number
                ? number.doubleValue() == 0
                        ? "0"
                        : new BigDecimal(number.toString()).stripTrailingZeros().toPlainString()
                : String.valueOf(value);
    }

    private record Lookup(boolean isPresent, List<@Nullable Object> values) {}

    private static Lookup everything(Map<String, @Nullable Object> event) {
        List<@Nullable Object> values = new ArrayList<>();
        event.values().forEach(value -> values.addAll(flat(value)));
        return new Lookup(true, values);
    }

    private static List<@Nullable Object> flat(@Nullable Object value) {
        List<@Nullable Object> values = new ArrayList<>();
        if (value instanceof List<?> list) {
            list.forEach(one -> values.addAll(flat(one)));
        } else if (value instanceof Map<?, ?> map) {
            map.values().forEach(one -> values.addAll(flat(one)));
        } else {
            values.add(value);
        }
        return values;
    }

    /** A field by its whole name, or along the dots in it. */
    private static Lookup lookup(Map<?, ?> event, String name) {
        List<@Nullable Object> values = new ArrayList<>();
        boolean present = false;
        if (event.containsKey(name)) {
            present = true;
            collect(event.get(name), values);
        }
        for (int dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', dot + 1)) {
            Object outer = event.get(name.substring(0, dot));
            List<?> objects = outer instanceof List<?> list ? list : Arrays.asList(outer);
            for (Object object : objects) {
                if (object instanceof Map<?, ?> map) {
                    Lookup inner = lookup(map, name.substring(dot + 1));
                    present |= inner.isPresent();
                    values.addAll(inner.values());
                }
            }
        }
        return new Lookup(present, values);
    }

    private static void collect(@Nullable Object value, List<@Nullable Object> values) {
        if (value instanceof List<?> list) {
            list.forEach(one -> collect(one, values));
        } else {
            values.add(value);
        }
    }
}
