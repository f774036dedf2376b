package io.plumbline.standalone;

import io.plumbline.events.EventIds;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;

/**
 * Where the standalone process tree keeps its things.
 *
 * @param root the checkout or installation that the class paths come from
 * @param home everything that is written: data, logs, secrets, installed tools
 */
public record Layout(Path root, Path home) {
    /** System property that the launcher sets to the checkout or installation. */
    public static final String ROOT_PROPERTY = "plumbline.root";

    /** Environment variable that moves everything that is written; default {@code .plumbline} below the root. */
    public static final String HOME_VARIABLE = "PLUMBLINE_HOME";

    private static final int MAX_HOST_DATA = 60;

    /** The layout that the launcher asked for. */
    public static Layout current() {
        String root = System.getProperty(ROOT_PROPERTY);
        if (root == null) {
            throw new CommandException(
                    "system property " + ROOT_PROPERTY + " is not set (expected: start through ./plumbline)");
        }
        String home = System.getenv(HOME_VARIABLE);
        Path rootPath = Path.of(root).toAbsolutePath().normalize();
        return new Layout(
                rootPath,
                home == null || home.isBlank()
                        ? rootPath.resolve(".plumbline")
                        : Path.of(home).toAbsolutePath().normalize());
    }

    public Path data(String component) {
        return home.resolve("data").resolve(component);
    }

    /** Data of the sandbox host; sockets lie in it, so it moves to a short path when the home is a long one. */
    public Path hostData() {
        Path preferred = data("host");
        return preferred.toString().length() <= MAX_HOST_DATA
                ? preferred
                : Path.of(
                        "/var/tmp",
                        "plumbline-" + EventIds.sha256Hex(home.toString()).substring(0, 12));
    }

    public Path log(String component) {
        return home.resolve("logs").resolve(component + ".log");
    }

    public Path logs() {
        return home.resolve("logs");
    }

    /** Folder with one file per credential that policies name; put in by the egress proxy, never seen by a sandbox. */
    public Path credentials() {
        return home.resolve("credentials");
    }

    public Path secrets() {
        return home.resolve("secrets");
    }

    public Path runState() {
        return home.resolve("run").resolve("state.json");
    }

    public Path tools() {
        return home.resolve("tools");
    }

    /** The sandbox runtime that the launcher installed; empty: whatever is on PATH. */
    public Optional<Path> runsc() {
        return Optional.of(tools().resolve("runsc/runsc")).filter(Files::isExecutable);
    }

    /** The guest program that the launcher built. */
    public Path guest() {
        return tools().resolve("plumbline-guest");
    }

    /** The folder with one folder for each agent. */
    public Path agents() {
        return tools().resolve("agents");
    }

    /** Creates the folders; secrets are readable by their owner only. */
    public void create() {
        try {
            Files.createDirectories(home.resolve("data"));
            Files.createDirectories(logs());
            Files.createDirectories(home.resolve("run"));
            Files.createDirectories(tools());
            Files.createDirectories(secrets());
            Files.createDirectories(credentials());
            for (Path closed : List.of(secrets(), credentials())) {
                Files.setPosixFilePermissions(closed, PosixFilePermissions.fromString("rwx------"));
            }
        } catch (IOException e) {
            throw new CommandException("home " + home + " cannot be written: " + reason(e)
                    + " (expected: a writable folder; set " + HOME_VARIABLE + " to another one)");
        }
    }

    private static String reason(IOException e) {
        return e.getClass().getSimpleName() + ": " + e.getMessage();
    }
}
