package io.plumbline.rules;

import io.plumbline.rules.sigma.Placeholders;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Loads every rule of a checkout of the public rule collection, and prints what is refused and why. Run with
 * {@code -Dplumbline.sigmahq=FOLDER}; the collection is not part of this repository.
 */
final class SigmaHqCorpus {
    private SigmaHqCorpus() {}

    public static void main(String[] arguments) throws IOException {
        String folder = System.getProperty("plumbline.sigmahq", "");
        if (folder.isEmpty()) {
            System.err.println("plumbline.sigmahq is not set (expected: the folder of a checkout)");
            System.exit(2);
        }
        Path root = Path.of(folder);
        Map<String, int[]> byFolder = new TreeMap<>();
        long start = System.nanoTime();
        List<RuleSource> sources = sources(root);
        RuleSet.Loaded loaded = RuleSet.loadUsable(sources, Placeholders.NONE);
        long seconds = (System.nanoTime() - start) / 1_000_000;
        sources.forEach(source -> byFolder.computeIfAbsent(top(source.name()), ignored -> new int[2])[0]++);
        for (RuleException problem : loaded.problems()) {
            byFolder.computeIfAbsent(top(problem.position().source()), ignored -> new int[2])[1]++;
            System.out.println(problem.getMessage());
        }
        byFolder.forEach(
                (name, counts) -> System.out.println(name + ": " + counts[0] + " files, " + counts[1] + " problems"));
        System.out.println(loaded.set().documents().size() + " documents usable, "
                + loaded.problems().size() + " refused, " + seconds + " ms");
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
