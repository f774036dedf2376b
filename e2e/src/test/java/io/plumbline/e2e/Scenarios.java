package io.plumbline.e2e;

import io.plumbline.standalone.scenario.ScenarioFile;
import io.plumbline.standalone.scenario.ScenarioReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** The scenarios of this module, and their recordings. */
final class Scenarios {
    static final Path FOLDER = Path.of("scenarios");
    static final Path RECORDINGS = Path.of("recordings");

    private Scenarios() {}

    /** @param kind attack or benign */
    static List<ScenarioFile> of(String kind) throws IOException {
        List<ScenarioFile> scenarios = new ArrayList<>();
        try (Stream<Path> files = Files.list(FOLDER.resolve(kind))) {
            for (Path file : files.sorted().toList()) {
                scenarios.add(ScenarioReader.read(file.toString(), Files.readString(file)));
            }
        }
        return scenarios;
    }

    static List<ScenarioFile> all() throws IOException {
        List<ScenarioFile> all = new ArrayList<>(of("attack"));
        all.addAll(of("benign"));
        return all;
    }
}
