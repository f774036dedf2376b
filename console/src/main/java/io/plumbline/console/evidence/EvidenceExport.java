package io.plumbline.console.evidence;

import io.plumbline.console.audit.AuditLog;
import io.plumbline.console.log.EventLog;
import io.plumbline.console.log.EventLog.EventLogException;
import io.plumbline.console.orders.Outcome;
import io.plumbline.console.orders.Outcome.Refusal;
import io.plumbline.console.orders.Outcome.Refused;
import io.plumbline.console.people.Permission;
import io.plumbline.console.people.Person;
import io.plumbline.console.search.Search;
import io.plumbline.events.evidence.BundleVerifier;
import io.plumbline.events.evidence.BundleWriter;
import io.plumbline.events.evidence.Verification;
import io.plumbline.events.policy.PolicyStatements.SigningKey;
import io.plumbline.events.policy.PolicyStatements.TrustedKeys;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Semaphore;

/** Evidence bundles of the console's tenant. That one was taken is in the log before its first byte leaves. */
public final class EvidenceExport {
    /** Each one is a pass over three topics. */
    private static final int AT_ONCE = 2;

    private final AuditLog audit;
    private final EventLog log;
    private final Search search;
    private final String tenant;
    private final Clock clock;
    private final Optional<SigningKey> key;
    private final Semaphore free = new Semaphore(AT_ONCE);

    /** @param key signs the bundles; without one they are not signed, and say so */
    public EvidenceExport(
            AuditLog audit, EventLog log, Search search, String tenant, Clock clock, Optional<SigningKey> key) {
        this.audit = audit;
        this.log = log;
        this.search = search;
        this.tenant = tenant;
        this.clock = clock;
        this.key = key;
    }

    /** What the file is called: a session's name may have any characters. */
    public static String fileName(String session) {
        String safe = session.replaceAll("[^A-Za-z0-9._-]", "_");
        return "evidence-" + (safe.length() > 64 ? safe.substring(0, 64) : safe) + ".zip";
    }

    /** Whether the person may take it now; accepted: it is in the log that the person did. */
    public Outcome begin(String session, Person by) {
        if (by.may(Permission.EXPORT_EVIDENCE) && search.session(session).isEmpty()) {
            return new Refused(Refusal.UNKNOWN, "There is no such session.");
        }
        return audit.export(Permission.EXPORT_EVIDENCE, session, "evidence", "", "zip", by);
    }

    /** Where a whole bundle goes. */
    public interface Delivery {
        /** @param bytes as many as will be written */
        OutputStream open(long bytes) throws IOException;
    }

    /** Nothing is wrong; it can be had a little later. */
    public static final class BusyException extends IOException {
        private static final long serialVersionUID = 1;

        BusyException(String sentence) {
            super(sentence);
        }
    }

    /**
     * Hands over the bundle once it is whole: what cannot be finished does not look like a bundle to anybody.
     *
     * @throws BusyException when two others are being written
     * @throws IOException when the log does not answer
     */
    public void deliver(String session, Person by, Delivery delivery) throws IOException {
        whole(session, by, bundle -> Files.copy(bundle, delivery.open(Files.size(bundle))));
    }

    /**
     * Checks what the log has of a session now as the verifier of bundles does: ids, numbers, order and signatures, and each record bound to
     * the one before. Nothing leaves.
     *
     * @throws BusyException when two others are being written
     * @throws IOException when the log does not answer
     */
    public Verification check(String session, Person by) throws IOException {
        TrustedKeys keys =
                key.map(own -> new TrustedKeys(List.of(own.published()))).orElse(TrustedKeys.none());
        return whole(session, by, bundle -> BundleVerifier.verify(bundle, keys));
    }

    private interface Use<T> {
        T of(Path bundle) throws IOException;
    }

    private <T> T whole(String session, Person by, Use<T> use) throws IOException {
        if (!free.tryAcquire()) {
            throw new BusyException("Evidence is being taken by " + AT_ONCE + " others; ask again in a moment.");
        }
        try {
            Path whole = Files.createTempFile("plumbline-evidence", ".zip");
            try {
                try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(whole))) {
                    BundleWriter.write(
                            new BundleWriter.Context(tenant, session, by.name(), clock.instant()),
                            (topic, sink) -> read(topic, session, sink),
                            key,
                            out);
                }
                return use.of(whole);
            } finally {
                Files.delete(whole);
            }
        } finally {
            free.release();
        }
    }

    private void read(String topic, String session, BundleWriter.Sink sink) throws IOException {
        try {
            log.stored(topic, session, sink);
        } catch (EventLogException e) {
            throw new IOException(e);
        }
    }
}
