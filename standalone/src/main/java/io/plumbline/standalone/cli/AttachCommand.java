package io.plumbline.standalone.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.plumbline.events.policy.PolicyException;
import io.plumbline.events.policy.PolicyParser;
import io.plumbline.sandbox.session.RunClient;
import io.plumbline.standalone.CommandException;
import io.plumbline.standalone.ExitCodes;
import io.plumbline.standalone.Layout;
import io.plumbline.standalone.RunState;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Has a container watched that somebody else started. */
@Command(
        name = "attach",
        mixinStandardHelpOptions = true,
        description = {
            "Watch a container that runs already: freeze, thaw and kill it, take its agent's claims.",
            "Degraded: no kernel evidence, so the policy has to say runtime: {degraded: allow}.",
            "Returns at once; the session lasts as long as the container."
        })
final class AttachCommand implements Callable<Integer> {
    /** What stops the container. */
    enum Freezer {
        docker,
        containerd,
        runc
    }

    @Option(names = "--freezer", required = true, description = "docker (any compatible API), containerd or runc.")
    private Freezer freezer;

    @Option(names = "--container", required = true, paramLabel = "ID", description = "The runtime's name for it.")
    private String container;

    @Option(
            names = "--socket",
            paramLabel = "PATH",
            description = "The runtime's socket; with runc its state directory. The usual one when left out.")
    private @Nullable Path socket;

    @Option(
            names = "--namespace",
            defaultValue = "default",
            description = "containerd's namespace; Kubernetes' is k8s.io (default: ${DEFAULT-VALUE}).")
    private String namespace;

    @Option(names = "--policy", paramLabel = "FILE", required = true, description = "Task policy, YAML.")
    private Path policy;

    @Option(names = "--task", paramLabel = "TEXT", defaultValue = "", description = "What its agent is asked to do.")
    private String task;

    @Option(
            names = "--agent",
            defaultValue = "none",
            description = "Whose hooks are expected: claude-code, codex, none (default: ${DEFAULT-VALUE}).")
    private String agent;

    @Option(names = "--json", description = "Print one JSON object.")
    private boolean json;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        String yaml;
        try {
            yaml = Files.readString(policy);
            PolicyParser.parse(yaml);
        } catch (IOException e) {
            throw new CommandException("policy " + policy + " (expected: a readable file)", ExitCodes.USAGE);
        } catch (PolicyException e) {
            throw new CommandException(policy + ": " + e.getMessage(), ExitCodes.USAGE);
        }
        Layout layout = Layout.current();
        RunState running = RunState.read(layout.runState())
                .filter(RunState::alive)
                .orElseThrow(() -> new CommandException(
                        "plumbline is not running on " + layout.home() + " (expected: ./plumbline up)",
                        ExitCodes.NOT_RUNNING));
        RunClient.Attach request = new RunClient.Attach(
                yaml,
                task,
                agent,
                freezer.name().toLowerCase(Locale.ROOT),
                container,
                socket == null ? "" : socket.toAbsolutePath().normalize().toString(),
                namespace,
                policy == null ? "" : PolicyFiles.signature(policy));
        try {
            report(new RunClient(Path.of(running.endpoint("host"))).attach(request));
            return ExitCodes.OK;
        } catch (RunClient.RefusedException e) {
            throw PolicyFiles.refused(policy, e);
        } catch (IOException e) {
            throw new CommandException(String.valueOf(e.getMessage()), ExitCodes.NOT_RUNNING);
        }
    }

    private void report(RunClient.Attached attached) {
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.println(new ObjectMapper()
                    .createObjectNode()
                    .put("session", attached.session())
                    .put("sockets", attached.sockets().toString())
                    .put("degraded", true));
        } else {
            out.println("session " + attached.session() + ", degraded: no kernel evidence");
            out.println("sockets in " + attached.sockets() + " (for the agent: mount as /run/plumbline)");
        }
        out.flush();
    }
}
