package io.plumbline.rules.workbench;

import io.plumbline.rules.Position;
import io.plumbline.rules.RuleSource;
import io.plumbline.rules.yaml.YamlNode;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Remarks on some sources, each with the place that it is about. */
final class Remarks {
    private static final int SHOWN = 60;

    private final Map<String, List<String>> lines = new HashMap<>();
    private final List<Remark> remarks = new ArrayList<>();

    Remarks(List<RuleSource> sources) {
        sources.forEach(source -> lines.put(source.name(), source.text().lines().toList()));
    }

    void add(Check check, YamlNode node, String text) {
        add(check, node.position(), text);
    }

    void add(Check check, Position position, String text) {
        remarks.add(new Remark(check, position, end(position), text));
    }

    /** Where the scalar at a place ends: behind its closing quote, else before what ends a plain one; the line's end at most. */
    private Position end(Position start) {
        List<String> source = lines.getOrDefault(start.source(), List.of());
        if (start.line() > source.size()) {
            return start;
        }
        String line = source.get(start.line() - 1);
        int length = line.codePointCount(0, line.length());
        if (start.column() > length) {
            return start;
        }
        int from = line.offsetByCodePoints(0, start.column() - 1);
        char quote = line.charAt(from);
        int to = from + 1;
        if (quote == '\'' || quote == '"') {
            while (to < line.length() && line.charAt(to) != quote) {
                to += quote == '"' && line.charAt(to) == '\\' ? 2 : 1;
            }
            to = Math.min(line.length(), to + 1);
        } else {
            while (to < line.length() && !ends(line, to)) {
                to++;
            }
            while (to > from + 1 && line.charAt(to - 1) == ' ') {
                to--;
            }
        }
        return new Position(start.source(), start.line(), start.column() + line.codePointCount(from, to));
    }

    private static boolean ends(String line, int at) {
        char c = line.charAt(at);
        boolean last = at + 1 == line.length() || line.charAt(at + 1) == ' ';
        return (last && (c == ':' || c == ',')) || c == '}' || c == ']' || (c == '#' && line.charAt(at - 1) == ' ');
    }

    /** All of them by place; one of a kind and text at a place. */
    List<Remark> sorted() {
        return remarks.stream()
                .distinct()
                .sorted(Comparator.comparing(
                                (Remark remark) -> remark.position().source())
                        .thenComparing(remark -> remark.position().line())
                        .thenComparing(remark -> remark.position().column())
                        .thenComparing(Remark::check))
                .toList();
    }

    static String shortened(String text) {
        return text.length() <= SHOWN ? text : text.substring(0, SHOWN) + "...";
    }
}
