package io.plumbline.sandbox.fallback;

import com.fasterxml.jackson.databind.JsonNode;
import io.plumbline.sandbox.runtime.SandboxRuntime;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Reads from {@code /proc} what the kernel says of a process that stands still. */
final class ConfinementReader {
    private static final int MAX_TEXT = 4 << 20;

    private ConfinementReader() {}

    static Confinement read(long pid, Specification asked, Optional<SandboxRuntime.Pinned> pinned) throws IOException {
        Path process = Path.of("/proc", Long.toString(pid));
        List<Confinement.MountLine> mounts = new ArrayList<>();
        for (String line : text(process.resolve("mountinfo")).lines().toList()) {
            mounts.add(Confinement.MountLine.parse(line).orElseThrow(() -> new IOException("mountinfo: " + line)));
        }
        return new Confinement(
                status(text(process.resolve("status"))),
                namespaces(process),
                namespaces(Path.of("/proc/self")),
                mounts,
                environment(text(process.resolve("environ"))),
                Files.readSymbolicLink(process.resolve("cwd")).toString(),
                openFiles(text(process.resolve("limits"))),
                interfaces(text(process.resolve("net/dev"))),
                foreign(process.resolve("root"), asked, pinned));
    }

    /** Fields by name, their values with single blanks. */
    static Map<String, String> status(String text) {
        Map<String, String> fields = new HashMap<>();
        for (String line : text.lines().toList()) {
            int colon = line.indexOf(':');
            if (colon > 0) {
                fields.put(
                        line.substring(0, colon),
                        line.substring(colon + 1).trim().replaceAll("\\s+", " "));
            }
        }
        return fields;
    }

    static String openFiles(String limits) {
        return limits.lines()
                .filter(line -> line.startsWith("Max open files"))
                .map(line -> line.trim().split("\\s{2,}"))
                .filter(parts -> parts.length >= 3 && parts[1].equals(parts[2]))
                .map(parts -> parts[1])
                .findFirst()
                .orElse("");
    }

    static Set<String> interfaces(String devices) {
        Set<String> names = new HashSet<>();
        for (String line : devices.lines().skip(2).toList()) {
            names.add(line.substring(0, Math.max(0, line.indexOf(':'))).trim());
        }
        return names;
    }

    static Map<String, String> environment(String text) {
        Map<String, String> variables = new HashMap<>();
        for (String pair : text.split("\0", -1)) {
            int equals = pair.indexOf('=');
            if (equals >= 0) {
                variables.put(pair.substring(0, equals), pair.substring(equals + 1));
            }
        }
        return variables;
    }

    private static Map<String, String> namespaces(Path process) throws IOException {
        Map<String, String> links = new HashMap<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(process.resolve("ns"))) {
            for (Path entry : entries) {
                Path name = entry.getFileName();
                if (name != null) {
                    links.put(name.toString(), Files.readSymbolicLink(entry).toString());
                }
            }
        }
        return links;
    }

    /** Compares the very files, not their names. */
    private static Set<String> foreign(Path root, Specification asked, Optional<SandboxRuntime.Pinned> pinned) {
        Map<String, Path> sources = new HashMap<>();
        sources.put("/", asked.root());
        for (JsonNode mount : asked.mounts()) {
            if (mount.path("type").asText().equals("bind")) {
                Path source = Path.of(mount.path("source").asText());
                sources.put(
                        mount.path("destination").asText(),
                        pinned.filter(pin -> pin.target().equals(source))
                                .map(pin -> pin.source().resolve("."))
                                .orElse(source));
            }
        }
        Set<String> foreign = new HashSet<>();
        sources.forEach((destination, source) -> {
            try {
                if (!Files.isSameFile(
                        source, root.resolve(destination.substring(1)).resolve(""))) {
                    foreign.add(destination);
                }
            } catch (IOException e) {
                foreign.add(destination);
            }
        });
        return foreign;
    }

    private static String text(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            byte[] bytes = in.readNBytes(MAX_TEXT + 1);
            if (bytes.length > MAX_TEXT) {
                throw new IOException(file + ": more than " + MAX_TEXT + " bytes");
            }
            return new String(bytes, StandardCharsets.UTF_8);
        }
    }
}
