package io.plumbline.intent;

import java.util.List;
import java.util.Objects;

/**
 * What a session is for. Only the task, which a person wrote, and the scope, which the policy gives, can lower a risk; plan item
 * and reason are the agent's words and can only raise it.
 *
 * @param task the person's words; at most {@value #MAX_CHARS} characters are read
 * @param planItem the plan's active item, empty when there is none
 * @param reason the reason stated with the act, empty when there is none
 * @param scope folders and hosts that the task was given
 * @param recent the session's last acts, oldest first; at most {@value #MAX_RECENT} are looked at
 */
public record Intent(String task, String planItem, String reason, Scope scope, List<Act> recent) {
    public static final int MAX_CHARS = 2_000;
    public static final int MAX_RECENT = 8;

    public Intent {
        task = cut(task);
        planItem = cut(planItem);
        reason = cut(reason);
        Objects.requireNonNull(scope, "scope");
        recent = List.copyOf(recent.subList(Math.max(0, recent.size() - MAX_RECENT), recent.size()));
    }

    public static Intent of(String task) {
        return new Intent(task, "", "", Scope.NONE, List.of());
    }

    public Intent withProse(String newPlanItem, String newReason) {
        return new Intent(task, newPlanItem, newReason, scope, recent);
    }

    /**
     * What the policy allows.
     *
     * @param folders path prefixes; empty when the policy says nothing
     * @param hosts host names, {@code *.} for subdomains; empty when the policy says nothing
     */
    public record Scope(List<String> folders, List<String> hosts) {
        public static final Scope NONE = new Scope(List.of(), List.of());

        public Scope {
            folders = List.copyOf(folders);
            hosts = List.copyOf(hosts);
        }

        /** Whether the policy names the host; false when it says nothing. */
        public boolean allows(String host) {
            return hosts.stream()
                    .anyMatch(allowed ->
                            allowed.startsWith("*.") ? host.endsWith(allowed.substring(1)) : host.equals(allowed));
        }
    }

    private static String cut(String text) {
        return text.length() > MAX_CHARS ? text.substring(0, MAX_CHARS) : text;
    }
}
