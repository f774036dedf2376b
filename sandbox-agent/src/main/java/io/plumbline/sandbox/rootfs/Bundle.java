package io.plumbline.sandbox.rootfs;

import io.plumbline.events.v1.TaskPolicy;
import io.plumbline.sandbox.agents.Agent;
import io.plumbline.sandbox.agents.Doors;
import io.plumbline.sandbox.agents.ManagedConfiguration;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Everything on disk that one sandbox is made from, in one directory that is thrown away with it.
 *
 * @param directory of the host; holds {@code config.json}
 * @param configurationSha256 hash over what was put in place for the agent, 64 hex digits
 * @param readOnly what of the host must not be changed from inside
 * @param binds what of the host is seen inside: by the path inside
 */
public record Bundle(Path directory, String configurationSha256, List<Path> readOnly, Map<String, Path> binds) {
    /** Where the workspace is inside. */
    public static final String WORKSPACE = "/workspace";

    /** File in the bundle: paths inside, NUL between them, that a runtime which can hold an open refuses. May be missing. */
    public static final String HELD = "held";

    /** Processes and threads of a workload whose policy names no figure: enough for builds, too few to hurt the host. */
    private static final int DEFAULT_PROCESSES = 1024;

    private static final String GUEST_DIRECTORY = "/opt/plumbline";

    /** Modes in which the folder given as the workspace may be changed; in review mode it is a copy. */
    private static final Set<String> WRITABLE = Set.of("read-write", "review");

    /** Covered by mounts: what lay there would never be seen. */
    private static final List<String> MOUNTED = List.of(
            "/bin",
            "/dev",
            "/home",
            "/lib",
            "/lib64",
            "/opt",
            "/proc",
            "/run",
            "/sbin",
            "/sys",
            "/tmp",
            "/usr",
            "/var/tmp",
            WORKSPACE);

    /**
     * What the bundle is for.
     *
     * @param groundwork this bundle's alone
     * @param directory made by {@link #assemble}; must not exist
     * @param sockets folder of the session's sockets on the host
     * @param workspace folder of the host that the agent works on; its owner is the sandbox's user
     * @param command what the session is to run
     * @param agentsDirectory folder of the host with one folder per agent
     * @param terminal type (TERM) of the terminal that the command gets; empty: it gets none
     * @param session its id, from which the decoys' content is made
     * @param environment variables of the parts that serve the session, beside those that every session has
     */
    public record Plan(
            Groundwork groundwork,
            Path directory,
            Path sockets,
            Path workspace,
            TaskPolicy policy,
            Agent agent,
            List<String> command,
            Path agentsDirectory,
            Optional<String> terminal,
            String session,
            Map<String, String> environment) {
        public Plan {
            environment = Map.copyOf(environment);
            command = List.copyOf(command);
        }
    }

