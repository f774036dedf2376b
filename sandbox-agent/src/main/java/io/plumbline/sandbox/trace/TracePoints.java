package io.plumbline.sandbox.trace;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.plumbline.events.HidingCalls;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The points of the sentry that Plumbline subscribes to, and the configuration that says so to {@code --pod-init-config}. */
public final class TracePoints {
    /** Ids of containers that are not the workload's begin like this. */
    public static final String KERNEL_CONTAINER = "kernel-";

    private static final List<String> CONTEXT = List.of(
            "time",
            "thread_id",
            "task_start_time",
            "group_id",
            "thread_group_start_time",
            "container_id",
            "credentials",
            "cwd",
            "process_name");

    /** {@code exit_notify_parent} cannot say where the process was. */
    private static final List<String> CONTEXT_WITHOUT_CWD =
            CONTEXT.stream().filter(field -> !field.equals("cwd")).toList();

    /**
     * A full socket makes the sentry wait, 25 us to 10 ms a turn, about half a second in all: a slow listener throttles the
     * session before anything is lost.
     */
    private static final int RETRIES = 50;

    /**
     * System calls without a decoder in gVisor and without a line in its log ({@link NamedCall#LOGGED}), by their number on
     * x86-64: what changes owners and identities, moves between processes or reaches for the kernel.
     */
    private static final int[] RAW = {
        92, // chown
        93, // fchown
        94, // lchown
        62, // kill
        105, // setuid
        106, // setgid
        113, // setreuid
        114, // setregid
        116, // setgroups
        117, // setresuid
        119, // setresgid
        122, // setfsuid
        123, // setfsgid
        126, // capset
        133, // mknod
        175, // init_module
        188, // setxattr
        189, // lsetxattr
        190, // fsetxattr
        248, // add_key
        250, // keyctl
        259, // mknodat
        260, // fchownat
        298, // perf_event_open
        304, // open_by_handle_at
        307, // sendmmsg
        310, // process_vm_readv
        313, // finit_module
        321, // bpf
        323, // userfaultfd
        425, // io_uring_setup
        437, // openat2
        438, // pidfd_getfd
    };

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Pattern POINT =
            Pattern.compile("Name: (\\S+), optional fields: \\[([^\\]]*)\\], context fields: \\[([^\\]]*)\\]");

    private TracePoints() {}

    private record Point(String name, List<String> optional, List<String> context) {}

    /** The JSON for {@code --pod-init-config}: one session whose messages go to the socket at {@code endpoint}. */
    public static String podInitConfig(Path endpoint) {
        ObjectNode root = JSON.createObjectNode();
        ObjectNode session = root.putObject("trace_session");
        session.put("name", "Default");
        // An unknown name must fail the start: what is silently left out would be missed by nobody.
        session.put("ignore_missing", false);
        ArrayNode points = session.putArray("points");
        for (Point point : points()) {
            ObjectNode node = points.addObject().put("name", point.name);
            if (!point.optional.isEmpty()) {
                point.optional.forEach(node.putArray("optional_fields")::add);
            }
            point.context.forEach(node.putArray("context_fields")::add);
        }
        session.putArray("sinks")
                .addObject()
                .put("name", "remote")
                .putObject("config")
                .put("endpoint", endpoint.toString())
                .put("retries", RETRIES)
                .put("backoff", "25us")
                .put("backoff_max", "10ms");
        return root.toString();
    }

    /** The system calls that the sentry tells in its log, as {@code --strace-syscalls} takes them. */
    public static String loggedSyscalls() {
        return String.join(",", NamedCall.LOGGED);
    }

    /**
     * What a runtime lacks of what is asked for.
     *
     * @param metadata the output of {@code runsc trace metadata}
     * @return one sentence per missing point or field; empty when all is there
     */
    public static List<String> missing(String metadata) {
        Map<String, Set<String>> offered = new HashMap<>();
        Matcher line = POINT.matcher(metadata);
        while (line.find()) {
            Set<String> fields = new HashSet<>(List.of(line.group(2).split("\\|")));
            fields.addAll(List.of(line.group(3).split("\\|")));
            offered.put(line.group(1), fields);
        }
        List<String> missing = new ArrayList<>();
        for (Point point : points()) {
            Set<String> fields = offered.get(point.name);
            if (fields == null) {
                missing.add("point " + point.name);
                continue;
            }
            for (List<String> wanted : List.of(point.optional, point.context)) {
                wanted.stream()
                        .filter(field -> !fields.contains(field))
                        .forEach(field -> missing.add("field " + field + " of " + point.name));
            }
        }
        return missing;
    }

    private static List<Point> points() {
        List<Point> points = new ArrayList<>();
        points.add(new Point("container/start", List.of("env"), CONTEXT));
        points.add(new Point("sentry/clone", List.of(), CONTEXT));
        points.add(new Point("sentry/execve", List.of("binary_info"), CONTEXT));
        points.add(new Point("sentry/task_exit", List.of(), CONTEXT));
        points.add(new Point("sentry/exit_notify_parent", List.of(), CONTEXT_WITHOUT_CWD));
        points.add(new Point("syscall/open/exit", List.of(), CONTEXT));
        points.add(new Point("syscall/openat/exit", List.of("fd_path"), CONTEXT));
        points.add(new Point("syscall/creat/exit", List.of("fd_path"), CONTEXT));
        points.add(new Point("syscall/execve/exit", List.of("envv"), CONTEXT));
        points.add(new Point("syscall/execveat/exit", List.of("fd_path", "envv"), CONTEXT));
        points.add(new Point("syscall/chdir/exit", List.of(), CONTEXT));
        points.add(new Point("syscall/fchdir/exit", List.of("fd_path"), CONTEXT));
        points.add(new Point("syscall/connect/exit", List.of("fd_path"), CONTEXT));
        points.add(new Point("syscall/bind/exit", List.of("fd_path"), CONTEXT));
        points.add(new Point("syscall/accept/exit", List.of("fd_path"), CONTEXT));
        points.add(new Point("syscall/accept4/exit", List.of("fd_path"), CONTEXT));
        points.add(new Point("syscall/dup/exit", List.of("fd_path"), CONTEXT));
        points.add(new Point("syscall/dup2/exit", List.of("fd_path"), CONTEXT));
        points.add(new Point("syscall/dup3/exit", List.of("fd_path"), CONTEXT));
        for (int number : RAW) {
            points.add(new Point("syscall/sysno/" + number + "/enter", List.of(), CONTEXT));
        }
        // They count once they have succeeded.
        for (int number : new TreeSet<>(HidingCalls.NUMBERS)) {
            points.add(new Point("syscall/sysno/" + number + "/exit", List.of(), CONTEXT));
        }
        return points;
    }
}
