package io.plumbline.sandbox.agents;

import io.plumbline.events.EventIds;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What is put into a sandbox for one agent, all of it read-only there.
 *
 * @param files absolute path inside to content
 * @param environment variables beside those that every session has
 * @param binaries folder of the agent's programs below the host's directory of agents; empty: none
 * @param masked programs of the system that cannot be run: the agent asks them things that cost more than they tell
 * @param path folders inside that come first on {@code PATH}
 */
public record ManagedConfiguration(
        SortedMap<String, String> files,
        Map<String, String> environment,
        Optional<String> binaries,
        List<String> masked,
        List<String> path) {
    public ManagedConfiguration {
        files = Collections.unmodifiableSortedMap(new TreeMap<>(files));
        environment = Collections.unmodifiableMap(new TreeMap<>(environment));
        masked = List.copyOf(masked);
        path = List.copyOf(path);
    }

    /**
     * The installed agent's version, from the file {@code NAME.version} beside its programs; empty when nobody wrote one.
     *
     * @param agents folder of the host with one folder per agent
     */
    public String version(Path agents) {
        if (binaries.isEmpty()) {
            return "";
        }
        try {
            String version = Files.readString(agents.resolve(binaries.get() + ".version"))
                    .strip();
            return version.matches("[0-9A-Za-z.+-]{1,64}") ? version : "";
        } catch (IOException e) {
            return "";
        }
    }

    /** Lower-case hex SHA-256 over all files and variables: what was in force can be told from it. */
    public String sha256() {
        return EventIds.sha256Hex(files + "\n" + environment);
    }
}
