package io.plumbline.sandbox.session;

import io.plumbline.events.v1.Channel;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.RuntimeState;
import io.plumbline.events.v1.SessionEnded;
import io.plumbline.events.v1.TraceLoss;
import io.plumbline.sandbox.link.SessionOutbox;
import io.plumbline.sandbox.link.SpoolException;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sessions that a daemon was living when it died. Each live session has its id in a file in its directory until its end is in the
 * spool, so that the next daemon can say how it ended: nobody else knows.
 */
final class Orphans {
    private static final String MARK = "session";

    /** Beside the mark of a session whose container this daemon did not start, and which does not end with it. */
    private static final String ATTACHED = "attached";

    private static final Logger LOG = LoggerFactory.getLogger(Orphans.class);

    private Orphans() {}

    static void mark(Path directory, String session) throws IOException {
        Files.writeString(directory.resolve(MARK), session);
    }

    /** @param container what the session is attached to, for people */
    static void markAttached(Path directory, String session, String container) throws IOException {
        Files.writeString(directory.resolve(ATTACHED), container);
        mark(directory, session);
    }

    /**
     * A session whose end was not told.
     *
     * @param container what it was attached to; empty: it had a sandbox of its own, which has gone with the daemon
     */
    record Orphan(String session, String container) {
        private String reason() {
            return container.isEmpty()
                    ? "the sandbox host died, the sandbox was ended with it"
                    : "the sandbox host died; " + container + " may go on, unwatched";
        }
    }

    static void unmark(Path directory) throws IOException {
        Files.deleteIfExists(directory.resolve(MARK));
    }

    /** The sessions whose end was not told; {@code sessions} need not exist. */
    static List<Orphan> in(Path sessions) throws IOException {
        List<Orphan> orphans = new ArrayList<>();
        if (!Files.isDirectory(sessions)) {
            return orphans;
        }
        try (DirectoryStream<Path> directories = Files.newDirectoryStream(sessions)) {
            for (Path directory : directories) {
                Path mark = directory.resolve(MARK);
                if (Files.isRegularFile(mark)) {
                    String id = Files.readString(mark);
                    if (id.matches("[0-9a-f]{32}")) {
                        Path attached = directory.resolve(ATTACHED);
                        orphans.add(new Orphan(id, Files.exists(attached) ? Files.readString(attached) : ""));
                    } else {
                        LOG.warn("{}: '{}' (expected: 32 lower-case hex digits)", mark, id);
                    }
                }
            }
        }
        return orphans;
    }

    /** Says of each that it was not seen to its end, and that it has ended; its numbers go on where they stopped. */
    static void report(List<Orphan> orphans, HostServices host) {
        for (Orphan orphan : orphans) {
            String session = orphan.session();
            String reason = orphan.reason();
            LOG.warn("session {}: {}", session, reason);
            SessionOutbox outbox = host.link().open(host.tenant(), session, (verdict, stages) -> {});
            try {
                long now = Clock.nowNanos();
                outbox.publish(
                        Channel.EVIDENCE,
                        now,
                        Event.newBuilder().setTraceLoss(TraceLoss.newBuilder().setCause("listener_lost")));
                outbox.publish(
                        Channel.EVIDENCE,
                        now,
                        Event.newBuilder()
                                .setRuntimeState(
                                        orphan.container().isEmpty()
                                                ? host.runtimeState().toBuilder()
                                                        .setState(RuntimeState.State.KILLED)
                                                        .setReason(reason)
                                                        .setMechanism("warden")
                                                : RuntimeState.newBuilder()
                                                        .setState(RuntimeState.State.FAILED)
                                                        .setReason(reason)
                                                        .setRuntime(orphan.container())
                                                        .setDegraded(true)));
                outbox.publish(
                        Channel.CLAIMS,
                        now,
                        Event.newBuilder()
                                .setSessionEnded(SessionEnded.newBuilder().setReason(reason)));
            } catch (SpoolException e) {
                LOG.error("the end of session {} could not be kept", session, e);
            } finally {
                host.link().end(session);
            }
        }
    }
}
