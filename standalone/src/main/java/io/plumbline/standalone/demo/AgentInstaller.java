package io.plumbline.standalone.demo;

import io.plumbline.standalone.CommandException;
import io.plumbline.standalone.Layout;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
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
     * @param binary path of the binary below {@code node_modules}
     */
    public record Known(String name, String packageName, String version, String binary) {
        String command() {
            return Path.of(binary).getFileName().toString();
        }
    }

    private static final List<Known> AGENTS = List.of(
            new Known(
                    "claude-code",
                    "@anthropic-ai/claude-code-linux-x64",
                    "2.1.330",
                    "@anthropic-ai/claude-code-linux-x64/claude"),
            new Known(
                    "codex",
                    "@openai/codex",
                    "0.169.0",
                    "@openai/codex-linux-x64/vendor/x86_64-unknown-linux-musl/bin/codex"));

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
        Path binary = folder(agent.name()).resolve(agent.command());
        Path marker = folder(agent.name()).resolve("version");
        try {
            if (Files.exists(binary)
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
            Path installed = download.resolve("node_modules").resolve(agent.binary());
            if (!Files.isExecutable(installed)) {
                return Optional.of("the package " + agent.packageName() + " holds no " + agent.binary());
            }
            Files.createDirectories(binary.getParent());
            Files.move(installed, binary, StandardCopyOption.REPLACE_EXISTING);
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
