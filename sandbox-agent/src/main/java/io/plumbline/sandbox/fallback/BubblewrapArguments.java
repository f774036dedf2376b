package io.plumbline.sandbox.fallback;

import com.fasterxml.jackson.databind.JsonNode;
import io.plumbline.sandbox.agents.Agent;
import io.plumbline.sandbox.runtime.SandboxException;
import java.util.ArrayList;
import java.util.List;

/**
 * What bubblewrap is told, from a bundle's {@code config.json}. What it has no word for (user, capabilities, limits) the first
 * process does itself, with the guest program's {@code become}, which waits to be looked at before it goes on; so that program has to be at {@link Agent#GUEST} inside.
 *
 * @param options NUL-free words for {@code --args}
 * @param command what bubblewrap runs first
 */
record BubblewrapArguments(List<String> options, List<String> command) {
    BubblewrapArguments {
        options = List.copyOf(options);
        command = List.copyOf(command);
    }

    /** @throws SandboxException for a specification that bubblewrap cannot carry out */
    static BubblewrapArguments of(Specification specification) throws SandboxException {
        List<String> options = new ArrayList<>(List.of(
                "--unshare-ipc",
                "--unshare-pid",
                "--unshare-net",
                "--unshare-uts",
                "--unshare-cgroup-try",
                "--hostname",
                specification.hostname(),
                "--as-pid-1",
                "--ro-bind",
                specification.root().toString(),
                "/"));
        for (JsonNode mount : specification.mounts()) {
            options.addAll(mount(mount));
        }
        options.addAll(List.of("--chdir", specification.workingDirectory(), "--clearenv"));
        specification.environment().forEach((name, value) -> options.addAll(List.of("--setenv", name, value)));
        // Of what root has, only what it takes to become somebody else; inside, nothing of it is left.
        options.addAll(List.of("--cap-drop", "ALL"));
        for (String capability : List.of("CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP")) {
            options.addAll(List.of("--cap-add", capability));
        }
        List<String> command = new ArrayList<>(List.of(
                Agent.GUEST,
                "become",
                Integer.toString(specification.uid()),
                Integer.toString(specification.gid()),
                Long.toString(specification.openFiles()),
                specification.terminal() ? "terminal" : "streams",
                "--"));
        command.addAll(specification.arguments());
        for (String word : options) {
            if (word.indexOf(0) >= 0) {
                throw new SandboxException("bubblewrap: a word with NUL (expected: none)");
            }
        }
        return new BubblewrapArguments(options, command);
    }

    private static List<String> mount(JsonNode mount) throws SandboxException {
        String destination = mount.path("destination").asText();
        List<String> flags = new ArrayList<>();
        mount.path("options").forEach(option -> flags.add(option.asText()));
        return switch (mount.path("type").asText()) {
            case "proc" -> List.of("--proc", destination);
            // The host's devices are nobody's business inside; programs do without.
            case "sysfs" -> List.of();
            case "bind" ->
                List.of(
                        flags.contains("rw") ? "--bind" : "--ro-bind",
                        mount.path("source").asText(),
                        destination);
            case "tmpfs" -> {
                if (destination.equals("/dev")) {
                    yield List.of("--dev", destination);
                }
                List<String> words = new ArrayList<>();
                for (String flag : flags) {
                    if (flag.startsWith("mode=")) {
                        words.addAll(List.of("--perms", flag.substring("mode=".length())));
                    } else if (flag.startsWith("size=")) {
                        words.addAll(List.of("--size", flag.substring("size=".length())));
                    }
                }
                words.addAll(List.of("--tmpfs", destination));
                yield words;
            }
            default ->
                throw new SandboxException("mount " + destination + ": "
                        + mount.path("type").asText() + " (expected: proc, sysfs, bind or tmpfs)");
        };
    }
}
