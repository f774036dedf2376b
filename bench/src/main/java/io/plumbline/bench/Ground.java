package io.plumbline.bench;

import io.plumbline.events.v1.TaskPolicy;
import io.plumbline.sandbox.agents.Agent;
import io.plumbline.sandbox.posix.LinePipe;
import io.plumbline.sandbox.rootfs.Bundle;
import io.plumbline.sandbox.rootfs.Groundwork;
import io.plumbline.sandbox.runtime.RunscRuntime;
import io.plumbline.sandbox.runtime.Sandbox;
import io.plumbline.sandbox.runtime.SandboxException;
import io.plumbline.sandbox.runtime.SandboxKernel;
import io.plumbline.sandbox.runtime.SandboxRuntime;
import io.plumbline.sandbox.trace.BinaryHashes;
import io.plumbline.sandbox.trace.TraceListener;
import io.plumbline.sandbox.trace.TracePoints;
import io.plumbline.sandbox.trace.TraceSocket;
import io.plumbline.sandbox.trace.Tripwire;
import io.plumbline.standalone.CommandException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Where a workload runs. */
sealed interface Ground {
    /** How long the workload took by its own clock, milliseconds; where it ran is new each time and gone afterwards. */
    double millis(Workload workload, Path directory) throws IOException, InterruptedException;

    String name();

    /** The bare host. */
    record Native(String name) implements Ground {
        @Override
        public double millis(Workload workload, Path directory) throws IOException, InterruptedException {
            return Shell.elapsed(workload, List.of("/bin/bash", "-c", workload.timed()), prepared(workload, directory));
        }
    }

    /** Namespaces of the host's kernel, with what a sandbox of ours has of its file system. */
    record Bubblewrap(String name, Path program) implements Ground {
        @Override
        public double millis(Workload workload, Path directory) throws IOException, InterruptedException {
            Path workspace = prepared(workload, directory);
            List<String> command = new ArrayList<>(List.of(program.toString(), "--unshare-all", "--die-with-parent"));
            for (String folder : List.of("/usr", "/etc")) {
                command.addAll(List.of("--ro-bind", folder, folder));
            }
            for (String folder : List.of("bin", "lib", "lib64")) {
                command.addAll(List.of("--symlink", "usr/" + folder, "/" + folder));
            }
            command.addAll(List.of("--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"));
            command.addAll(List.of("--bind", workspace.toString(), Bundle.WORKSPACE, "--chdir", Bundle.WORKSPACE));
            command.addAll(List.of("/bin/bash", "-c", workload.timed()));
            return Shell.elapsed(workload, command, workspace);
        }
    }

