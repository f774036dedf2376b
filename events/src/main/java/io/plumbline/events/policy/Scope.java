package io.plumbline.events.policy;

import io.plumbline.events.v1.ScopeRule;
import io.plumbline.events.v1.TaskPolicy;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** Acts that a policy names as a whole, whichever file, host or program they take. */
public enum Scope {
    /** The cloud provider's metadata service. */
    METADATA_SERVICE(Answer.DENY, "It hands out the host's own credentials; no task needs it."),
    /** Files that hold credentials. */
    CREDENTIALS(Answer.DENY, "Whoever reads it can act as its owner."),
    /** Files that the task was not given. */
    FILES(Answer.DENY, "The task was given no such file."),
    /** Destinations that the task was not given. */
    EGRESS(Answer.DENY, "The task was given no such destination."),
    /** Programs and files that watch or confine the session. */
    SECURITY_TOOLS(Answer.DENY, "What is switched off cannot watch."),
    /** What runs later without being asked: start files of shells, cron, units, hooks of git, authorized keys. */
    PERSISTENCE(Answer.DENY, "It runs after the session, and outside of it."),
    /** The agent's own configuration. */
    AGENT_CONFIGURATION(Answer.ASK, "It decides what the agent does next, its hooks included."),
    /** Packages, images and releases that others will use. */
    PUBLISHING(Answer.ASK, "What is published runs on other people's machines."),
    /** History of a repository that others have. */
    HISTORY_REWRITING(Answer.ASK, "What others have built upon would be gone."),
    /** Repositories besides the workspace. */
    OTHER_REPOSITORIES(Answer.ALLOW, "The task is about another repository."),
    /** Downloaded or decoded text that is run. */
    DOWNLOADED_CODE(Answer.ASK, "Nobody has seen what it does."),
    /** Commands of which nobody can say what they do. */
    UNINSPECTABLE(Answer.ALLOW, "Nobody can say beforehand what it does."),
    /** Calls that are too long, too deep or no grammar, so that a part of them was not read at all. */
    UNREADABLE(Answer.ASK, "A part of it was not read, and could be anything."),
    /** Another user's rights, capabilities, name spaces, and whoever starts containers. */
    PRIVILEGE(Answer.ASK, "It acts with rights that the task was not given."),
    /** Mounts, another root, mount and user namespaces of a process's own: seen by the kernel, named by no call. */
    NAMESPACES(Answer.DENY, "A decoy or a forbidden file may be opened unseen from now on."),
    /** Variables that decide which code runs, whom it trusts, or where it connects. */
    ENVIRONMENT(Answer.ASK, "It changes what the programs after it load, trust or connect to."),
    /** Calls for which the agent asks to leave the sandbox that it keeps for itself. */
    ESCALATION(Answer.ASK, "Outside of the agent's own sandbox nothing of it holds.");

    /** What becomes of an act; the later, the stricter. */
    public enum Answer {
        /** Nothing is said. */
        ALLOW,
        /** A finding without risk. */
        LOG,
        /** A person decides. */
        ASK,
        /** Refused, with the reason. */
        DENY,
        /** Refused, and the session is stopped. */
        FREEZE;

        /** As it stands in policies. */
        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }

        /** The answer of a word; empty when there is none. */
        public static Optional<Answer> of(String word) {
            return Arrays.stream(values())
                    .filter(answer -> answer.word().equals(word))
                    .findFirst();
        }
    }

    private final Answer byDefault;
    private final String why;

    Scope(Answer byDefault, String why) {
        this.byDefault = byDefault;
        this.why = why;
    }

    /** What becomes of it when the policy does not say. */
    public Answer byDefault() {
        return byDefault;
    }

    /** Why it matters, one sentence. */
    public String why() {
        return why;
    }

    /** As it stands in policies and alerts: {@code metadata-service}. */
    public String word() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** The scope of a word; empty when there is none. */
    public static Optional<Scope> of(String word) {
        for (Scope scope : values()) {
            if (scope.word().equals(word)) {
                return Optional.of(scope);
            }
        }
        return Optional.empty();
    }

    /** What a policy says; a word from a newer contract is the strictest answer that stops nothing by itself. */
    public Answer answer(TaskPolicy policy) {
        for (ScopeRule rule : policy.getScopesList()) {
            if (rule.getScope().equals(word())) {
                return Answer.of(rule.getAnswer()).orElse(Answer.DENY);
            }
        }
        return byDefault;
    }
}
