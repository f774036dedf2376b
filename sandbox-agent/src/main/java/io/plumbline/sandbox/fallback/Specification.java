package io.plumbline.sandbox.fallback;

import com.fasterxml.jackson.databind.JsonNode;
import io.plumbline.sandbox.runtime.SandboxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A bundle's {@code config.json}, read as {@code OciConfig} writes it. */
record Specification(JsonNode config) {
    private static final long OPEN_FILES = 65_536;

    /** @throws SandboxException when it lacks what every session has */
    static Specification of(JsonNode config) throws SandboxException {
        Specification specification = new Specification(config);
        if (specification.arguments().isEmpty() || !specification.root().isAbsolute()) {
            throw new SandboxException("config.json: no program or no root (expected: both)");
        }
        return specification;
    }

    Path root() {
        return Path.of(config.at("/root/path").asText());
    }

    String hostname() {
        return config.path("hostname").asText("sandbox");
    }

    List<String> arguments() {
        List<String> arguments = new ArrayList<>();
        config.at("/process/args").forEach(argument -> arguments.add(argument.asText()));
        return arguments;
    }

    Map<String, String> environment() {
        Map<String, String> environment = new LinkedHashMap<>();
        for (JsonNode pair : config.at("/process/env")) {
            String text = pair.asText();
            int equals = text.indexOf('=');
            environment.put(text.substring(0, equals), text.substring(equals + 1));
        }
        return environment;
    }

    String workingDirectory() {
        return config.at("/process/cwd").asText("/");
    }

    int uid() {
        return config.at("/process/user/uid").asInt();
    }

    int gid() {
        return config.at("/process/user/gid").asInt();
    }

    boolean terminal() {
        return config.at("/process/terminal").asBoolean();
    }

    long openFiles() {
        return limit("RLIMIT_NOFILE", OPEN_FILES);
    }

    /** Most processes and threads; 0: no limit. */
    long processes() {
        return limit("RLIMIT_NPROC", 0);
    }

    JsonNode mounts() {
        return config.path("mounts");
    }

    private long limit(String type, long without) {
        for (JsonNode limit : config.at("/process/rlimits")) {
            if (limit.path("type").asText().equals(type)) {
                return limit.path("hard").asLong();
            }
        }
        return without;
    }
}
