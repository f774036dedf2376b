package io.plumbline.standalone.demo;

import io.plumbline.sandbox.session.RunClient;
import io.plumbline.standalone.Layout;
import io.plumbline.standalone.model.Scenario;
import io.plumbline.standalone.model.ScriptedModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

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
     * The demo's benign scenario. Installs the agent unless it is there.
     *
     * @param workspaces a folder of the host; the session's workspace is made in it
     * @throws IOException when it cannot be installed; the message says why
     */
    public static RealAgent benign(Layout layout, String agent, Path workspaces)
            throws IOException, InterruptedException {
        return playing(layout, agent, DemoScenario.BENIGN.script(), DemoScenario.BENIGN.workspace(workspaces));
    }

    /**
     * As {@link #benign}, on a script of the caller's.
     *
     * @param workspace what the script's paths are about
     */
    public static RealAgent playing(Layout layout, String agent, Scenario script, Path workspace)
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
                        DemoScenario.BENIGN.policy(model),
                        script.prompt(),
                        agent,
                        workspace,
                        DemoAgent.of(known).command(script)),
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
