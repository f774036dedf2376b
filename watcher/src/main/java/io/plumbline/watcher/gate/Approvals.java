package io.plumbline.watcher.gate;

import io.plumbline.events.v1.ApprovalDecided;
import io.plumbline.events.v1.ApprovalSettled;
import io.plumbline.events.v1.ApprovalState;
import io.plumbline.watcher.state.StateLimits;
import io.plumbline.watcher.state.v1.Approval;
import io.plumbline.watcher.state.v1.Grant;
import io.plumbline.watcher.state.v1.WatchState;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * Questions to people, and what became of them. Each is about exact bytes, is settled once, and is closed unless it was approved; what was
 * approved for the session is remembered by the same bytes.
 */
final class Approvals {
    /** What became of a question. */
    record Settled(Approval approval, ApprovalSettled how) {
        boolean approved() {
            return how.getState() == ApprovalState.APPROVAL_APPROVED;
        }

        /** Whether another person has to decide before anything is answered. */
        boolean open() {
            return how.getState() == ApprovalState.APPROVAL_NEEDS_SECOND;
        }
    }

    private static final long NANOS_PER_SECOND = 1_000_000_000L;

    /** Whoever holds the API's token says in whose name it decides: no proof of a second person. */
    private static final String API = "api";

    private final WatchState.Builder state;

    Approvals(WatchState.Builder state) {
        this.state = state;
    }

    /** Takes a new question; where there is no room, the oldest decided one goes, or the oldest of all. */
    void remember(Approval approval) {
        if (state.getApprovalsCount() >= StateLimits.APPROVALS) {
            state.getApprovalsMap().values().stream()
                    .min(Comparator.comparing((Approval known) -> !known.getDecided())
                            .thenComparing(Approval::getDeadlineNs)
                            .thenComparing(Approval::getApproval))
                    .ifPresent(oldest -> {
                        state.removeApprovals(oldest.getApproval());
                        state.getEvictedBuilder()
                                .setApprovals(state.getEvicted().getApprovals() + 1);
                    });
        }
        state.putApprovals(approval.getApproval(), approval);
    }

    /** Whether a destination was approved for a connection. */
    boolean approvedFor(long connection) {
        return state.getApprovalsMap().values().stream()
                .anyMatch(known -> known.getEgress() && known.getConnection() == connection && known.getApproved());
    }

    /** What was approved for these bytes for longer, if it still holds. */
    Optional<Grant> grant(String subjectSha256, long nowNs) {
        return Optional.ofNullable(state.getGrantsMap().get(subjectSha256))
                .filter(grant -> nowNs <= grant.getUntilNs());
    }

    /**
     * A person's decision; empty when the question is not known or was settled before.
     *
     * @param gone why what was asked does not stand any more, whoever approves it; empty: it does
     */
    Optional<Settled> decide(ApprovalDecided decision, long nowNs, Optional<String> gone) {
        Approval approval = state.getApprovalsMap().get(decision.getApproval());
        if (approval == null || approval.getDecided()) {
            return Optional.empty();
        }
        String person = decision.getDecidedBy();
        if (person.isBlank()) {
            return Optional.of(close(approval, ApprovalState.APPROVAL_REVIEWER_FAILED, "the decision names nobody"));
        }
        if (!decision.getApproved()) {
            return Optional.of(close(
                    approval,
                    ApprovalState.APPROVAL_DENIED,
                    "denied by " + person + ": " + decision.getReason(),
                    List.of(person)));
        }
        if (!approval.getSubjectSha256().equals(decision.getSubjectSha256())) {
            return Optional.of(close(
                    approval,
                    ApprovalState.APPROVAL_REVIEWER_FAILED,
                    "the approval was given for " + (approval.getEgress() ? "another destination" : "other bytes")));
        }
        if (nowNs > approval.getDeadlineNs()) {
            return Optional.of(close(approval, ApprovalState.APPROVAL_TIMED_OUT, "the approval came too late"));
        }
        if (gone.isPresent()) {
            return Optional.of(close(approval, ApprovalState.APPROVAL_SUPERSEDED, gone.get()));
        }
        return Optional.of(approve(approval, decision, nowNs));
    }

