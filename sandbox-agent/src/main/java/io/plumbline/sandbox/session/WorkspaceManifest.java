package io.plumbline.sandbox.session;

import io.plumbline.sandbox.posix.BeneathFile;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a small workspace held when a session began: sizes, and digests of the first {@value #MAX_BYTES} bytes' worth of files.
 *
 * <p>It is taken beside the start and may be under way when the workload runs already. So only that counts which has not been changed since
 * the session began, by the change time, which a workload cannot set, and what was met before the workload began; files are read by
 * descriptors that no link leads out of the workspace.
 */
final class WorkspaceManifest implements AutoCloseable {
    /** Most files, folders and links: of a larger workspace nothing is kept. */
    private static final int MAX_ENTRIES = 2_000;

    /** Stands for what is no text in the encoding of this process: several names may be one text, and a text no path. */
    private static final String UNDECODED = "\ufffd";

    private static final long MAX_BYTES = 16L << 20;
    private static final Duration END_LIMIT = Duration.ofSeconds(2);
    private static final Logger LOG = LoggerFactory.getLogger(WorkspaceManifest.class);

    private final Path folder;
    private final Instant since;
    private final int most;
    private final Map<String, Was> entries = new ConcurrentHashMap<>();
    private final Thread thread;
    private volatile boolean begun;
    private volatile boolean closed;
    private volatile boolean whole;

    /**
     * What a name stood for.
     *
     * @param kind file, directory, link, other
     * @param sha256 empty where it is not known
     */
    record Was(String kind, long inode, long bytes, String sha256) {}

    private WorkspaceManifest(Path folder, Instant since, int most) {
        this.folder = folder;
        this.since = since;
        this.most = most;
        this.thread = Thread.ofPlatform().daemon().name("workspace-manifest").unstarted(this::take);
    }

    /** @param since when nothing of it was changed */
    static WorkspaceManifest begin(Path folder, Instant since) {
        return begin(folder, since, MAX_ENTRIES);
    }

    /** @param most entries */
    static WorkspaceManifest begin(Path folder, Instant since, int most) {
        WorkspaceManifest manifest = new WorkspaceManifest(folder, since, most);
        manifest.thread.start();
        return manifest;
    }

    /** From now on a name that was not met may have been there and be gone. */
    void workloadBegins() {
        begun = true;
    }

    /** Whether every name of the start is known: one that is not in it is new. */
    boolean whole() {
        return whole;
    }

    /** @param name relative to the workspace */
    Optional<Was> was(String name) {
        return Optional.ofNullable(entries.get(name));
    }

    /** Relative to the workspace, which itself is empty. */
    Set<String> names() {
        return entries.keySet();
    }

    /** Waits until all is taken that will be. */
    void await() throws InterruptedException {
        thread.join();
    }

    @Override
    public void close() {
        closed = true;
        try {
            thread.join(END_LIMIT);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void take() {
        try {
            Names names = new Names();
            Files.walkFileTree(folder, names);
            if (names.more) {
                entries.clear();
                return;
            }
            whole = names.all && !begun;
            digest();
        } catch (IOException | RuntimeException e) {
            LOG.warn("what a workspace held at the start is not known: {}", e.toString());
        }
    }

    private final class Names extends SimpleFileVisitor<Path> {
        private boolean all = true;
        private boolean more;

        @Override
        public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes) {
            return note(directory, attributes);
        }

        @Override
        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            return note(file, attributes);
        }

        @Override
        public FileVisitResult visitFileFailed(Path file, IOException problem) {
            all = false;
            return FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException problem) {
            all &= problem == null;
            return FileVisitResult.CONTINUE;
        }

        private FileVisitResult note(Path path, BasicFileAttributes attributes) {
            if (closed || entries.size() >= most) {
                more = true;
                return FileVisitResult.TERMINATE;
            }
            String name = folder.relativize(path).toString();
            try {
                Map<String, Object> stat = Files.readAttributes(path, "unix:ctime,ino,size", LinkOption.NOFOLLOW_LINKS);
                if (stat.get("ctime") instanceof FileTime changed
                        && stat.get("ino") instanceof Number inode
                        && stat.get("size") instanceof Number bytes
                        && changed.toInstant().isBefore(since)
                        // A folder that the workload moves takes files to other names, whose own times stay.
                        && !begun
                        && !name.contains(UNDECODED)) {
                    entries.put(
                            name, new Was(WorkspaceChanges.kind(attributes), inode.longValue(), bytes.longValue(), ""));
                    return FileVisitResult.CONTINUE;
                }
            } catch (IOException e) {
                // As what was changed since: nobody knows what it was.
            }
            all = false;
            return FileVisitResult.CONTINUE;
        }
    }

    private void digest() {
        long left = MAX_BYTES;
        for (Map.Entry<String, Was> entry : entries.entrySet()) {
            Was was = entry.getValue();
            if (closed) {
                return;
            }
            if (was.kind().equals("file") && was.bytes() <= left) {
                left -= was.bytes();
                Optional<String> sha256 = digest(entry.getKey(), was);
                if (sha256.isPresent()) {
                    entries.put(entry.getKey(), new Was(was.kind(), was.inode(), was.bytes(), sha256.get()));
                }
            }
        }
    }

    /** Empty where it may have been changed meanwhile. */
    private Optional<String> digest(String name, Was was) {
        try (BeneathFile file = BeneathFile.open(folder, name)) {
            BeneathFile.Identity identity = file.identity();
            if (identity.inode() != was.inode()
                    || identity.size() != was.bytes()
                    || !identity.changed().toInstant().isBefore(since)) {
                return Optional.empty();
            }
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            long read = 0;
            byte[] chunk = file.read();
            while (chunk.length > 0 && read <= was.bytes()) {
                digest.update(chunk);
                read += chunk.length;
                chunk = file.read();
            }
            return file.identity().equals(identity)
                    ? Optional.of(HexFormat.of().formatHex(digest.digest()))
                    : Optional.empty();
        } catch (IOException e) {
            return Optional.empty();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
