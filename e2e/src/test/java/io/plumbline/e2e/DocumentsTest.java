package io.plumbline.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The tests that documents name as proof exist, and the files that they link to. */
class DocumentsTest {
    private static final Path ROOT =
            Objects.requireNonNull(Path.of("").toAbsolutePath().getParent());
    private static final Pattern NAMED_TEST = Pattern.compile("`([A-Z]\\w*(?:IT|Test))(?:\\.(\\w+))?`");
    private static final Pattern LINK = Pattern.compile("\\]\\((?!https?:)([^)#]+)\\)");

    @Test
    void everyTestThatADocumentNamesExists() throws IOException {
        List<String> missing = new ArrayList<>();
        int named = 0;
        for (Path document : documents()) {
            Matcher matcher = NAMED_TEST.matcher(Files.readString(document));
            while (matcher.find()) {
                named++;
                if (!exists(matcher.group(1), matcher.group(2) == null ? "class " : " " + matcher.group(2) + "(")) {
                    missing.add(ROOT.relativize(document) + ": " + matcher.group());
                }
            }
        }
        assertThat(missing).isEmpty();
        assertThat(named).isGreaterThan(20);
    }

    @Test
    void theModelCardIsThatOfTheShippedModel() throws IOException {
        Path model = ROOT.resolve("intent-model/src/main/resources/io/plumbline/intent/model/head.sha256");
        String version = Files.readString(model).substring(0, 12);

        assertThat(Files.readString(ROOT.resolve("docs/model-card.md")))
                .startsWith("# Model card: intent model " + version + "\n");
        assertThat(Files.readString(ROOT.resolve("docs/model-reliability.svg"))).contains(version);
    }

    @Test
    void everyFileThatADocumentLinksToExists() throws IOException {
        List<String> missing = new ArrayList<>();
        for (Path document : documents()) {
            Matcher matcher = LINK.matcher(Files.readString(document));
            while (matcher.find()) {
                if (!Files.exists(document.resolveSibling(matcher.group(1)))) {
                    missing.add(ROOT.relativize(document) + ": " + matcher.group(1));
                }
            }
        }
        assertThat(missing).isEmpty();
    }

    private static boolean exists(String test, String text) throws IOException {
        try (Stream<Path> files = Files.find(
                ROOT,
                12,
                (path, attributes) ->
                        path.endsWith(test + ".java") && path.toString().contains("src/test"))) {
            for (Path file : files.toList()) {
                if (Files.readString(file).contains(text)) {
                    return true;
                }
            }
        }
        return false;
    }

    private static List<Path> documents() throws IOException {
        try (Stream<Path> found = Stream.concat(Files.list(ROOT), Files.walk(ROOT.resolve("docs")))) {
            return found.filter(path -> path.toString().endsWith(".md")).toList();
        }
    }
}
