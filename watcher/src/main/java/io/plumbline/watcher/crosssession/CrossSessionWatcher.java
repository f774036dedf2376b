package io.plumbline.watcher.crosssession;

import io.plumbline.events.EventIds;
import io.plumbline.events.v1.AlertRaised;
import io.plumbline.events.v1.Channel;
import io.plumbline.events.v1.DeviationKind;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.FreezeOrdered;
import io.plumbline.events.v1.Severity;
import io.plumbline.watcher.risk.Ladder;
import io.plumbline.watcher.risk.Ladder.Step;
import io.plumbline.watcher.state.v1.Part;
import io.plumbline.watcher.state.v1.SessionFact;
import io.plumbline.watcher.state.v1.SharedSubject;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Compares sessions that belong together. One fact in, verdicts about its session out; a deviation of a session is told once, and is the
 * same whichever relation found it. Its verdicts are not numbered: the session's own watcher numbers its own.
 */
public final class CrossSessionWatcher {
    /** Sessions that an alert names; the newest. */
    private static final int NAMED = 3;

    private CrossSessionWatcher() {}

    /**
     * @param key what is added to the deviation's name besides the session
     * @param others the sessions that it rests on besides the one at hand
     */
    private record Found(
            String clause,
            String key,
            Severity severity,
            int risk,
            String title,
            String seen,
            String why,
            List<Part> others) {}

    /** Takes one fact; {@code memory} is changed in place. */
    public static List<Event> onFact(Relation relation, CrossSessionMemory memory, SessionFact fact) {
        memory.reach(fact.getEventTimeNs());
        List<Found> found = new ArrayList<>();
        switch (fact.getKind()) {
            // Somebody whose sessions were stopped goes on with other tasks; who goes on with the same one is asked
            // more.
            case STARTED -> {
                if (relation != Relation.PRINCIPAL) {
                    stopped(memory, fact).ifPresent(found::add);
                }
            }
            case SENT -> {
                SharedSubject host = memory.hosts.touch(fact, false);
                // What one person's tasks send in a week is no sum that a policy of one task speaks of.
                if (relation != Relation.PRINCIPAL) {
                    drip(host, fact).ifPresent(found::add);
                }
                if (!fact.getWhat().startsWith(SessionFacts.PATTERN)) {
                    split(memory, host, fact).ifPresent(found::add);
                }
            }
            case ASKED_FOR -> {
                SharedSubject host = memory.hosts.touch(fact, true);
                sentAlready(memory.secrets.all(), List.of(host), fact).ifPresent(found::add);
            }
            case SECRET_READ -> {
                SharedSubject secret = memory.secrets.touch(fact, false);
                again(secret, fact).ifPresent(found::add);
                sentAlready(List.of(secret), memory.hosts.all(), fact).ifPresent(found::add);
            }
            // One person's sessions are refused the same for as many reasons as there are tasks.
            case REFUSED -> {
                if (relation != Relation.PRINCIPAL) {
                    refused(memory.refused.touch(fact, false), fact).ifPresent(found::add);
                }
            }
            case STOPPED -> {
                memory.stop(fact);
                stopped(memory, fact).ifPresent(found::add);
            }
            case FACT_UNSPECIFIED, UNRECOGNIZED -> {}
        }
        return found.stream()
                .flatMap(one -> verdicts(relation, memory, fact, one))
                .toList();
    }

    /** The sum over sessions is more than one session may send. */
    private static Optional<Found> drip(SharedSubject host, SessionFact fact) {
        List<Part> others = others(host.getPartsList(), fact).stream()
                .filter(part -> part.getBytes() > 0)
                .toList();
        long sum = host.getForgottenBytes()
                + host.getPartsList().stream().mapToLong(Part::getBytes).sum();
        if (fact.getBudget() == 0 || sum <= fact.getBudget() || others.isEmpty() && host.getForgottenBytes() == 0) {
            return Optional.empty();
        }
        return Optional.of(new Found(
                "cross-session.drip",
                host.getWhat(),
                Severity.HIGH,
                40,
                "Sessions together sent more than one may",
                sum + " bytes to " + host.getWhat() + " by " + sessions(others.size() + 1),
                "One session may send " + fact.getBudget() + " bytes there.",
                others));
    }

    /** One session has read a secret; another one sends to where nobody sent before, or where the first one wanted to. */
    private static Optional<Found> split(CrossSessionMemory memory, SharedSubject host, SessionFact fact) {
        for (SharedSubject secret : memory.secrets.all()) {
            for (Part read : others(secret.getPartsList(), fact)) {
                boolean wanted = host.getPartsList().stream()
                        .anyMatch(part -> part.getSession().equals(read.getSession()) && part.getAskedFor());
                boolean fresh = host.getFirstNs() > read.getAtNs();
                if (read.getAtNs() < fact.getEventTimeNs() && (wanted || fresh)) {
                    return Optional.of(split(
                            secret,
                            host,
                            wanted,
                            fact.getBytes() + " bytes to " + host.getWhat() + ", after session " + read.getSession()
                                    + " had read " + secret.getWhat(),
                            read));
                }
            }
        }
        return Optional.empty();
    }

