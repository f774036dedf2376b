package io.plumbline.rules;

import io.plumbline.rules.sigma.Expression;
import io.plumbline.rules.sigma.LogSource;
import io.plumbline.rules.sigma.Placeholders;
import io.plumbline.rules.sigma.SigmaDocument.Detection;
import io.plumbline.rules.workbench.Taxonomy;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * Holds a checkout of the public rule collection against what {@code docs/sigma.md} says of revision {@value #REVISION}: how many files of
 * each folder are refused, which Linux rules nothing here feeds and which of their fields nothing has, and that the collection's own events are
 * found. Run with {@code -Dplumbline.sigmahq=FOLDER}; exit code 1 when something is different. The collection is not part of this
 * repository.
 */
final class SigmaHqCorpus {
    static final String REVISION = "8eaafff";

    private static final Map<String, Integer> REFUSED = Map.of(
            "rules", 1, "rules-emerging-threats", 2, "rules-placeholder", 23, "deprecated", 4, "unsupported", 67);

    /** Of the folder {@code rules/linux}, by what follows {@code linux} in their log sources. */
    private static final Map<String, Integer> UNFED = Map.of(
            "service auditd",
            53,
            "service clamav",
            1,
            "service cron",
            1,
            "service guacamole",
            1,
            "service sshd",
            1,
            "service syslog",
            2,
            "service vsftpd",
            1);

    private static final Map<String, Integer> MISSING_FIELDS = Map.of("LogonId", 2);

    private SigmaHqCorpus() {}

    public static void main(String[] arguments) throws IOException {
        Path root = Path.of(System.getProperty("plumbline.sigmahq", ""));
        if (!Files.isDirectory(root.resolve("rules"))) {
            System.err.println("plumbline.sigmahq: '" + root + "' (expected: the folder of a checkout)");
            System.exit(2);
        }
        Map<String, Integer> files = new TreeMap<>();
        Map<String, Integer> refused = new TreeMap<>();
        List<RuleSource> sources = sources(root);
        RuleSet.Loaded loaded = RuleSet.loadUsable(sources, Placeholders.NONE);
        sources.forEach(source -> files.merge(top(source.name()), 1, Integer::sum));
        for (RuleException problem : loaded.problems()) {
            refused.merge(top(problem.position().source()), 1, Integer::sum);
            System.out.println(problem.getMessage());
        }
        System.out.println("files " + files + ", documents usable "
                + loaded.set().documents().size());
        Map<String, Integer> unfed = new TreeMap<>();
        Map<String, Integer> missing = new TreeMap<>();
        linux(loaded.set(), unfed, missing);
        boolean same = same("refused", REFUSED, refused);
        same &= same("Linux rules that nothing feeds", UNFED, unfed);
        same &= same("Linux rules with a field that nothing has", MISSING_FIELDS, missing);
        same &= same("events", Map.of("found", 202), SigmaHqRegression.judged(root, loaded.set()));
        if (!same) {
            System.exit(1);
        }
    }

    private static boolean same(String what, Map<String, Integer> expected, Map<String, Integer> found) {
        boolean same = expected.equals(found);
        System.out.println(
                what + " " + new TreeMap<>(found) + (same ? "" : " (expected: " + new TreeMap<>(expected) + ")"));
        return same;
    }

    private static void linux(RuleSet set, Map<String, Integer> unfed, Map<String, Integer> missing) {
        for (Detection rule : set.detections()) {
            LogSource source = rule.logSource();
            if (!rule.metadata().position().source().startsWith("rules/linux/")) {
                continue;
            }
            Optional<Set<String>> fed = Taxonomy.fields(source);
            if (fed.isEmpty()) {
                unfed.merge(
                        source.service().isEmpty() ? "category " + source.category() : "service " + source.service(),
                        1,
                        Integer::sum);
            } else {
                Set<String> asked = new TreeSet<>();
                fields(rule.expression(), asked);
                asked.removeAll(fed.get());
                asked.remove(Expression.Test.KEYWORDS);
                asked.forEach(field -> missing.merge(field, 1, Integer::sum));
            }
        }
    }

    private static void fields(Expression expression, Set<String> fields) {
        switch (expression) {
            case Expression.And all -> all.parts().forEach(part -> fields(part, fields));
            case Expression.Or any -> any.parts().forEach(part -> fields(part, fields));
            case Expression.Not not -> fields(not.part(), fields);
            case Expression.Test test -> fields.add(test.field());
        }
    }

    static List<RuleSource> sources(Path root) throws IOException {
        try (Stream<Path> files = Files.walk(root)) {
            return files.filter(file -> file.toString().endsWith(".yml"))
                    .filter(file -> {
                        String top = top(root.relativize(file).toString());
                        return top.startsWith("rules") || top.equals("deprecated") || top.equals("unsupported");
                    })
                    .sorted()
                    .map(file -> {
                        try {
                            return new RuleSource(root.relativize(file).toString(), Files.readString(file));
                        } catch (IOException e) {
                            throw new UncheckedIOException(e);
                        }
                    })
                    .toList();
        }
    }

    private static String top(String name) {
        int slash = name.indexOf('/');
        return slash < 0 ? name : name.substring(0, slash);
    }
}
