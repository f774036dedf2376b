package io.plumbline.standalone.demo;

import io.plumbline.standalone.CommandException;
import io.plumbline.standalone.Layout;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Installs coding agents from npm at the versions that were tried, into the folder that sandboxes mount them from. */
public final class AgentInstaller {
    private static final long LIMIT_SECONDS = 300;

    /**
     * An agent that is known to run.
     *
     * @param name as in policies and sessions
     * @param packageName npm package that carries the native binary
     * @param programs folder of its programs below {@code node_modules}
     * @param binary the agent's binary below that folder
     */
    public record Known(String name, String packageName, String version, String programs, String binary) {}

    private static final List<Known> AGENTS = List.of(
            new Known(
                    "claude-code",
                    "@anthropic-ai/claude-code-linux-x64",
                    "2.1.330",
                    "@anthropic-ai/claude-code-linux-x64",
                    "claude"),
            new Known(
                    "codex",
                    "@openai/codex",
                    "0.169.0",
                    "@openai/codex-linux-x64/vendor/x86_64-unknown-linux-musl",
                    "bin/codex"));

    private final Layout layout;

    public AgentInstaller(Layout layout) {
        this.layout = layout;
    }

    /** The known agent of that name. */
    public static Known known(String agent) {
        return AGENTS.stream()
                .filter(known -> known.name().equals(agent))
                .findFirst()
                .orElseThrow(() -> new CommandException("agent '" + agent + "' (expected: one of "
                        + String.join(", ", AGENTS.stream().map(Known::name).toList()) + ")"));
    }

    /** The folder that sandboxes mount an agent from. */
    public Path folder(String agent) {
        return layout.agents().resolve(agent);
    }

    /**
     * Makes sure that the agent is there.
     *
     * @return empty when it is; else why it could not be installed, in one line
     */
    public Optional<String> install(Known agent) throws InterruptedException {
        Path folder = folder(agent.name());
        Path marker = folder.resolveSibling(agent.name() + ".version");
        try {
            if (Files.isExecutable(folder.resolve(agent.binary()))
                    && Files.exists(marker)
                    && Files.readString(marker).equals(agent.version())) {
                return Optional.empty();
            }
            Path download = layout.tools().resolve("npm-" + agent.name());
            deleteTree(download);
            Files.createDirectories(download);
            Optional<String> failure = npm(agent, download);
            if (failure.isPresent()) {
                return failure;
            }
            Path programs = download.resolve("node_modules").resolve(agent.programs());
            if (!Files.isExecutable(programs.resolve(agent.binary()))) {
                return Optional.of("the package " + agent.packageName() + " holds no " + agent.binary());
            }
            deleteTree(folder);
            Files.createDirectories(folder.getParent());
            Files.move(programs, folder);
            Files.writeString(marker, agent.version());
            deleteTree(download);
            return Optional.empty();
        } catch (IOException e) {
            return Optional.of("installing " + agent.name() + " failed: " + e);
        }
    }

    private Optional<String> npm(Known agent, Path download) throws IOException, InterruptedException {
        Path log = layout.log("npm");
        Process process;
        try {
            process = new ProcessBuilder(
                            "npm",
                            "install",
                            "--no-save",
                            "--ignore-scripts",
                            "--prefix",
                            download.toString(),
                            agent.packageName() + "@" + agent.version())
                    .redirectErrorStream(true)
                    .redirectOutput(log.toFile())
                    .start();
        } catch (IOException e) {
            return Optional.of("npm is missing (expected: apt-get install npm)");
        }
        if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            return Optional.of("npm did not finish in " + LIMIT_SECONDS + " s (log: " + log + ")");
        }
        return process.exitValue() == 0
                ? Optional.empty()
                : Optional.of(
                        "npm could not install " + agent.packageName() + "@" + agent.version() + " (log: " + log + ")");
    }

    private static void deleteTree(Path folder) throws IOException {
        if (!Files.exists(folder, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
