package io.plumbline.sandbox.transcripts;

import io.plumbline.events.claims.AgentDialect;
import io.plumbline.events.claims.MalformedRecordException;
import io.plumbline.events.claims.TranscriptClaims;
import io.plumbline.events.v1.Event;
import io.plumbline.sandbox.posix.BeneathFile;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Follows the transcripts in a session's home folder and hands their claims on. Links are not followed, only regular files are
 * opened, and opening never waits; files, bytes, lines and folders are bounded, and what exceeds a bound is told once.
 */
public final class TranscriptTail implements AutoCloseable {
    /** Files of one session: one for the agent and one for each sub-agent. */
    static final int MAX_FILES = 32;

    /** Of one session, all files together. */
    static final long MAX_BYTES = 256L << 20;

    /** Longer lines are skipped: a tool's output is cut by the agents long before. */
    static final int MAX_LINE_BYTES = 1 << 20;

    /** Taken from one file at a time, so that no file starves the others. */
    private static final int MAX_READ_BYTES = 4 << 20;

    /** Names looked at in one round, folders included. */
    private static final int MAX_ENTRIES = 4096;

    /** Codex: year, month, day, file; Claude Code: project, file, and a folder for sub-agents. */
    private static final int MAX_DEPTH = 5;

    private static final long INTERVAL_MILLIS = 300;
    private static final long FINISH_SECONDS = 20;
    private static final Logger LOG = LoggerFactory.getLogger(TranscriptTail.class);

