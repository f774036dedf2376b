package io.plumbline.ingest;

import io.micrometer.core.instrument.Counter;
import io.plumbline.events.EventIds;
import io.plumbline.events.v1.Channel;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.RuntimeState;
import io.plumbline.events.v1.Tick;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Tells the log that time passes where nothing else does. A sandbox's host reports each second of each session; when it has stopped to,
 * its sessions get a {@link Tick}, at first after a configured silence and then each {@link #AGAIN}, for {@link #LAST} at most. A question to a
 * person about a call of an agent without a host gets one when its time is over: nothing else may come of that session.
 *
 * <p>Bounded: of more sessions than {@link #MAX_SESSIONS} the one that was heard of longest ago is not watched any more, and counted. An
 * ingest that is started anew watches the sessions and the questions that the end of the log has, as well as those that it hears of: a
 * host that fell silent while nobody listened is told too.
 */
final class SilentSessions {
    static final Duration AGAIN = Duration.ofMinutes(1);
    static final Duration LAST = Duration.ofHours(1);
    static final int MAX_SESSIONS = 20_000;

    /** How often it is asked what is due. */
    static final Duration PERIOD = Duration.ofSeconds(1);

    /** Asked again only so much later it stood still itself; an ordinary delay of a period or two is none. */
    private static final Duration LEAST_STANDSTILL = PERIOD.multipliedBy(3);

    /** The shortest silence that can be told: two of its periods longer than the least standstill. */
    static final Duration LEAST_SILENCE = LEAST_STANDSTILL.plus(PERIOD.multipliedBy(2));

    private record Key(String tenant, String session) {}

    /** @param over nothing that comes of it any more is missed */
    private record Heard(String host, long atNanos, long lastSeq, long tickedNanos, boolean over) {}

    private record Question(Key session, long deadlineNanos) {}

    // The session that was heard of last is the last.
    private final LinkedHashMap<Key, Heard> sessions = new LinkedHashMap<>();
    private final LinkedHashMap<String, Question> questions = new LinkedHashMap<>();
    private final Duration silence;
    private final Duration standstill;
    private final Counter forgotten;
    private long deafUntilNanos;
    private long lastDueNanos;

    /**
     * @param silence of a session before it is told; at least {@link #LEAST_SILENCE}
     * @param forgotten counts sessions and questions that there was no room for
     */
    SilentSessions(Duration silence, Counter forgotten) {
        this.silence = silence;
        Duration half = silence.dividedBy(2);
        this.standstill = half.compareTo(LEAST_STANDSTILL) > 0 ? half : LEAST_STANDSTILL;
        this.forgotten = forgotten;
    }

    /** An event of a sandbox's host that was taken. A probe of the way to the watcher is of no session. */
    synchronized void heard(Event event, long nowNanos) {
        if (event.hasPathProbed()) {
            return;
        }
        Key key = new Key(event.getTenant(), event.getSession());
        Heard before = sessions.remove(key);
        long seq = event.getChannel() == Channel.EVIDENCE ? event.getSeq() : 0;
        sessions.put(
                key,
                before == null
                        ? new Heard(event.getHost(), nowNanos, seq, 0, isOver(event))
                        : new Heard(
                                event.getHost(),
                                nowNanos,
                                Math.max(seq, before.lastSeq()),
                                0,
                                before.over() || isOver(event)));
        if (sessions.size() > MAX_SESSIONS) {
            sessions.values().removeIf(Heard::over);
            if (sessions.size() > MAX_SESSIONS) {
                sessions.pollFirstEntry();
                forgotten.increment();
            }
        }
    }

    private static boolean isOver(Event event) {
        RuntimeState.State state = event.getRuntimeState().getState();
        return state == RuntimeState.State.KILLED
                || state == RuntimeState.State.EXITED
                || state == RuntimeState.State.FAILED;
    }

    /**
     * An event of the end of the log, which an earlier life heard; before {@link #begin}.
     *
     * @param writtenNs by the clock of that ingest: what a host says of the time decides nothing here
     */
    synchronized void written(Event event, long writtenNs) {
        if (event.getChannel() == Channel.EVIDENCE) {
            heard(event, writtenNs);
        }
    }

    /**
     * Goes on where an earlier life ended; silence is told from now on, since hosts need time to come back. A session that another ingest hears
     * is told as well: the tick names the last evidence that is known here, so the watcher sees that it has newer.
     */
    synchronized void begin(long nowNanos) {
        List<Map.Entry<Key, Heard>> known = new ArrayList<>(sessions.entrySet());
        known.sort(Comparator.comparingLong(entry -> entry.getValue().atNanos()));
        sessions.clear();
        for (Map.Entry<Key, Heard> entry : known) {
            if (nowNanos - entry.getValue().atNanos() <= LAST.toNanos()) {
                Heard heard = entry.getValue();
                long at = Math.min(heard.atNanos(), nowNanos);
                sessions.put(entry.getKey(), new Heard(heard.host(), at, heard.lastSeq(), 0, heard.over()));
            }
        }
        deaf(nowNanos);
    }

    /** A verdict; those about sessions of agents without a host are looked at. */
    synchronized void verdict(Event verdict) {
        if (!verdict.getHost().equals(VerdictRouter.DIRECT)) {
            return;
        }
        if (verdict.hasApprovalRequested()) {
            questions.put(
                    verdict.getApprovalRequested().getApproval(),
                    new Question(
                            new Key(verdict.getTenant(), verdict.getSession()),
                            verdict.getApprovalRequested().getDeadlineNs()));
            if (questions.size() > MAX_SESSIONS) {
                questions.pollFirstEntry();
                forgotten.increment();
            }
        } else if (verdict.hasApprovalSettled()) {
            questions.remove(verdict.getApprovalSettled().getApproval());
        }
    }

    /** Nothing could be heard until now, since the log took nothing: silence counts from here on. */
    synchronized void deaf(long nowNanos) {
        deafUntilNanos = nowNanos;
    }

    /** What is to be written now; to be called each {@link #PERIOD}. */
    synchronized List<Event> due(long nowNanos) {
        if (lastDueNanos > 0 && nowNanos - lastDueNanos >= standstill.toNanos()) {
            // It stood still itself: what came meanwhile is still to be read.
            deaf(nowNanos);
        }
        lastDueNanos = nowNanos;
        List<Event> due = new ArrayList<>();
        for (Map.Entry<Key, Heard> entry : List.copyOf(sessions.sequencedEntrySet())) {
            Heard heard = entry.getValue();
            long silent = nowNanos - Math.max(heard.atNanos(), deafUntilNanos);
            if (silent < silence.toNanos()) {
                break;
            }
            if (nowNanos - heard.atNanos() > LAST.toNanos()) {
                sessions.remove(entry.getKey());
            } else if (!heard.over()
                    && (heard.tickedNanos() == 0 || nowNanos - heard.tickedNanos() >= AGAIN.toNanos())) {
                sessions.replace(
                        entry.getKey(), new Heard(heard.host(), heard.atNanos(), heard.lastSeq(), nowNanos, false));
                Tick tick = Tick.newBuilder()
                        .setSilentSinceNs(heard.atNanos())
                        .setLastEvidenceSeq(heard.lastSeq())
                        .build();
                due.add(event(entry.getKey(), heard.host(), tick, nowNanos));
            }
        }
        questions.values().removeIf(question -> {
            boolean over = nowNanos > question.deadlineNanos();
            if (over) {
                due.add(event(question.session(), VerdictRouter.DIRECT, Tick.getDefaultInstance(), nowNanos));
            }
            return over;
        });
        return due;
    }

    private static Event event(Key key, String host, Tick tick, long nowNanos) {
        return EventIds.withId(Event.newBuilder()
                .setTenant(key.tenant())
                .setHost(host)
                .setSession(key.session())
                .setChannel(Channel.CONTROL)
                .setEventTimeNs(nowNanos)
                .setObservedTimeNs(nowNanos)
                .setTick(tick));
    }
}
