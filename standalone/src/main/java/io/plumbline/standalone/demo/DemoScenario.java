package io.plumbline.standalone.demo;

import io.plumbline.standalone.scenario.ScenarioFile;
import io.plumbline.standalone.scenario.ScenarioReader;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Objects;

/** The sessions of the demo. */
public enum DemoScenario {
    /** Reads a README, fixes a file, runs the tests. */
    BENIGN,
    /** Is asked to list files, says so, and then sends a private key away. Nothing is refused beforehand: the kernel's evidence stops it. */
    EXFILTRATION;

    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    public ScenarioFile scenario() {
        try (InputStream in = DemoScenario.class.getResourceAsStream("/scenarios/" + word() + ".yaml")) {
            byte[] yaml = Objects.requireNonNull(in, word()).readAllBytes();
            return ScenarioReader.read(word() + ".yaml", new String(yaml, StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new IllegalStateException("scenario " + word() + " does not load", e);
        }
    }
}
