package io.plumbline.sandbox.rootfs;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * The {@code config.json} of a sandbox (OCI runtime specification 1.0): no capabilities, no new privileges, own namespaces.
 *
 * @param root directory of the host
 * @param arguments program and arguments of the first process
 * @param environment variables of the first process
 * @param terminal whether the standard streams are one terminal
 * @param processLimit most processes of the user; 0: none
 */
public record OciConfig(
        Path root,
        List<String> arguments,
        Map<String, String> environment,
        String workingDirectory,
        int uid,
        int gid,
        List<Mount> mounts,
        long processLimit,
        Terminal terminal) {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int OPEN_FILES = 65_536;

    /** Whether the first process has a terminal. */
    public enum Terminal {
        YES,
        NO
    }

    public OciConfig {
        arguments = List.copyOf(arguments);
        mounts = List.copyOf(mounts);
    }

    public String json() {
        ObjectNode config = JSON.createObjectNode();
        config.put("ociVersion", "1.0.2");
        config.put("hostname", "sandbox");
        // The overlay in memory takes the writes; the directory itself stays as it is.
        config.putObject("root").put("path", root.toString()).put("readonly", false);
        ObjectNode process = config.putObject("process");
        arguments.forEach(process.putArray("args")::add);
        ArrayNode variables = process.putArray("env");
        environment.forEach((name, value) -> variables.add(name + "=" + value));
        process.put("cwd", workingDirectory);
        process.putObject("user").put("uid", uid).put("gid", gid);
        process.put("noNewPrivileges", true);
        process.put("terminal", terminal == Terminal.YES);
        ObjectNode capabilities = process.putObject("capabilities");
        for (String set : List.of("bounding", "effective", "inheritable", "permitted", "ambient")) {
            capabilities.putArray(set);
        }
        ArrayNode limits = process.putArray("rlimits");
        limit(limits, "RLIMIT_NOFILE", OPEN_FILES);
        limit(limits, "RLIMIT_CORE", 0);
        if (processLimit > 0) {
            limit(limits, "RLIMIT_NPROC", processLimit);
        }
        ArrayNode namespaces = config.putObject("linux").putArray("namespaces");
        for (String type : List.of("pid", "ipc", "uts", "mount", "network")) {
            namespaces.addObject().put("type", type);
        }
        ArrayNode list = config.putArray("mounts");
        list.addObject().put("destination", "/proc").put("type", "proc").put("source", "proc");
        options(list.addObject().put("destination", "/sys").put("type", "sysfs").put("source", "sysfs"), "ro");
        for (Mount mount : mounts) {
            ObjectNode node = list.addObject().put("destination", mount.destination());
            switch (mount) {
                case Mount.Bind bind ->
                    options(
                            node.put("type", "bind").put("source", bind.source().toString()),
                            "rbind",
                            bind.access() == Mount.Access.WRITE ? "rw" : "ro",
                            "nosuid",
                            "nodev");
                case Mount.Memory memory -> {
                    options(
                            node.put("type", "tmpfs").put("source", "tmpfs"),
                            "nosuid",
                            "nodev",
                            "mode=" + memory.mode());
                    if (memory.maxBytes() > 0) {
                        options(node, "size=" + memory.maxBytes());
                    }
                }
            }
        }
        return config.toPrettyString();
    }

    private static void limit(ArrayNode limits, String type, long value) {
        limits.addObject().put("type", type).put("hard", value).put("soft", value);
    }

    private static void options(ObjectNode mount, String... options) {
        for (String option : options) {
            mount.withArray("options").add(option);
        }
    }
}