    /**
     * A sandbox as sessions have it, but for its session.
     *
     * @param flags of runsc, which win over those that sandboxes have
     * @param telemetry whether its kernel tells all that judges need, decoded and translated in this process
     * @param events how many events came of it so far
     */
    record Gvisor(
            String name,
            Path runsc,
            Path guest,
            RunscRuntime.Platform platform,
            List<String> flags,
            boolean telemetry,
            AtomicLong events)
            implements Ground {
        private static final Duration TRACE_LIMIT = Duration.ofSeconds(30);

        @Override
        public double millis(Workload workload, Path directory) throws IOException, InterruptedException {
            Path workspace = prepared(workload, directory);
            try {
                return elapsed(workload, directory, workspace);
            } catch (SandboxException e) {
                throw new CommandException(name + ", " + workload.name() + ": " + e.getMessage());
            }
        }

        private double elapsed(Workload workload, Path directory, Path workspace)
                throws IOException, SandboxException, InterruptedException {
            RunscRuntime runtime =
                    RunscRuntime.open(runsc, guest, Files.createDirectory(directory.resolve("r")), platform, flags);
            Path socket = directory.resolve("t");
            Path pipe = Files.createDirectory(directory.resolve("l")).resolve(SandboxRuntime.Boot.SYSCALL_LOG);
            Optional<LinePipe> log = telemetry ? Optional.of(LinePipe.make(pipe)) : Optional.empty();
            Optional<TraceListener> trace = telemetry
                    ? Optional.of(TraceListener.open(new TraceListener.Surroundings(
                            TraceSocket.bind(socket),
                            log,
                            "bench",
                            (channel, time, payload) -> {
                                events.incrementAndGet();
                                return payload.build();
                            },
                            cause -> {},
                            Tripwire.NONE,
                            BinaryHashes.NONE)))
                    : Optional.empty();
            Path traceConfig = Files.writeString(
                    directory.resolve("trace.json"), telemetry ? TracePoints.podInitConfig(socket) : "{}");
            Path output = Files.createFile(directory.resolve("output"));
            Bundle bundle = Bundle.assemble(new Bundle.Plan(
                    Groundwork.host(directory.resolve("system"), guest),
                    directory.resolve("bundle"),
                    Files.createDirectory(directory.resolve("s")),
                    workspace,
                    TaskPolicy.newBuilder()
                            .setName("bench")
                            .setWorkspaceMode("read-write")
                            .build(),
                    Agent.NONE,
                    List.of("/bin/bash", "-c", workload.timed()),
                    directory,
                    Optional.empty(),
                    "bench",
                    Map.of()));
            try (SandboxKernel kernel = runtime.boot(new SandboxRuntime.Boot(
                    "bench",
                    Files.createDirectory(directory.resolve("k")),
                    traceConfig,
                    log.map(opened -> pipe),
                    List.of()))) {
                log.ifPresent(LinePipe::handedOver);
                Sandbox sandbox = kernel.create(new SandboxRuntime.Creation(
                        "bench",
                        bundle.directory(),
                        new SandboxRuntime.Streams.Files(Path.of("/dev/null"), output, output),
                        bundle.readOnly(),
                        Optional.empty()));
                sandbox.start();
                OptionalInt code = sandbox.awaitExit();
                if (trace.isPresent()) {
                    sandbox.close();
                    trace.get().awaitEnd(TRACE_LIMIT);
                }
                return Shell.elapsed(name, workload, code.orElse(-1), Files.readString(output));
            } finally {
                trace.ifPresent(TraceListener::close);
            }
        }
    }

    /** A new workspace in {@code directory} in which the workload's preparations are done. */
    private static Path prepared(Workload workload, Path directory) throws IOException, InterruptedException {
        Path workspace = Files.createDirectory(directory.resolve("workspace"));
        Shell.run(
                List.of("/bin/bash", "-c", "set -e; " + workload.setup()),
                workspace,
                workload.name() + ": preparation");
        return workspace;
    }

    /** Programs that are run beside the measurement, and the line that tells its figure. */
    final class Shell {
        private static final Pattern ELAPSED = Pattern.compile("(?m)^elapsed (\\d{1,15})$");

        private Shell() {}

        static String run(List<String> command, Path directory, String what) throws IOException, InterruptedException {
            Process process = new ProcessBuilder(command)
                    .directory(directory.toFile())
                    .redirectErrorStream(true)
                    .redirectInput(
                            ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                    .start();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (process.waitFor() != 0) {
                throw new CommandException(what + ": status " + process.exitValue() + ": " + tail(output));
            }
            return output;
        }

        static double elapsed(Workload workload, List<String> command, Path directory)
                throws IOException, InterruptedException {
            return elapsed(command.getFirst(), workload, 0, run(command, directory, workload.name()));
        }

        static double elapsed(String ground, Workload workload, int code, String output) {
            Matcher line = ELAPSED.matcher(output);
            if (code != 0 || !line.find()) {
                throw new CommandException(ground + ", " + workload.name() + ": status " + code + ": " + tail(output));
            }
            return Long.parseLong(line.group(1)) / 1e6;
        }

        private static String tail(String output) {
            String text = output.strip();
            return text.substring(Math.max(0, text.length() - 500));
        }
    }
}
