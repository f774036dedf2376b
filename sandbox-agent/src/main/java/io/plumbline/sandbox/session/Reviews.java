package io.plumbline.sandbox.session;

import io.plumbline.events.EventLimits;
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

    private static final int MAX_FAILURE = 1000;

    private static final Object DECIDING = new Object();

    private final HostServices host;

    Reviews(HostServices host) {
        this.host = host;
    }

    /**
     * What is to be decided.
     *
     * @param diff as the workload wrote it: to be escaped before it is shown
     * @param unseen changed files whose new content it does not show
     */
    record Waiting(String sha256, String assignedBy, String diff, int unseen) {}

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
        return new Waiting(set.sha256(), set.assignedBy(), set.diff(), set.unseen());
    }

    /**
     * Applies or discards.
     *
     * @param sha256 of what the person saw
     * @throws IOException when it is not what waits, not all of it could be seen, or the workspace is no longer what the session
     *     started from, then nothing is changed; when it could only be applied in part, which is published. It goes on waiting
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
        if (decision == Decision.ACCEPT && set.unseen() > 0) {
            throw new IOException("accept: " + set.unseen()
                    + " changed files whose content was not shown (expected: none, or that they are accepted unseen)");
        }
        if (decision != Decision.REJECT) {
            set.check();
        }
        SessionOutbox outbox = host.link().open(host.tenant(), session, (verdict, stages) -> {});
        try {
            ReviewDecided.Builder decided = ReviewDecided.newBuilder()
                    .setChangesSha256(sha256)
                    .setAccepted(decision != Decision.REJECT)
                    .setDecidedBy(user)
                    .setReason(reason);
            if (decision != Decision.REJECT) {
                try {
                    set.apply();
                } catch (ChangeSet.HalfAppliedException e) {
                    publish(outbox, decided.setFailure(cut(e)).setApplied(e.applied()));
                    throw e;
                }
                decided.setApplied(set.changes().size());
            }
            publish(outbox, decided);
        } finally {
            host.link().end(session);
        }
        set.discard();
    }

    private static String cut(Exception e) {
        return EventLimits.cut(String.valueOf(e.getMessage()), MAX_FAILURE);
    }

    private static void publish(SessionOutbox outbox, ReviewDecided.Builder decided) {
        outbox.publish(Channel.CONTROL, Clock.nowNanos(), Event.newBuilder().setReviewDecided(decided));
    }

    enum Decision {
        ACCEPT,
        /** Also what could not be shown. */
        ACCEPT_UNSEEN,
        REJECT
    }

    private Path folder(String session) {
        if (!session.matches("[0-9a-f]{32}")) {
            throw new IllegalArgumentException("session: expected 32 lower-case hex digits");
        }
        return host.sessions().resolveSibling("review").resolve(session);
    }
}
