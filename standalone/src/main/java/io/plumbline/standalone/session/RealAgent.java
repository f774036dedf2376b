package io.plumbline.standalone.session;

import io.plumbline.sandbox.session.RunClient;
import io.plumbline.standalone.Layout;
import io.plumbline.standalone.model.Scenario;
import io.plumbline.standalone.model.ScriptedModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.IntFunction;

/**
 * A real agent on a scripted session, as a request to a sandbox host; its model answers from the script for as long as this is
 * open.
 */
public final class RealAgent implements AutoCloseable {
    private final ScriptedModel model;
    private final RunClient.Request request;
    private final Path programs;

    private RealAgent(ScriptedModel model, RunClient.Request request, Path programs) {
        this.model = model;
        this.request = request;
        this.programs = programs;
    }

    /** Names of the agents that can be installed. */
    public static List<String> names() {
        return AgentInstaller.names();
    }

    /**
     * Installs the agent unless it is there.
     *
     * @param policy the policy's YAML, from the loopback port of its model
     * @param workspace what the script's paths are about
     * @throws IOException when it cannot be installed; the message says why
     */
    public static RealAgent playing(
            Layout layout, String agent, Scenario script, IntFunction<String> policy, Path workspace)
            throws IOException, InterruptedException {
        AgentInstaller.Known known = AgentInstaller.known(agent);
        AgentInstaller installer = new AgentInstaller(layout);
        Optional<String> failure = installer.install(known);
        if (failure.isPresent()) {
            throw new IOException(agent + " " + known.version() + ": " + failure.get());
        }
        ScriptedModel model = ScriptedModel.start(script);
        return new RealAgent(
                model,
                new RunClient.Request(
                        policy.apply(model.port()), script.prompt(), agent, workspace, AgentCommand.of(agent, script)),
                installer.folder(agent));
    }

    public RunClient.Request request() {
        return request;
    }

    /** The agent's folder on this machine; what is in it names each other as below {@code /opt/agent}. */
    public Path programs() {
        return programs;
    }

    /** Loopback port of its model. */
    public int modelPort() {
        return model.port();
    }

    @Override
    public void close() {
        model.close();
    }
}
