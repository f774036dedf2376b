package io.plumbline.sandbox.session;

import io.plumbline.events.v1.ChangesFound;
import io.plumbline.events.v1.Channel;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.ReviewDecided;
import io.plumbline.sandbox.link.SessionOutbox;
import io.plumbline.sandbox.link.SpoolException;
import io.plumbline.sandbox.review.Change;
import io.plumbline.sandbox.review.ChangeSet;
import io.plumbline.sandbox.review.WorkspaceCopy;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** The changes that wait for a person's decision, one set for each session in review mode, in {@code DATA/review}. */
final class Reviews {
    /** The whole list is kept on the host; an event carries its beginning. */
    private static final int MAX_PATHS = 200;

    private static final int MAX_DIFF = 48 * 1024;

    private static final Object DECIDING = new Object();

    private final HostServices host;

    Reviews(HostServices host) {
        this.host = host;
    }

    /** What is to be decided. {@code diff} is as the workload wrote it: to be escaped before it is shown. */
    record Waiting(String sha256, String assignedBy, String diff) {}

    /** Keeps and publishes what a session changed; nothing when it changed nothing. */
    void keep(String session, SessionRequest request, WorkspaceCopy copy, SessionOutbox journal) throws IOException {
        List<Change> changes = copy.changes();
        if (changes.isEmpty()) {
            return;
        }
        ChangeSet set = ChangeSet.keep(folder(session), request.workspace(), request.assignedBy(), copy, changes);
        String diff = set.diff();
        journal.publish(
                Channel.EVIDENCE,
                Clock.nowNanos(),
                Event.newBuilder()
                        .setChangesFound(ChangesFound.newBuilder()
                                .setChangesSha256(set.sha256())
                                .setAdded(count(changes, 'A'))
                                .setChanged(count(changes, 'M'))
                                .setDeleted(count(changes, 'D'))
                                .addAllPaths(changes.stream()
                                        .limit(MAX_PATHS)
                                        .map(change -> change.letter() + " " + change.path())
                                        .toList())
                                .addAllProtectedPaths(changes.stream()
                                        .filter(Change::isProtected)
                                        .limit(MAX_PATHS)
                                        .map(Change::path)
                                        .toList())
                                .setDiff(diff.substring(0, Math.min(diff.length(), MAX_DIFF)))));
    }

    private static int count(List<Change> changes, char letter) {
        return (int)
                changes.stream().filter(change -> change.letter() == letter).count();
    }

    Waiting show(String session) throws IOException {
        ChangeSet set = ChangeSet.open(folder(session));
        return new Waiting(set.sha256(), set.assignedBy(), set.diff());
    }

    /**
     * Applies or discards.
     *
     * @param sha256 of what the person saw
     * @throws IOException when it is not what waits, or the workspace is no longer what the session started from; then nothing
     *     is changed and it goes on waiting
     */
    void decide(String session, String sha256, Decision decision, String user, String reason)
            throws IOException, SpoolException {
        // One at a time: of two decisions on the same changes the second finds nothing.
        synchronized (DECIDING) {
            decideAlone(session, sha256, decision, user, reason);
        }
    }

    private void decideAlone(String session, String sha256, Decision decision, String user, String reason)
            throws IOException, SpoolException {
        ChangeSet set = ChangeSet.open(folder(session));
        if (!set.sha256().equals(sha256)) {
            throw new IOException("changes " + sha256 + " (expected: " + set.sha256() + ", which is what waits)");
        }
        if (decision == Decision.ACCEPT) {
            set.check();
        }
        SessionOutbox outbox = host.link().open(host.tenant(), session, (verdict, stages) -> {});
        try {
            outbox.publish(
                    Channel.CONTROL,
                    Clock.nowNanos(),
                    Event.newBuilder()
                            .setReviewDecided(ReviewDecided.newBuilder()
                                    .setChangesSha256(sha256)
                                    .setAccepted(decision == Decision.ACCEPT)
                                    .setDecidedBy(user)
                                    .setReason(reason)));
        } finally {
            host.link().end(session);
        }
        if (decision == Decision.ACCEPT) {
            set.apply();
        }
        set.discard();
    }

    enum Decision {
        ACCEPT,
        REJECT
    }

    private Path folder(String session) {
        if (!session.matches("[0-9a-f]{32}")) {
            throw new IllegalArgumentException("session: expected 32 lower-case hex digits");
        }
        return host.sessions().resolveSibling("review").resolve(session);
    }
}
