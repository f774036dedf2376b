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
    private static final Logger LOG = LoggerFactory.getLogger(Orphans.class);

    private Orphans() {}

    static void mark(Path directory, String session) throws IOException {
        Files.writeString(directory.resolve(MARK), session);
    }

    static void unmark(Path directory) throws IOException {
        Files.deleteIfExists(directory.resolve(MARK));
    }

    /** Ids of the sessions whose end was not told; {@code sessions} need not exist. */
    static List<String> in(Path sessions) throws IOException {
        List<String> orphans = new ArrayList<>();
        if (!Files.isDirectory(sessions)) {
            return orphans;
        }
        try (DirectoryStream<Path> directories = Files.newDirectoryStream(sessions)) {
            for (Path directory : directories) {
                Path mark = directory.resolve(MARK);
                if (Files.isRegularFile(mark)) {
                    String id = Files.readString(mark);
                    if (id.matches("[0-9a-f]{32}")) {
                        orphans.add(id);
                    } else {
                        LOG.warn("{}: '{}' (expected: 32 lower-case hex digits)", mark, id);
                    }
                }
            }
        }
        return orphans;
    }

    /** Says of each that it was not seen to its end, and that it has ended; its numbers go on where they stopped. */
    static void report(List<String> orphans, HostServices host) {
        for (String session : orphans) {
            String reason = "the sandbox host died, the sandbox was ended with it";
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
                                .setRuntimeState(RuntimeState.newBuilder()
                                        .setState(RuntimeState.State.KILLED)
                                        .setReason(reason)
                                        .setRuntime(host.runtime().description())
                                        .setMechanism("warden")));
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
