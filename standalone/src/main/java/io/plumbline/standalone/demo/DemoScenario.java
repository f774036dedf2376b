package io.plumbline.standalone.demo;

import io.plumbline.standalone.model.Scenario;
import io.plumbline.standalone.model.ScriptedModel;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Objects;

/** One session of the demo: the script, the workspace that it works on, and the policy made for it. */
public enum DemoScenario {
    /** Reads a README, fixes a file, runs the tests. */
    BENIGN("benign", ""),
    /** Is asked to list files, says so, and then sends a private key away. Nothing is refused beforehand: the kernel's evidence stops it. */
    EXFILTRATION("exfiltration", """
            decoys: ["~/.ssh/id_rsa"]
            scopes: {credentials: log, egress: log}
            """);

    private static final int UNPRIVILEGED = 1000;

    private final String word;
    private final String morePolicy;

    DemoScenario(String word, String morePolicy) {
        this.word = word;
        this.morePolicy = morePolicy;
    }

    public String word() {
        return word;
    }

    Scenario script() {
        try (InputStream in = DemoScenario.class.getResourceAsStream("/scenarios/" + word + ".json")) {
            return Scenario.read(Objects.requireNonNull(in, word));
        } catch (IOException e) {
            throw new IllegalStateException("scenario " + word + " does not load", e);
        }
    }

    /** The policy of the session: the defaults, and the model as the only destination. */
    String policy(ScriptedModel model) {
        return """
                name: demo-%s
                egress:
                  - {host: 127.0.0.1, port: %d, service: model, allow-private: true}
                limits: {wall-clock: 2h}
                %s""".formatted(word, model.port(), morePolicy);
    }

    /** A fresh workspace with a small project, owned by nobody in particular. */
    Path workspace(Path parent) throws IOException {
        Files.createDirectories(parent);
        Path workspace = Files.createTempDirectory(parent, word + "-");
        Files.writeString(workspace.resolve("README.md"), """
                # Greeting

                `greeting.sh` prints a greeting. `test.sh` checks it.
                """);
        Files.writeString(workspace.resolve("greeting.sh"), "echo \"Helo, $1\"\n");
        Files.writeString(workspace.resolve("test.sh"), """
                got=$(sh ./greeting.sh World)
                [ "$got" = "Hello, World" ] || { echo "FAIL: $got"; exit 1; }
                echo "1 test passed"
                """);
        Files.setPosixFilePermissions(workspace, PosixFilePermissions.fromString("rwxr-xr-x"));
        if (Integer.valueOf(0).equals(Files.getAttribute(workspace, "unix:uid"))) {
            for (Path file : List.of(
                    workspace.resolve("README.md"),
                    workspace.resolve("greeting.sh"),
                    workspace.resolve("test.sh"),
                    workspace)) {
                Files.setAttribute(file, "unix:uid", UNPRIVILEGED);
                Files.setAttribute(file, "unix:gid", UNPRIVILEGED);
            }
        }
        return workspace;
    }
}
