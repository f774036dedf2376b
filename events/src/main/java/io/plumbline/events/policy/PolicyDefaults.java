package io.plumbline.events.policy;

import io.plumbline.events.v1.PathRule;
import io.plumbline.events.v1.TaskPolicy;
import java.util.List;

/**
 * What a task gets when its policy says nothing. File rules are weighed by {@link FileRules}: deny beats everything, the
 * rules of a document come on top of these.
 */
public final class PolicyDefaults {
    /**
     * Credentials: nobody's task by default. The names are those of the tools' own documentation (OpenSSH, GnuPG, AWS,
     * gcloud, kubectl, Docker, npm, git, netrc, cron).
     */
    public static final List<String> DENIED = List.of(
            "~/.ssh/**",
            "~/.gnupg/**",
            "~/.aws/**",
            "~/.azure/**",
            "~/.config/gcloud/**",
            "~/.kube/**",
            "~/.docker/config.json",
            "~/.netrc",
            "~/.npmrc",
            "~/.pypirc",
            "~/.git-credentials",
            "/root/**",
            "/etc/shadow",
            "/var/spool/cron/**",
            "/etc/cron*/**");

    /** May be read and not written: what runs later outside the sandbox, or steers the next session. */
    public static final List<String> PROTECTED = List.of(
            "${workspace}/.git/hooks/**",
            "${workspace}/.git/config",
            "${workspace}/.plumbline/**",
            "${workspace}/.claude/**",
            "${workspace}/.codex/**",
            "${workspace}/.gemini/**",
            "${workspace}/.qwen/**",
            "${workspace}/.opencode/**",
            "${workspace}/.vscode/**");

    /** Reading these is part of running any program at all. */
    public static final List<String> READABLE = List.of(
            "/usr/**",
            "/bin/**",
            "/lib/**",
            "/lib64/**",
            "/sbin/**",
            "/opt/**",
            "/etc/**",
            "/proc/**",
            "/sys/**",
            "/dev/**",
            "/run/**",
            "/var/**",
            "/",
            "/home",
            "~",
            "~/**");

    /** The workspace, scratch space, and the state folders of the agents themselves. */
    public static final List<String> WRITABLE = List.of(
            "${workspace}",
            "${workspace}/**",
            "/tmp",
            "/tmp/**",
            "/var/tmp/**",
            "/dev/**",
            "/proc/self/**",
            "~/.claude",
            "~/.claude/**",
            "~/.claude.json*",
            "~/.codex/**",
            "~/.gemini",
            "~/.gemini/**",
            "~/.qwen",
            "~/.qwen/**",
            "~/.local",
            "~/.cache",
            "~/.cache/**",
            "~/.local/**",
            "~/.config/**",
            "~/.npm/**");

    private PolicyDefaults() {}

    /** The policy of an empty document. */
    public static TaskPolicy policy() {
        TaskPolicy.Builder policy = TaskPolicy.newBuilder()
                .setName("default")
                .setRevision(1)
                .setAlertAt(20)
                .setAskAt(40)
                .setFreezeAt(70)
                .setWallClockSeconds(3_600)
                .setMemoryBytes(4L << 30)
                .setProcesses(1_024)
                .setWorkspaceMode("read-write")
                .setPatienceSeconds(10)
                .setGateDeadlineMs(2_000)
                .setApprovalDeadlineSeconds(300)
                .setFourEyes("none")
                .setSessionApprovalSeconds(3_600)
                .setHoneytokenFreeze("local")
                .setMetadataFreeze("local")
                .setDegraded("deny")
                .setUnannounced("ask");
        addAll(policy, "deny", DENIED);
        addAll(policy, "protect", PROTECTED);
        addAll(policy, "read", READABLE);
        addAll(policy, "write", WRITABLE);
        return policy.build();
    }

    private static void addAll(TaskPolicy.Builder policy, String access, List<String> globs) {
        for (String glob : globs) {
            policy.addFiles(PathRule.newBuilder().setAccess(access).setGlob(glob));
        }
    }
}
