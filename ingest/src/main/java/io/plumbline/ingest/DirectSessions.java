package io.plumbline.ingest;

import io.plumbline.events.claims.CallLedger;
import io.plumbline.events.claims.SpanBudget;
import io.plumbline.events.v1.Event;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What several channels of a direct agent tell about one call is one action, as at a sandbox's door: a ledger for each session.
 * Bounded for each tenant on its own, so that none can have another's forgotten; the tenant's session that has been silent longest is
 * forgotten first, and what of it still waited for its hook is published.
 */
final class DirectSessions {
    /** Sessions of a tenant's direct agents at once. Tenants are those of the tokens that ingest was given: a few. */
    static final int MAX_SESSIONS = 1000;

    /** Characters that all ledgers of a tenant together keep. */
    static final long MAX_KEPT = 16 << 20;

    /** @param id as in {@code Event.session} */
    record Key(String tenant, String id) {}

    /** Where claims go: the log. */
    interface Log {
        Event append(Key session, Event.Builder claim);

        /** What comes first in a session's log; once more when it was forgotten meanwhile. */
        void begin(Key session, String agent);
    }

    /** Its own lock guards what is in it; never taken while holding its tenant's, the other way round is allowed. */
    private static final class Known {
        final CallLedger ledger = new CallLedger(true);
        final SpanBudget spans = new SpanBudget();
        boolean begun;
        boolean forgotten;

        /** What its tenant has counted of it, and whether it is out of it. Guarded by the tenant's lock. */
        long counted;

        boolean dropped;
    }

    private record Opened(Known session, Map<Key, Known> forgotten) {}

    /** The sessions of one tenant. Its lock guards what is in it. */
    private final class Tenant {
        private final LinkedHashMap<Key, Known> sessions = new LinkedHashMap<>(64, 0.75f, true);
        private long kept;

        synchronized Opened open(Key key) {
            Known session = sessions.computeIfAbsent(key, unknown -> new Known());
            Map<Key, Known> forgotten = new LinkedHashMap<>();
            Iterator<Map.Entry<Key, Known>> eldest = sessions.entrySet().iterator();
            while (sessions.size() > 1 && (sessions.size() > maxSessions || kept > maxKept)) {
                Map.Entry<Key, Known> entry = eldest.next();
                eldest.remove();
                kept -= entry.getValue().counted;
                entry.getValue().dropped = true;
                forgotten.put(entry.getKey(), entry.getValue());
            }
            return new Opened(session, forgotten);
        }

        synchronized void count(Known session) {
            if (!session.dropped) {
                long now = session.ledger.kept();
                kept += now - session.counted;
                session.counted = now;
            }
        }

        synchronized void addTo(Map<Key, Known> all) {
            all.putAll(sessions);
        }

        synchronized int size() {
            return sessions.size();
        }
    }

    private final Log log;
    private final int maxSessions;
    private final long maxKept;
    private final Map<String, Tenant> tenants = new ConcurrentHashMap<>();

    DirectSessions(Log log) {
        this(log, MAX_SESSIONS, MAX_KEPT);
    }

    DirectSessions(Log log, int maxSessions, long maxKept) {
        this.log = log;
        this.maxSessions = maxSessions;
        this.maxKept = maxKept;
    }

    /**
     * Publishes one claim, with what waited before it.
     *
     * @param agent whose session it is, as in the address of its hooks
     * @param channel hook or otlp
     * @return as in {@link io.plumbline.events.gate.ClaimSink}
     */
    Event tell(Key key, String agent, String channel, Event.Builder claim, long nowNanos) {
        while (true) {
            Known session = open(key);
            synchronized (session) {
                if (!session.forgotten) {
                    if (!session.begun) {
                        session.begun = true;
                        log.begin(key, agent);
                    }
                    Event last = publish(key, session.ledger.admit(channel, claim, nowNanos));
                    tenant(key).count(session);
                    return last;
                }
            }
        }
    }

    /** Whether one more span of a tool call is taken from a session in this second. */
    boolean takesSpan(Key key, long nowNanos) {
        Known session = open(key);
        synchronized (session) {
            return session.spans.take(nowNanos);
        }
    }

    /** Publishes the calls that have waited for their hook in vain. */
    void publishOverdue(long nowNanos) {
        for (Map.Entry<Key, Known> entry : all().entrySet()) {
            synchronized (entry.getValue()) {
                publish(entry.getKey(), entry.getValue().ledger.overdue(nowNanos));
                tenant(entry.getKey()).count(entry.getValue());
            }
        }
    }

    /** Publishes whatever still waits: ingest stops. */
    void finish() {
        all().forEach((key, session) -> {
            synchronized (session) {
                publish(key, session.ledger.rest());
            }
        });
    }

    int size() {
        return tenants.values().stream().mapToInt(Tenant::size).sum();
    }

    private Known open(Key key) {
        Opened opened = tenant(key).open(key);
        opened.forgotten().forEach((forgottenKey, session) -> {
            synchronized (session) {
                session.forgotten = true;
                publish(forgottenKey, session.ledger.rest());
            }
        });
        return opened.session();
    }

    private Tenant tenant(Key key) {
        return tenants.computeIfAbsent(key.tenant(), unknown -> new Tenant());
    }

    private Map<Key, Known> all() {
        Map<Key, Known> all = new LinkedHashMap<>();
        tenants.values().forEach(tenant -> tenant.addTo(all));
        return all;
    }

    private Event publish(Key key, List<Event.Builder> claims) {
        Event last = Event.getDefaultInstance();
        for (Event.Builder claim : claims) {
            last = log.append(key, claim);
        }
        return last;
    }
}
