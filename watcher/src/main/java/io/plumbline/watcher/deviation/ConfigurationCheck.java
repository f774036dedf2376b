package io.plumbline.watcher.deviation;

import io.plumbline.events.agents.ConfigurationPaths;
import io.plumbline.events.policy.Scope;
import io.plumbline.events.v1.AgentConfiguration;
import io.plumbline.events.v1.ConfigurationFile;
import io.plumbline.events.v1.DeviationKind;
import io.plumbline.events.v1.FileChanged;
import io.plumbline.events.v1.FileOpened;
import io.plumbline.events.v1.Severity;
import io.plumbline.watcher.attribution.Attribution;
import io.plumbline.watcher.state.SessionState;
import io.plumbline.watcher.state.v1.Role;
import io.plumbline.watcher.state.v1.WatchState;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Whether the agent's own configuration stays as it was at the start of the session: who can write its hooks, settings or
 * instructions decides what the agent does next. What was not there at the start counts by its name.
 */
public final class ConfigurationCheck {
    /** Files remembered; the host lists fewer. */
    private static final int MAX_FILES = 256;

    private static final Set<String> FOLDER_OPERATIONS = Set.of("mkdir", "rmdir");

    private final WatchState.Builder state;

    public ConfigurationCheck(SessionState session) {
        this.state = session.values();
    }

    /** Takes over the files of the start; at the end, what is not as it was then. */
    public List<Deviation> reported(AgentConfiguration configuration) {
        if (configuration.getMoment().equals("start")) {
            state.clearConfiguration();
            configuration.getFilesList().stream()
                    .limit(MAX_FILES)
                    .forEach(file -> state.putConfiguration(file.getPath(), file.getSha256()));
            state.clearMcpServers()
                    .addAllMcpServers(configuration.getMcpServersList())
                    .setAgentVersion(configuration.getAgentVersion());
            return List.of();
        }
        List<Deviation> found = new ArrayList<>();
        Set<String> left = new HashSet<>();
        for (ConfigurationFile file : configuration.getFilesList()) {
            left.add(file.getPath());
            String before = state.getConfigurationMap().get(file.getPath());
            if (before == null || !before.equals(file.getSha256())) {
                found.add(deviation(
                        file.getPath(),
                        file.getPath() + (before == null ? " is new" : " is not what it was at the start"),
                        Severity.HIGH,
                        ""));
            }
        }
        state.getConfigurationMap().keySet().stream()
                .filter(path -> !left.contains(path) && !configuration.getMore())
                .sorted()
                .forEach(path -> found.add(deviation(path, path + " is gone", Severity.HIGH, "")));
        return found;
    }

    /** A file of the configuration was opened for writing. */
    public Optional<Deviation> opened(FileOpened open, Attribution by) {
        return PolicyCheck.givesAccess(open) && PolicyCheck.writes(open)
                ? written(open.getPath(), by.description() + " opened " + open.getPath() + " for writing", by)
                : Optional.empty();
    }

    /**
     * A file of the configuration was renamed, removed, linked or given other rights; a folder that is made or removed empty
     * configures nothing.
     */
    public Optional<Deviation> changed(FileChanged change, Attribution by) {
        if (change.getError() != 0 || FOLDER_OPERATIONS.contains(change.getOperation())) {
            return Optional.empty();
        }
        String seen = by.description() + ": " + change.getOperation() + " " + change.getPath()
                + (change.getNewPath().isEmpty() ? "" : " -> " + change.getNewPath());
        return written(change.getPath(), seen, by).or(() -> written(change.getNewPath(), seen, by));
    }

    private Optional<Deviation> written(String path, String seen, Attribution by) {
        return by.role() != Role.HOST_RELAY && configures(path)
                ? Optional.of(deviation(path, seen, Severity.HIGH, by.call()))
                : Optional.empty();
    }

    private boolean configures(String path) {
        return state.containsConfiguration(path)
                || ConfigurationPaths.names(
                        path, state.getTask().getWorkspace(), state.getTask().getHome());
    }

    private static Deviation deviation(String path, String seen, Severity severity, String call) {
        return new Deviation(
                        DeviationKind.OUT_OF_POLICY,
                        severity,
                        "agent-configuration|" + path,
                        "The agent's own configuration was changed",
                        seen,
                        "It decides what the agent does next, its hooks included.",
                        "agent-configuration",
                        call,
                        40,
                        true)
                .about(Optional.of(Scope.AGENT_CONFIGURATION));
    }
}
