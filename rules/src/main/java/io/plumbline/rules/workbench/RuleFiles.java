package io.plumbline.rules.workbench;

import io.plumbline.rules.RuleSource;
import io.plumbline.rules.yaml.YamlReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Rules on disk: files that end in .yml or .yaml, the cases beside them in NAME.cases.yml or, an object on each line, NAME.cases.jsonl. */
public final class RuleFiles {
    /** Files of one run. */
    private static final int MAX_FILES = 20_000;

    private RuleFiles() {}

    /**
     * The rules of files and folders, in alphabetical order of their paths; links are not followed.
     *
     * @throws IOException if a path cannot be read, or there are too many files; the message names it
     */
    public static List<RuleSource> read(List<Path> paths) throws IOException {
        List<RuleSource> sources = new ArrayList<>();
        for (Path path : paths) {
            List<Path> files;
            try (Stream<Path> walk = Files.walk(path)) {
                files = walk.filter(Files::isRegularFile)
                        .filter(RuleFiles::isRule)
                        .sorted()
                        .toList();
            } catch (IOException e) {
                throw new IOException("path " + path + " (expected: a readable file or folder)", e);
            }
            for (Path file : files) {
                if (sources.size() == MAX_FILES) {
                    throw new IOException("files: more than " + MAX_FILES + " (expected: <= " + MAX_FILES + ")");
                }
                sources.add(new RuleSource(file.toString(), text(file)));
            }
        }
        return sources;
    }

    /**
     * The cases beside a rule; empty when it has none.
     *
     * @throws IOException if they cannot be read, or there are both files
     */
    public static Optional<RuleSource> cases(RuleSource rule) throws IOException {
        Path yaml = Path.of(rule.name().replaceFirst("\\.ya?ml$", ".cases.yml"));
        Path lines = Path.of(rule.name().replaceFirst("\\.ya?ml$", RuleCases.LINES));
        if (Files.isRegularFile(yaml) && Files.isRegularFile(lines)) {
            throw new IOException("cases " + lines + " beside " + yaml + " (expected: one of them)");
        }
        Path file = Files.isRegularFile(lines) ? lines : yaml;
        return Files.isRegularFile(file) ? Optional.of(new RuleSource(file.toString(), text(file))) : Optional.empty();
    }

    private static boolean isRule(Path file) {
        String name = file.toString();
        return (name.endsWith(".yml") || name.endsWith(".yaml")) && !name.endsWith(".cases.yml");
    }

    private static String text(Path file) throws IOException {
        // Bytes that are no UTF-8 or too many are the reader's to refuse; four bytes a character is the most there can
        // be.
        if (Files.size(file) > 4L * YamlReader.MAX_CHARACTERS) {
            throw new IOException("file " + file + " of " + Files.size(file) + " bytes (expected: <= "
                    + 4L * YamlReader.MAX_CHARACTERS + ")");
        }
        try {
            return Files.readString(file);
        } catch (java.nio.charset.CharacterCodingException e) {
            throw new IOException("file " + file + " is not UTF-8 (expected: UTF-8)", e);
        }
    }
}
