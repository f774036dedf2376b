package io.plumbline.events.policy;

import io.plumbline.events.policy.PolicyComparison.Change;
import io.plumbline.events.policy.PolicyComparison.Direction;
import io.plumbline.events.v1.TaskPolicy;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The policies that stand above a task's: the organisation's and the repository's. A lower level can only tighten what is above it, but
 * for the keys that the level above lists under {@code may-widen}. Without an organisation's policy the defaults stand at the top: a task
 * may then widen them as its author likes, a repository may not, since the agents that work on it can write its files.
 *
 * @param organisation empty: the defaults
 * @param repository empty: none
 */
public record PolicyLevels(Optional<Level> organisation, Optional<Level> repository) {
    /** Nothing above the task's own policy but the defaults. */
    public static final PolicyLevels NONE = new PolicyLevels(Optional.empty(), Optional.empty());

    /**
     * One document.
     *
     * @param source for people, such as its file
     */
    public record Level(String source, String yaml) {}

    /** Likewise, with the policy of the repository that the task is about. */
    public PolicyLevels with(Optional<Level> repositoryLevel) {
        return new PolicyLevels(organisation, repositoryLevel);
    }

    /**
     * The policy of a task under these levels.
     *
     * @throws PolicyException when one of the documents is no policy, or a level widens what it must not; the message names the level,
     *     the key, both values and who would have to allow it
     */
    public TaskPolicy task(String yaml) throws PolicyException {
        TaskPolicy above = PolicyDefaults.policy();
        Set<String> repositoryMayWiden = Set.of();
        Set<String> taskMayWiden = PolicyParser.SECTIONS;
        String top = "the defaults";
        if (organisation.isPresent()) {
            Level level = organisation.get();
            above = parsed(level, above, PolicyParser.SECTIONS);
            repositoryMayWiden = Set.copyOf(above.getMayWidenList());
            taskMayWiden = repositoryMayWiden;
            top = level.source();
        }
        if (repository.isPresent()) {
            Level level = repository.get();
            TaskPolicy own = parsed(level, above, repositoryMayWiden);
            refuseWider(level.source(), above, own, repositoryMayWiden, top);
            Set<String> both = new HashSet<>(taskMayWiden);
            both.retainAll(own.getMayWidenList());
            taskMayWiden = both;
            above = own;
            top = level.source();
        }
        Level level = new Level("policy", yaml);
        TaskPolicy task = parsed(level, above, taskMayWiden);
        if (organisation.isPresent() || repository.isPresent()) {
            refuseWider(level.source(), above, task, taskMayWiden, top);
        }
        return task;
    }

    private static TaskPolicy parsed(Level level, TaskPolicy above, Set<String> mayWiden) throws PolicyException {
        try {
            return PolicyParser.parse(level.yaml(), above, mayWiden);
        } catch (PolicyException e) {
            String message = String.valueOf(e.getMessage());
            throw level.source().equals("policy") ? e : new PolicyException(level.source() + ": " + message);
        }
    }

    private static void refuseWider(
            String source, TaskPolicy above, TaskPolicy below, Set<String> mayWiden, String whoAllows)
            throws PolicyException {
        List<Change> wider = PolicyComparison.between(above, below).stream()
                .filter(change -> change.direction() == Direction.WIDER)
                .filter(change -> !change.key().equals("may-widen"))
                .filter(change -> mayWiden.stream().noneMatch(change::isOf))
                .toList();
        if (!wider.isEmpty()) {
            Change first = wider.getFirst();
            throw new PolicyException(source + ": " + first.key() + ": "
                    + (first.after().isEmpty() ? "without " + first.before() : first.after())
                    + (wider.size() > 1 ? " and " + (wider.size() - 1) + " more" : "")
                    + " (expected: nothing wider than "
                    + (first.before().isEmpty() || first.after().isEmpty() ? "what" : first.before() + ", as")
                    + " " + whoAllows + " says, which does not list " + section(first) + " under may-widen)");
        }
    }

    private static String section(Change change) {
        return PolicyParser.SECTIONS.stream().filter(change::isOf).findFirst().orElse(change.key());
    }
}