    /**
     * What {@link #split} would have found, had this fact been told of before the sending: the logs of several hosts do not come in one
     * order.
     *
     * @param secrets that may have been read before {@code fact} or by it
     * @param hosts that may have been sent to since
     */
    private static Optional<Found> sentAlready(
            List<SharedSubject> secrets, List<SharedSubject> hosts, SessionFact fact) {
        for (SharedSubject secret : secrets) {
            Optional<Part> read = own(secret, fact);
            for (SharedSubject host : hosts) {
                boolean wanted = own(host, fact).filter(Part::getAskedFor).isPresent();
                Optional<Part> sent = others(host.getPartsList(), fact).stream()
                        .filter(part -> part.getSentNs() > fact.getEventTimeNs())
                        .findFirst();
                if (read.isPresent()
                        && sent.isPresent()
                        && sent.get().getSentNs() > read.get().getAtNs()
                        && (wanted || host.getFirstNs() > read.get().getAtNs())
                        && !host.getWhat().startsWith(SessionFacts.PATTERN)) {
                    return Optional.of(split(
                            secret,
                            host,
                            wanted,
                            sent.get().getBytes() + " bytes to " + host.getWhat() + " by session "
                                    + sent.get().getSession() + ", after this session had read " + secret.getWhat(),
                            sent.get()));
                }
            }
        }
        return Optional.empty();
    }

    private static Optional<Part> own(SharedSubject subject, SessionFact fact) {
        return subject.getPartsList().stream()
                .filter(part -> part.getSession().equals(fact.getSession()))
                .findFirst();
    }

    private static Found split(SharedSubject secret, SharedSubject host, boolean wanted, String seen, Part other) {
        return new Found(
                "cross-session.split",
                secret.getWhat() + "|" + host.getWhat(),
                wanted ? Severity.HIGH : Severity.MEDIUM,
                wanted ? 40 : 25,
                "One session read a secret, another one sends",
                seen + (wanted ? " and asked for this host" : "; nobody sent there before"),
                "What the one has read the other may send.",
                List.of(other));
    }

    private static Optional<Found> again(SharedSubject secret, SessionFact fact) {
        List<Part> others = others(secret.getPartsList(), fact);
        return others.isEmpty()
                ? Optional.empty()
                : Optional.of(new Found(
                        "cross-session.secret",
                        secret.getWhat(),
                        Severity.MEDIUM,
                        25,
                        "Several sessions read the same secret",
                        secret.getWhat() + " was read by " + sessions(others.size() + 1),
                        "Once may be a mistake.",
                        others));
    }

    private static Optional<Found> refused(SharedSubject act, SessionFact fact) {
        List<Part> others = others(act.getPartsList(), fact);
        return others.size() + 1 < CrossSessionLimits.REFUSED_SESSIONS
                ? Optional.empty()
                : Optional.of(new Found(
                        "cross-session.refused",
                        act.getWhat(),
                        Severity.MEDIUM,
                        25,
                        "The same act is tried in session after session",
                        act.getWhat() + " was refused in " + sessions(others.size() + 1),
                        "Who is refused in one session tries the next.",
                        others));
    }

    private static Optional<Found> stopped(CrossSessionMemory memory, SessionFact fact) {
        List<Part> others = others(memory.stopped(), fact);
        int own = others.size() == memory.stopped().size() ? 0 : 1;
        return others.size() + own < CrossSessionLimits.STOPPED_SESSIONS
                ? Optional.empty()
                : Optional.of(new Found(
                        "cross-session.stopped",
                        "",
                        Severity.HIGH,
                        40,
                        "Many sessions were stopped",
                        sessions(others.size() + own) + " were stopped before",
                        "Each of them did something that nobody may.",
                        others));
    }

    private static List<Part> others(List<Part> parts, SessionFact fact) {
        return parts.stream()
                .filter(part -> !part.getSession().equals(fact.getSession()))
                .toList();
    }

    private static String sessions(int count) {
        return count + (count == 1 ? " session" : " sessions");
    }

    private static Stream<Event> verdicts(Relation relation, CrossSessionMemory memory, SessionFact fact, Found found) {
        String deviation = EventIds.derived(
                "cross-session", fact.getTenant(), fact.getSession(), found.clause() + "|" + found.key());
        if (!memory.tell(deviation)) {
            return Stream.empty();
        }
        int risk = Math.min(Ladder.MAX, fact.getRisk() + found.risk());
        Event.Builder alert = verdict(fact, deviation, "alert")
                .setAlertRaised(AlertRaised.newBuilder()
                        .setKind(DeviationKind.CROSS_SESSION)
                        .setSeverity(found.severity())
                        .setTitle(found.title())
                        .setSaid("Task: " + fact.getTask())
                        .setSeen(found.seen() + " of the same " + relation.word())
                        .setWhy(found.why())
                        .setClause(found.clause())
                        .addEvidence(fact.getEvent())
                        .addAllEvidence(found.others().stream()
                                .sorted(Comparator.comparingLong(Part::getAtNs).reversed())
                                .limit(NAMED)
                                .map(Part::getEvent)
                                .toList())
                        .setRiskAdded(risk - fact.getRisk())
                        .setRisk(risk)
                        .setDeviation(deviation));
        Step step = new Ladder(fact.getAlertAt(), fact.getAskAt(), fact.getFreezeAt(), 0).step(risk);
        if (step != Step.FREEZE || !fact.getRunning()) {
            return Stream.of(alert.build());
        }
        return Stream.of(
                verdict(fact, deviation, "freeze")
                        .setFreezeOrdered(FreezeOrdered.newBuilder()
                                .setReason(found.title() + ": " + found.seen())
                                .setOrderedBy("plumbline")
                                .setCause(fact.getEvent()))
                        .build(),
                alert.build());
    }

    private static Event.Builder verdict(SessionFact fact, String deviation, String kind) {
        return Event.newBuilder()
                .setId(EventIds.derived(fact.getEvent(), "cross-session-" + kind, deviation))
                .setTenant(fact.getTenant())
                .setHost(fact.getHost())
                .setSession(fact.getSession())
                .setChannel(Channel.VERDICTS)
                .setPolicyRevision(fact.getPolicyRevision())
                .setEventTimeNs(fact.getEventTimeNs())
                .setObservedTimeNs(fact.getObservedTimeNs());
    }
}
