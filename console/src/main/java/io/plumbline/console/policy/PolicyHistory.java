package io.plumbline.console.policy;

import com.google.protobuf.InvalidProtocolBufferException;
import io.plumbline.console.search.Search;
import io.plumbline.console.search.TimelineEvent;
import io.plumbline.events.v1.TaskPolicy;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The policies of one session, the one of its start first.
 *
 * @param revisions in the order in which they were ordered, at most {@link #MAX_REVISIONS}, the newest
 */
public record PolicyHistory(List<Revision> revisions) {
    static final int MAX_REVISIONS = 200;

    private static final List<String> ACTIONS =
            List.of("task-assigned", "policy-revised", "policy-confirmed", "policy-refused");
    private static final int EVENTS_OF_A_REVISION = 4;

    /** A host answers within a second; nobody waits for one that is gone. */
    private static final Duration OVERDUE = Duration.ofSeconds(15);

    /** How far a revision has come. */
    public enum Step {
        /** A person's order is in the log. */
        REQUESTED,
        /** The watcher has told the host. */
        ORDERED,
        /** The host says that every part holds it. */
        CONFIRMED,
        /** The host says why it does not; the one before stays in force. */
        REFUSED
    }

    /**
     * @param number 0 while nobody but the person who ordered it has named it
     * @param order event id of the person's order; empty for the policy of the start
     * @param reason of the order; of a refusal the host's
     * @param inForce the policy as the host holds it; empty when it does not, or when an older program wrote the document
     * @param atNextStart what of it waits for the next start of the task
     */
    public record Revision(
            long number,
            Instant at,
            String order,
            String by,
            String reason,
            Step step,
            Optional<TaskPolicy> inForce,
            List<String> atNextStart) {
        /** Whether the host has said something; nothing changes afterwards. */
        public boolean isAnswered() {
            return step == Step.CONFIRMED || step == Step.REFUSED;
        }

        /** In words, as it is known at {@code now}. */
        public String told(Instant now) {
            return switch (step) {
                case REQUESTED, ORDERED ->
                    (step == Step.REQUESTED ? "requested" : "ordered")
                            + (at.isBefore(now.minus(OVERDUE)) ? ", FAILED to be confirmed" : ", not confirmed");
                case CONFIRMED ->
                    "confirmed"
                            + (atNextStart.isEmpty()
                                    ? ""
                                    : "; at the next start only: " + String.join(", ", atNextStart));
                case REFUSED -> "refused: " + reason;
            };
        }
    }

    public PolicyHistory {
        revisions = List.copyOf(revisions);
    }

    public static PolicyHistory read(Search search, String session) {
        return of(search.events(
                session, ACTIONS, Optional.empty(), Search.Keep.NEWEST, MAX_REVISIONS * EVENTS_OF_A_REVISION));
    }

    /** @param events of one session in the order of their time; others than those of policies do not count */
    public static PolicyHistory of(Collection<TimelineEvent> events) {
        Map<String, Revision> byStatement = new LinkedHashMap<>();
        for (TimelineEvent event : events) {
            String statement = event.text("/plumbline/policy/statement");
            Revision before = byStatement.get(statement);
            Revision after =
                    switch (event.action()) {
                        case "task-assigned" ->
                            new Revision(
                                    event.number("/plumbline/policy/revision"),
                                    event.at(),
                                    "",
                                    event.text("/user/name"),
                                    "",
                                    Step.ORDERED,
                                    policy(event),
                                    List.of());
                        case "policy-revised" -> revised(event, before);
                        case "policy-confirmed" -> confirmed(event, before);
                        case "policy-refused" -> refused(event, before);
                        default -> null;
                    };
            if (after != null) {
                byStatement.put(statement, after);
            }
        }
        List<Revision> revisions = new ArrayList<>(byStatement.values());
        return new PolicyHistory(revisions.subList(Math.max(0, revisions.size() - MAX_REVISIONS), revisions.size()));
    }

    private static Revision revised(TimelineEvent event, @Nullable Revision before) {
        boolean person = event.channel().equals("control");
        // The answer may be read before the order.
        Step step = before != null && before.step().compareTo(Step.ORDERED) > 0
                ? before.step()
                : person && before == null ? Step.REQUESTED : Step.ORDERED;
        return new Revision(
                before == null ? 0 : before.number(),
                before == null ? event.at() : before.at(),
                person ? event.id() : before == null ? event.text("/plumbline/cause") : before.order(),
                event.text("/user/name"),
                step == Step.REFUSED && before != null ? before.reason() : event.text("/event/reason"),
                step,
                before == null ? Optional.empty() : before.inForce(),
                before == null ? List.of() : before.atNextStart());
    }

    private static Revision confirmed(TimelineEvent event, @Nullable Revision before) {
        return new Revision(
                event.number("/plumbline/policy/revision"),
                before == null ? event.at() : before.at(),
                before == null ? "" : before.order(),
                before == null ? "" : before.by(),
                before == null ? "" : before.reason(),
                Step.CONFIRMED,
                // Of the start the confirmation carries no policy; the task does.
                policy(event).or(() -> before == null ? Optional.empty() : before.inForce()),
                event.texts("/plumbline/policy/at_next_start"));
    }

    private static Revision refused(TimelineEvent event, @Nullable Revision before) {
        return new Revision(
                event.number("/plumbline/policy/revision"),
                before == null ? event.at() : before.at(),
                before == null ? event.text("/plumbline/order") : before.order(),
                before == null ? "" : before.by(),
                event.text("/event/reason"),
                Step.REFUSED,
                Optional.empty(),
                List.of());
    }

    private static Optional<TaskPolicy> policy(TimelineEvent event) {
        String encoded = event.text("/plumbline/policy/in_force");
        if (encoded.isEmpty()) {
            return Optional.empty();
        }
        try {
            return Optional.of(TaskPolicy.parseFrom(Base64.getDecoder().decode(encoded)));
        } catch (InvalidProtocolBufferException | IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    /** The newest that a host holds. */
    public Optional<Revision> inForce() {
        return revisions.reversed().stream()
                .filter(revision -> revision.step() == Step.CONFIRMED)
                .findFirst();
    }

    public Optional<Revision> ofOrder(String order) {
        return revisions.stream()
                .filter(revision -> revision.order().equals(order))
                .findFirst();
    }
}