    private final Path home;
    private final AgentDialect dialect;
    private final Consumer<List<Event.Builder>> sink;
    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("transcripts").factory());

    // Of the thread alone.
    private final Map<String, Followed> files = new LinkedHashMap<>();
    private long bytes;
    private boolean limitTold;
    private int entries;

    private static final class Followed {
        BeneathFile file;
        long inode;
        long position;
        boolean skipping;
        final ByteArrayOutputStream line = new ByteArrayOutputStream();

        Followed(BeneathFile file, long inode) {
            this.file = file;
            this.inode = inode;
        }
    }

    private TranscriptTail(Path home, AgentDialect dialect, Consumer<List<Event.Builder>> sink) {
        this.home = home;
        this.dialect = dialect;
        this.sink = sink;
    }

    /**
     * Starts to follow.
     *
     * @param home of the agent, on the host; may be made later, and is never replaced
     * @param sink takes the claims in the order of their file; may block, which holds the reading
     */
    public static TranscriptTail follow(Path home, AgentDialect dialect, Consumer<List<Event.Builder>> sink) {
        TranscriptTail tail = new TranscriptTail(home, dialect, sink);
        tail.thread.scheduleWithFixedDelay(tail::round, INTERVAL_MILLIS, INTERVAL_MILLIS, TimeUnit.MILLISECONDS);
        return tail;
    }

    /** Reads what is there now, to its end. */
    public void finish() {
        try {
            thread.submit(this::round).get(FINISH_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException | RejectedExecutionException e) {
            LOG.warn("the end of a transcript was not read: {}", e.toString());
        }
    }

    @Override
    public void close() {
        try {
            thread.submit(() -> {
                files.values().forEach(followed -> followed.file.close());
                files.clear();
            });
        } catch (RejectedExecutionException e) {
            LOG.warn("transcripts were closed before");
        }
        thread.shutdown();
    }

    private void round() {
        try {
            List<String> found = new ArrayList<>();
            entries = 0;
            Path root = Path.of(dialect == AgentDialect.CODEX ? ".codex/sessions" : ".claude/projects");
            try (DirectoryStream<Path> stream = Files.newDirectoryStream(home)) {
                if (stream instanceof SecureDirectoryStream<Path> secure) {
                    descend(secure, root, 0, "", found);
                }
            } catch (IOException | DirectoryIteratorException e) {
                return;
            }
            for (String name : found) {
                while (read(name)) {
                    // Until its end, a piece at a time.
                }
            }
        } catch (RuntimeException e) {
            LOG.warn("transcripts of a session could not be read", e);
        }
    }

    /** Down the names of {@code root} first, then everywhere below. */
    private void descend(SecureDirectoryStream<Path> folder, Path root, int index, String below, List<String> found)
            throws IOException {
        if (index < root.getNameCount()) {
            Path name = root.getName(index);
            try (SecureDirectoryStream<Path> next = folder.newDirectoryStream(name, LinkOption.NOFOLLOW_LINKS)) {
                descend(next, root, index + 1, below.isEmpty() ? name.toString() : below + "/" + name, found);
            }
            return;
        }
        for (Path entry : folder) {
            if (++entries > MAX_ENTRIES) {
                tellLimit("names");
                return;
            }
            Path name = entry.getFileName();
            if (name == null) {
                continue;
            }
            String path = below + "/" + name;
            try {
                BasicFileAttributes attributes = folder.getFileAttributeView(
                                name, BasicFileAttributeView.class, LinkOption.NOFOLLOW_LINKS)
                        .readAttributes();
                if (attributes.isRegularFile() && isTranscript(name.toString())) {
                    found.add(path);
                } else if (attributes.isDirectory() && index - root.getNameCount() < MAX_DEPTH) {
                    try (SecureDirectoryStream<Path> next =
                            folder.newDirectoryStream(name, LinkOption.NOFOLLOW_LINKS)) {
                        descend(next, root, index + 1, path, found);
                    }
                }
            } catch (IOException e) {
                // It went away, or is something else by now.
                LOG.debug("transcript {} cannot be looked at", path, e);
            }
        }
    }

    private boolean isTranscript(String name) {
        return name.endsWith(".jsonl") && (dialect != AgentDialect.CODEX || name.startsWith("rollout-"));
    }

    /** Reads a piece of one file; true when there may be more. */
    private boolean read(String name) {
        try {
            Followed followed = files.get(name);
            if (followed == null) {
                if (files.size() >= MAX_FILES) {
                    tellLimit("files");
                    return false;
                }
                BeneathFile file = BeneathFile.open(home, name);
                followed = new Followed(file, file.identity().inode());
                files.put(name, followed);
            }
            long inode = BeneathFile.identity(home, name)
                    .map(BeneathFile.Identity::inode)
                    .orElse(followed.inode);
            if (inode != followed.inode || followed.file.identity().size() < followed.position) {
                // Its past was changed: it is read anew, and what it tells otherwise now contradicts what it told.
                note("rewritten", name);
                followed.file.close();
                files.remove(name);
                BeneathFile file = BeneathFile.open(home, name);
                files.put(name, new Followed(file, file.identity().inode()));
                return true;
            }
            return take(followed);
        } catch (IOException e) {
            LOG.debug("transcript {} cannot be read", name, e);
            return false;
        }
    }

    private boolean take(Followed followed) throws IOException {
        List<Event.Builder> claims = new ArrayList<>();
        int taken = 0;
        boolean more = true;
        while (taken < MAX_READ_BYTES) {
            if (bytes >= MAX_BYTES) {
                tellLimit("bytes");
                more = false;
                break;
            }
            byte[] piece = followed.file.read();
            if (piece.length == 0) {
                more = false;
                break;
            }
            taken += piece.length;
            bytes += piece.length;
            followed.position += piece.length;
            split(followed, piece, claims);
        }
        if (!claims.isEmpty()) {
            sink.accept(claims);
        }
        return more;
    }

    private void split(Followed followed, byte[] piece, List<Event.Builder> claims) {
        int start = 0;
        for (int i = 0; i < piece.length; i++) {
            if (piece[i] == '\n') {
                append(followed, piece, start, i - start, claims);
                if (!followed.skipping) {
                    parse(followed.line.toByteArray(), claims);
                }
                followed.line.reset();
                followed.skipping = false;
                start = i + 1;
            }
        }
        append(followed, piece, start, piece.length - start, claims);
    }

    private void append(Followed followed, byte[] piece, int start, int length, List<Event.Builder> claims) {
        if (followed.skipping) {
            return;
        }
        if (followed.line.size() + length > MAX_LINE_BYTES) {
            byte[] beginning = followed.line.toByteArray();
            claims.add(TranscriptClaims.note(dialect, "line-too-long", beginning, now()));
            followed.line.reset();
            followed.skipping = true;
            return;
        }
        followed.line.write(piece, start, length);
    }

    private void parse(byte[] line, List<Event.Builder> claims) {
        if (line.length == 0) {
            return;
        }
        try {
            claims.addAll(TranscriptClaims.read(dialect, line, now()));
        } catch (MalformedRecordException e) {
            claims.add(TranscriptClaims.note(dialect, "malformed", line, now()));
        }
    }

    private void tellLimit(String what) {
        if (!limitTold) {
            limitTold = true;
            note("limit", what);
        }
    }

    private void note(String what, String detail) {
        sink.accept(List.of(TranscriptClaims.note(dialect, what, detail.getBytes(StandardCharsets.UTF_8), now())));
    }

    private static long now() {
        Instant now = Instant.now();
        return TimeUnit.SECONDS.toNanos(now.getEpochSecond()) + now.getNano();
    }
}
