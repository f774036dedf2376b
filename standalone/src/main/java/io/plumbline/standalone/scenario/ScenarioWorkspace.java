package io.plumbline.standalone.scenario;

import io.plumbline.standalone.CommandException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The folder that a scenario's session works on.
 *
 * @param files by relative path: their content
 * @param repository whether they are committed to a git repository
 */
public record ScenarioWorkspace(Map<String, String> files, boolean repository) {
    private static final int UNPRIVILEGED = 1000;

    public ScenarioWorkspace {
        files = new LinkedHashMap<>(files);
    }

    /** Makes it, in a new folder below {@code parent}; what is made by root belongs to nobody in particular. */
    public Path create(Path parent, String name) throws IOException, InterruptedException {
        Files.createDirectories(parent);
        Path workspace = Files.createTempDirectory(parent, name + "-");
        Files.setPosixFilePermissions(workspace, PosixFilePermissions.fromString("rwxr-xr-x"));
        for (Map.Entry<String, String> file : files.entrySet()) {
            Path path = workspace.resolve(file.getKey());
            Files.createDirectories(path.getParent());
            Files.writeString(path, file.getValue());
        }
        if (repository) {
            git(workspace, "init", "-q", "-b", "main");
            git(workspace, "add", "-A");
            git(workspace, "commit", "-q", "-m", "Begin");
        }
        if (Integer.valueOf(0).equals(Files.getAttribute(workspace, "unix:uid"))) {
            try (Stream<Path> all = Files.walk(workspace)) {
                for (Path path : all.toList()) {
                    Files.setAttribute(path, "unix:uid", UNPRIVILEGED);
                    Files.setAttribute(path, "unix:gid", UNPRIVILEGED);
                }
            }
        }
        return workspace;
    }

    private static void git(Path workspace, String... arguments) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(Stream.concat(
                                Stream.of("git", "-c", "user.name=dev", "-c", "user.email=dev@example.com"),
                                Stream.of(arguments))
                        .toList())
                .directory(workspace.toFile())
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes());
        if (process.waitFor() != 0) {
            throw new CommandException("git " + List.of(arguments) + " in " + workspace + ": " + output.strip());
        }
    }
}