    private Settled approve(Approval approval, ApprovalDecided decision, long nowNs) {
        String person = decision.getDecidedBy();
        String first = approval.getFirst();
        if (approval.getPeople() > 1 && (person.equals(API) || person.startsWith(API + ":"))) {
            return new Settled(
                    approval,
                    settled(
                                    approval,
                                    ApprovalState.APPROVAL_NEEDS_SECOND,
                                    "approved over the API, which does not count where two people are asked",
                                    first.isEmpty() ? List.of() : List.of(first))
                            .build());
        }
        if (approval.getPeople() > 1 && (first.isEmpty() || first.equals(person))) {
            Approval half = approval.toBuilder()
                    .setFirst(person)
                    .setFirstSessionSeconds(decision.getSessionSeconds())
                    .build();
            state.putApprovals(half.getApproval(), half);
            return new Settled(
                    half,
                    settled(
                                    half,
                                    ApprovalState.APPROVAL_NEEDS_SECOND,
                                    "approved by " + person + "; another person has to approve as well",
                                    List.of(person))
                            .build());
        }
        List<String> people = first.isEmpty() ? List.of(person) : List.of(first, person);
        Approval approved =
                approval.toBuilder().setDecided(true).setApproved(true).build();
        state.putApprovals(approved.getApproval(), approved);
        ApprovalSettled.Builder how = settled(
                approved, ApprovalState.APPROVAL_APPROVED, "approved by " + String.join(" and ", people), people);
        // Both have to want it for longer.
        int firsts = people.size() > 1 ? approval.getFirstSessionSeconds() : decision.getSessionSeconds();
        long seconds = Math.min(Math.min(decision.getSessionSeconds(), firsts), approval.getSessionSeconds());
        if (seconds > 0) {
            how.setSessionUntilNs(nowNs + seconds * NANOS_PER_SECOND);
            grant(
                    approved,
                    Grant.newBuilder()
                            .setApproval(approved.getApproval())
                            .addAllPeople(people)
                            .setUntilNs(how.getSessionUntilNs())
                            .build());
        }
        return new Settled(approved, how.build());
    }

    private void grant(Approval approval, Grant grant) {
        if (state.getGrantsCount() >= StateLimits.GRANTS) {
            state.getGrantsMap().entrySet().stream()
                    .min(Comparator.comparing((Map.Entry<String, Grant> known) ->
                                    known.getValue().getUntilNs())
                            .thenComparing(Map.Entry::getKey))
                    .map(Map.Entry::getKey)
                    .ifPresent(oldest -> {
                        state.removeGrants(oldest);
                        state.getEvictedBuilder().setGrants(state.getEvicted().getGrants() + 1);
                    });
        }
        state.putGrants(approval.getSubjectSha256(), grant);
    }

    /** The questions whose time is over, oldest first. */
    List<Settled> overdue(long nowNs) {
        return closeAll(
                approval -> nowNs > approval.getDeadlineNs(),
                ApprovalState.APPROVAL_TIMED_OUT,
                "nobody decided before the deadline");
    }

    /** Closes the open questions that do not stand any more, oldest first. */
    List<Settled> supersede(Predicate<Approval> which, String why) {
        return closeAll(which, ApprovalState.APPROVAL_SUPERSEDED, why);
    }

    private List<Settled> closeAll(Predicate<Approval> which, ApprovalState as, String why) {
        if (state.getApprovalsCount() == 0) {
            return List.of();
        }
        return state.getApprovalsMap().values().stream()
                .filter(approval -> !approval.getDecided())
                .filter(which)
                .sorted(Comparator.comparing(Approval::getDeadlineNs).thenComparing(Approval::getApproval))
                .map(approval -> close(approval, as, why))
                .toList();
    }

    private Settled close(Approval approval, ApprovalState as, String why) {
        return close(approval, as, why, List.of());
    }

    private Settled close(Approval approval, ApprovalState as, String why, List<String> people) {
        Approval closed = approval.toBuilder().setDecided(true).build();
        state.putApprovals(closed.getApproval(), closed);
        return new Settled(closed, settled(closed, as, why, people).build());
    }

    private static ApprovalSettled.Builder settled(
            Approval approval, ApprovalState as, String why, List<String> people) {
        return ApprovalSettled.newBuilder()
                .setApproval(approval.getApproval())
                .setState(as)
                .setReason(why)
                .addAllPeople(people);
    }
}