    /** @throws IOException also when the workspace or the agent's programs are missing */
    public static Bundle assemble(Plan plan) throws IOException {
        if (!Files.isDirectory(plan.workspace())) {
            throw new IOException("workspace: " + plan.workspace() + " (expected: a directory)");
        }
        Owner user = Owner.of(plan.workspace());
        Doors doors = Doors.of(plan.policy());
        ManagedConfiguration configuration = plan.agent().configuration(plan.policy(), doors);
        Path directory = plan.directory();
        Files.createDirectory(
                directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx--x--x")));
        Groundwork ground = plan.groundwork();
        SystemTree system = ground.system();
        users(ground.etc(), user);
        Path home = Files.createDirectory(home(directory));
        List<Mount> mounts = new ArrayList<>(List.of(
                new Mount.Memory("/dev", "755", plan.policy().getDiskBytes()),
                new Mount.Memory("/tmp", "1777", plan.policy().getDiskBytes()),
                new Mount.Memory("/var/tmp", "1777", plan.policy().getDiskBytes()),
                new Mount.Bind(ground.etc(), "/etc", Mount.Access.READ),
                new Mount.Bind(home, Agent.HOME, Mount.Access.WRITE),
                new Mount.Bind(
                        plan.workspace(),
                        WORKSPACE,
                        WRITABLE.contains(plan.policy().getWorkspaceMode()) ? Mount.Access.WRITE : Mount.Access.READ),
                new Mount.Bind(plan.sockets(), Doors.DIRECTORY, Mount.Access.READ),
                new Mount.Bind(ground.guestFolder(), GUEST_DIRECTORY, Mount.Access.READ)));
        mounts.addAll(ground.mounts());
        if (configuration.binaries().isPresent()) {
            Path binaries =
                    plan.agentsDirectory().resolve(configuration.binaries().get());
            if (!Files.isDirectory(binaries)) {
                throw new IOException("agent: " + binaries + " (expected: a directory with its programs)");
            }
            mounts.add(new Mount.Bind(binaries, Agent.BINARIES, Mount.Access.READ));
        }
        managed(directory.resolve("managed"), configuration, ground.etc(), home, user, mounts);
        for (String program : configuration.masked()) {
            // Only what is there: a mount point that is missing would be made on the host.
            if (system.has(program) && system.has("/usr/bin/false")) {
                mounts.add(new Mount.Bind(system.outside("/usr/bin/false"), program, Mount.Access.READ));
            }
        }
        decoys(plan, home, user);
        user.own(home);
        Files.writeString(
                directory.resolve("config.json"),
                new OciConfig(
                                ground.root(),
                                arguments(doors, plan.command()),
                                environment(configuration, plan.terminal(), plan.environment()),
                                WORKSPACE,
                                user.uid(),
                                user.gid(),
                                mounts,
                                processes(plan.policy()),
                                plan.terminal().isPresent() ? OciConfig.Terminal.YES : OciConfig.Terminal.NO)
                        .json());
        return new Bundle(
                directory,
                configuration.sha256(),
                mounts.stream()
                        .filter(Mount.Bind.class::isInstance)
                        .map(Mount.Bind.class::cast)
                        .filter(bind -> bind.access() == Mount.Access.READ)
                        .map(Mount.Bind::source)
                        .toList(),
                mounts.stream()
                        .filter(Mount.Bind.class::isInstance)
                        .map(Mount.Bind.class::cast)
                        .collect(Collectors.toMap(Mount.Bind::destination, Mount.Bind::source, (first, last) -> last)));
    }

    /** Where the agent's home folder of a bundle in this directory is on the host. */
    public static Path home(Path directory) {
        return directory.resolve("home");
    }

    /** Most processes and threads of a workload under {@code policy}. */
    public static int processes(TaskPolicy policy) {
        return policy.getProcesses() == 0 ? DEFAULT_PROCESSES : policy.getProcesses();
    }

    /** Removes the bundle. Never follows links: the workload may have made some that lead out. */
    public void delete() throws IOException {
        deleteTree(directory);
    }

    /** Removes a directory with everything in it, never through links; what is missing is fine. */
    public static void deleteTree(Path directory) throws IOException {
        TreeRemoval.remove(directory);
    }

    private static void users(Path etc, Owner user) throws IOException {
        String agent = user.uid() == 0
                ? "root:x:0:0:agent:" + Agent.HOME + ":/bin/bash\n"
                : "root:x:0:0:root:/root:/usr/sbin/nologin\nagent:x:%d:%d:agent:%s:/bin/bash\n"
                        .formatted(user.uid(), user.gid(), Agent.HOME);
        Files.writeString(etc.resolve("passwd"), agent);
        Files.writeString(
                etc.resolve("group"),
                user.gid() == 0 ? "root:x:0:\n" : "root:x:0:\nagent:x:%d:\n".formatted(user.gid()));
    }

    private static void managed(
            Path folder, ManagedConfiguration configuration, Path etc, Path home, Owner user, List<Mount> mounts)
            throws IOException {
        Files.createDirectory(folder);
        int number = 0;
        for (Map.Entry<String, String> file : configuration.files().entrySet()) {
            String destination = file.getKey();
            if (destination.startsWith("/etc/")) {
                Path target = etc.resolve(destination.substring("/etc/".length()));
                refuseLinks(etc, target, "configuration: " + destination);
                Files.createDirectories(parent(target));
                Files.writeString(target, file.getValue());
            } else {
                // In a folder that the agent may write: only a mount of its own keeps the file as it is.
                Path source = folder.resolve(Integer.toString(number++));
                Files.writeString(source, file.getValue());
                Path target = home.resolve(Path.of(Agent.HOME).relativize(Path.of(destination)));
                ownedFolders(home, parent(target), user);
                Files.createFile(target);
                mounts.add(new Mount.Bind(source, destination, Mount.Access.READ));
            }
        }
    }

    private static void decoys(Plan plan, Path home, Owner user) throws IOException {
        Groundwork ground = plan.groundwork();
        TaskPolicy policy = plan.policy();
        List<String> held = new ArrayList<>();
        for (int i = 0; i < policy.getDecoysCount(); i++) {
            String decoy = policy.getDecoys(i);
            String path = decoy.startsWith("~/") ? Agent.HOME + decoy.substring(1) : decoy;
            held.add(path);
            if (inWorkspace(path)) {
                continue;
            }
            Path base = ground.root();
            String name = path;
            if (path.startsWith(Agent.HOME + "/")) {
                base = home;
                name = path.substring(Agent.HOME.length());
            } else if (path.startsWith("/etc/")) {
                base = ground.etc();
                name = path.substring("/etc".length());
            } else if (!path.startsWith("/")
                    || MOUNTED.stream().anyMatch(folder -> path.startsWith(folder + "/"))
                    || ground.mounts().stream().anyMatch(mount -> path.startsWith(mount.destination() + "/"))) {
                throw new IOException(
                        "decoy: " + decoy + " (expected: a path below ~, /etc, /workspace, or a folder of its own)");
            }
            Path target = base.resolve(name.substring(1)).normalize();
            if (!target.startsWith(base) || target.equals(base)) {
                throw new IOException("decoy: " + decoy + " (expected: a path without ..)");
            }
            refuseLinks(base, target, "decoy: " + decoy);
            ownedFolders(base, parent(target), user);
            Files.writeString(target, Decoys.content(plan.session(), path, kind(policy, i)));
            Files.setPosixFilePermissions(target, PosixFilePermissions.fromString("rw-------"));
            user.own(target);
        }
        if (policy.getHoneytokenFreeze().equals("local")) {
            Files.writeString(plan.directory().resolve(HELD), String.join("\0", held));
        }
    }

    private static boolean inWorkspace(String path) {
        return path.startsWith(WORKSPACE + "/");
    }

    private static String kind(TaskPolicy policy, int decoy) {
        return decoy < policy.getDecoyKindsCount() ? policy.getDecoyKinds(decoy) : "";
    }

    /**
     * The decoys of a policy that lie in the workspace, which a bundle does not make: their contents by path below it.
     *
     * @param session its id, from which the contents are made
     */
    public static Map<String, String> workspaceDecoys(TaskPolicy policy, String session) {
        Map<String, String> contents = new LinkedHashMap<>();
        for (int i = 0; i < policy.getDecoysCount(); i++) {
            String path = policy.getDecoys(i);
            if (inWorkspace(path)) {
                contents.put(path.substring(WORKSPACE.length() + 1), Decoys.content(session, path, kind(policy, i)));
            }
        }
        return contents;
    }

    /** What is written as root must not be led out of {@code base} by a link that came with the system's configuration. */
    private static void refuseLinks(Path base, Path target, String what) throws IOException {
        for (Path path = target; !path.equals(base); path = parent(path)) {
            if (Files.isSymbolicLink(path)) {
                throw new IOException(what + " (expected: a path without links, " + base.relativize(path) + " is one)");
            }
        }
    }

    private static Path parent(Path path) {
        return Objects.requireNonNull(path.getParent(), "only the root has none");
    }

    private static void ownedFolders(Path base, Path folder, Owner user) throws IOException {
        if (folder.equals(base) || Files.isDirectory(folder)) {
            return;
        }
        ownedFolders(base, parent(folder), user);
        Files.createDirectory(folder);
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx------"));
        user.own(folder);
    }

    private static List<String> arguments(Doors doors, List<String> command) {
        List<String> arguments = new ArrayList<>(List.of(Agent.GUEST, "relay"));
        doors.relays().forEach((port, socket) -> arguments.add(port + "=" + socket));
        arguments.add("--");
        arguments.addAll(command);
        return arguments;
    }

    private static Map<String, String> environment(
            ManagedConfiguration configuration, Optional<String> terminal, Map<String, String> parts) {
        Map<String, String> environment = new LinkedHashMap<>();
        List<String> path = new ArrayList<>(configuration.path());
        path.addAll(List.of("/usr/local/bin", "/usr/bin", "/bin", "/usr/local/sbin", "/usr/sbin", "/sbin"));
        environment.put("PATH", String.join(":", path));
        environment.put("HOME", Agent.HOME);
        environment.put("USER", "agent");
        environment.put("SHELL", "/bin/bash");
        environment.put("LANG", "C.UTF-8");
        environment.put("TERM", terminal.orElse("dumb"));
        String proxy = "http://127.0.0.1:" + Doors.PROXY_PORT;
        for (String name : List.of("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY")) {
            environment.put(name, proxy);
        }
        environment.put("no_proxy", "127.0.0.1,localhost");
        environment.put("NO_PROXY", "127.0.0.1,localhost");
        // A program that looks for a newer one of itself serves no task, and a person would be asked about it.
        environment.put("NO_UPDATE_NOTIFIER", "1");
        environment.put("npm_config_update_notifier", "false");
        environment.putAll(configuration.environment());
        environment.putAll(parts);
        return environment;
    }
}
