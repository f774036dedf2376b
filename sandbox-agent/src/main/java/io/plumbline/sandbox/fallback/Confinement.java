package io.plumbline.sandbox.fallback;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the host's kernel says of a session's first process while it waits at the gate, and whether that is what its bundle asks for.
 * Pure: the files of {@code /proc/PID} come in as text.
 *
 * @param status of {@code status}: by name, without the colon
 * @param namespaces of the process, by name, as their links read
 * @param hostNamespaces likewise of the daemon
 * @param mounts of {@code mountinfo}
 * @param environment of {@code environ}
 * @param workingDirectory of {@code cwd}
 * @param limits most open files, from {@code limits}
 * @param interfaces network cards, from {@code net/dev}
 * @param foreign destinations of binds at which something else is than what was to be bound
 */
record Confinement(
        Map<String, String> status,
        Map<String, String> namespaces,
        Map<String, String> hostNamespaces,
        List<MountLine> mounts,
        Map<String, String> environment,
        String workingDirectory,
        String limits,
        Set<String> interfaces,
        Set<String> foreign) {
    private static final List<String> APART = List.of("cgroup", "ipc", "mnt", "net", "pid", "uts");
    private static final List<String> CAPABILITIES = List.of("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb");

    /** What the runtime mounts on its own account. */
    private static final List<String> OWN = List.of("/proc", "/dev");

    Confinement {
        status = Map.copyOf(status);
        namespaces = Map.copyOf(namespaces);
        hostNamespaces = Map.copyOf(hostNamespaces);
        mounts = List.copyOf(mounts);
        environment = Map.copyOf(environment);
        interfaces = Set.copyOf(interfaces);
        foreign = Set.copyOf(foreign);
    }

    /** One line of mountinfo(5). {@code type}: the file system's. */
    record MountLine(String place, Set<String> options, String type) {
        /** @return empty for a line that is none */
        static Optional<MountLine> parse(String line) {
            String[] halves = line.split(" - ", 2);
            String[] left = halves[0].split(" ");
            if (halves.length < 2 || left.length < 6) {
                return Optional.empty();
            }
            return Optional.of(new MountLine(
                    unescaped(left[4]), Set.of(left[5].split(",")), halves[1].split(" ", 2)[0]));
        }

        private static String unescaped(String text) {
            StringBuilder plain = new StringBuilder();
            for (int i = 0; i < text.length(); i++) {
                if (text.charAt(i) == '\\'
                        && i + 3 < text.length()
                        && text.substring(i + 1, i + 4).matches("[0-7]{3}")) {
                    plain.append((char) Integer.parseInt(text.substring(i + 1, i + 4), 8));
                    i += 3;
                } else {
                    plain.append(text.charAt(i));
                }
            }
            return plain.toString();
        }
    }

    /** The first thing that differs from what was asked for, with both values; empty: all is as asked. */
    Optional<String> difference(Specification asked) {
        return rights(asked).or(this::separation).or(() -> mounts(asked)).or(() -> surroundings(asked));
    }

    private Optional<String> rights(Specification asked) {
        Map<String, String> expected = new LinkedHashMap<>();
        expected.put("NoNewPrivs", "1");
        expected.put("Seccomp", "2");
        expected.put("Uid", String.join(" ", java.util.Collections.nCopies(4, Integer.toString(asked.uid()))));
        expected.put("Gid", String.join(" ", java.util.Collections.nCopies(4, Integer.toString(asked.gid()))));
        expected.put("Groups", "");
        CAPABILITIES.forEach(set -> expected.put(set, "0000000000000000"));
        for (Map.Entry<String, String> entry : expected.entrySet()) {
            String found = status.getOrDefault(entry.getKey(), "missing");
            if (!found.equals(entry.getValue())) {
                return differs(entry.getKey(), found, entry.getValue());
            }
        }
        String numbers = status.getOrDefault("NSpid", "");
        return numbers.endsWith(" 1") ? Optional.empty() : differs("NSpid", numbers, "1 in a namespace of its own");
    }

    private Optional<String> separation() {
        for (String namespace : APART) {
            String own = namespaces.getOrDefault(namespace, "");
            if (own.isEmpty() || own.equals(hostNamespaces.get(namespace))) {
                return differs("namespace " + namespace, own, "one of its own");
            }
        }
        return interfaces.equals(Set.of("lo"))
                ? Optional.empty()
                : differs("network", interfaces.toString(), "the loopback alone");
    }

    private Optional<String> mounts(Specification asked) {
        Map<String, String> binds = new HashMap<>();
        Set<String> memory = new HashSet<>();
        binds.put("/", "ro");
        for (JsonNode mount : asked.mounts()) {
            String destination = mount.path("destination").asText();
            List<String> options = new ArrayList<>();
            mount.path("options").forEach(option -> options.add(option.asText()));
            switch (mount.path("type").asText()) {
                case "bind" -> binds.put(destination, options.contains("rw") ? "rw" : "ro");
                case "tmpfs" -> memory.add(destination);
                default -> {}
            }
        }
        // A later mount at the same place covers the earlier one.
        Map<String, MountLine> found = new LinkedHashMap<>();
        mounts.forEach(line -> found.put(line.place(), line));
        for (Map.Entry<String, String> bind : binds.entrySet()) {
            MountLine line = found.get(bind.getKey());
            if (line == null || !line.options().containsAll(Set.of(bind.getValue(), "nosuid", "nodev"))) {
                return differs("mount " + bind.getKey(), described(line), bind.getValue() + ",nosuid,nodev");
            }
        }
        for (String place : memory) {
            MountLine line = found.get(place);
            if (line == null || !line.type().equals("tmpfs") || !line.options().contains("nosuid")) {
                return differs("mount " + place, described(line), "tmpfs nosuid");
            }
        }
        for (MountLine line : found.values()) {
            String place = line.place();
            if (binds.containsKey(place)
                    || memory.contains(place)
                    || OWN.stream().anyMatch(own -> place.equals(own) || place.startsWith(own + "/"))) {
                continue;
            }
            // What is mounted below a folder of the host comes with it, with no more rights.
            Optional<String> above = binds.keySet().stream()
                    .filter(bind -> !bind.equals("/") && place.startsWith(bind + "/"))
                    .max(java.util.Comparator.comparingInt(String::length));
            if (above.isEmpty()
                    || !line.options().containsAll(Set.of("nosuid", "nodev"))
                    || "ro".equals(binds.get(above.get())) && !line.options().contains("ro")) {
                return differs("mount " + place, described(line), "none");
            }
        }
        return foreign.isEmpty()
                ? Optional.empty()
                : differs("mount " + foreign.iterator().next(), "another file", "what was to be bound");
    }

    private Optional<String> surroundings(Specification asked) {
        if (!workingDirectory.equals(asked.workingDirectory())) {
            return differs("working directory", workingDirectory, asked.workingDirectory());
        }
        if (!limits.matches("\\d{1,9}") || Long.parseLong(limits) > asked.openFiles()) {
            return differs("open files", limits, "<= " + asked.openFiles());
        }
        Map<String, String> more = new HashMap<>(environment);
        for (Map.Entry<String, String> variable : asked.environment().entrySet()) {
            if (!variable.getValue().equals(more.remove(variable.getKey()))) {
                return differs("environment", "another " + variable.getKey(), "as asked");
            }
        }
        more.remove("PWD");
        return more.isEmpty()
                ? Optional.empty()
                : differs("environment", more.keySet().iterator().next(), "not there");
    }

    private static String described(@Nullable MountLine line) {
        return line == null ? "none" : line.type() + " " + line.options();
    }

    private static Optional<String> differs(String what, String found, String expected) {
        return Optional.of(what + ": " + found + " (expected: " + expected + ")");
    }
}
