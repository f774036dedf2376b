package io.plumbline.sandbox.session;

import io.plumbline.sandbox.posix.FileUse;
import io.plumbline.sandbox.posix.ProcessState;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What was added to the folders of a session that its workload writes to, looked at over and over on a thread of its own: the
 * workload decides how long a look takes, and nobody else may wait for it.
 */
final class DiskUse implements AutoCloseable {
    /** Longest time that a look may take; 500,000 files that are not in memory yet take some ten seconds. */
    static final Duration LOOK_LIMIT = Duration.ofSeconds(30);

    /** Files beyond these count as over every limit. */
    static final int MAX_FILES = 500_000;

    private static final Duration PAUSE = Duration.ofSeconds(1);

    /** The folders are looked at again after as many times the time that the last look took. */
    private static final int PAUSES = 10;

    /** How many bytes lie there. */
    @FunctionalInterface
    interface Look {
        /** @throws IOException when it cannot be told, which is as much as too many */
        long bytes() throws IOException;
    }

    private final Look look;
    private final Duration limit;
    private final CountDownLatch closed = new CountDownLatch(1);

    // Guarded by this.
    private @Nullable Thread thread;
    private OptionalLong before = OptionalLong.empty();
    private OptionalLong growth = OptionalLong.empty();
    private boolean tooLong;
    private long lookingSince;
    private boolean looking;

    DiskUse(Look look, Duration limit) {
        this.look = look;
        this.limit = limit;
    }

    /**
     * @param folders that the workload writes to
     * @param holders folders of {@code /proc} with links to what the workload has open
     */
    static DiskUse of(List<Path> folders, Supplier<List<Path>> holders) {
        return new DiskUse(
                () -> bytes(folders, holders.get(), MAX_FILES, System.nanoTime() + LOOK_LIMIT.toNanos()), LOOK_LIMIT);
    }

    /** What lies there from now on is what the workload has added; the caller waits for the look. */
    void begin() throws IOException {
        long bytes = look.bytes();
        synchronized (this) {
            before = OptionalLong.of(bytes);
        }
    }

    /** Goes on looking until {@link #close}; only the first call does something. Without {@link #begin} the first look is it. */
    synchronized void watch() {
        if (thread == null && closed.getCount() > 0) {
            thread = Thread.ofPlatform().daemon().name("disk-use").start(this::run);
        }
    }

    /** Bytes added, as the last look that was in time saw it; empty: there was none yet. */
    synchronized OptionalLong growth() {
        return growth;
    }

    /** Whether the look under way, or the last one, takes longer than it may. */
    synchronized boolean overdue() {
        return tooLong || looking && System.nanoTime() - lookingSince > limit.toNanos();
    }

    private void run() {
        try {
            long took;
            do {
                took = lookOnce();
            } while (!closed.await(Math.max(PAUSE.toNanos(), PAUSES * took), TimeUnit.NANOSECONDS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private long lookOnce() {
        long from = System.nanoTime();
        synchronized (this) {
            lookingSince = from;
            looking = true;
        }
        OptionalLong bytes;
        try {
            bytes = OptionalLong.of(look.bytes());
        } catch (IOException e) {
            bytes = OptionalLong.empty();
        }
        long took = System.nanoTime() - from;
        synchronized (this) {
            looking = false;
            tooLong = took > limit.toNanos();
            if (bytes.isEmpty()) {
                growth = OptionalLong.of(Long.MAX_VALUE);
            } else {
                if (before.isEmpty()) {
                    before = bytes;
                }
                growth = OptionalLong.of(bytes.getAsLong() - before.getAsLong());
            }
        }
        return took;
    }

    /**
     * What the folders take, and what is held open of the same file systems without a name.
     *
     * @throws IOException when there are more than {@code mostFiles}, or it is later than {@code deadlineNanos}
     */
    static long bytes(List<Path> folders, List<Path> holders, int mostFiles, long deadlineNanos) throws IOException {
        Sum sum = new Sum(mostFiles, deadlineNanos);
        for (Path folder : folders) {
            Files.walkFileTree(folder, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult preVisitDirectory(Path below, BasicFileAttributes attributes)
                        throws IOException {
                    return visitFile(below, attributes);
                }

                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                    sum.count(file);
                    Optional<FileUse> use = FileUse.of(file);
                    if (use.isPresent()) {
                        sum.bytes += use.get().bytes();
                        sum.devices.add(use.get().device());
                    }
                    return FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
                    if (e instanceof NoSuchFileException) {
                        return FileVisitResult.CONTINUE;
                    }
                    // What cannot be looked at could be of any size.
                    throw e;
                }
            });
        }
        for (Path holder : holders) {
            sum.addUnnamed(holder);
        }
        return sum.bytes;
    }

    private static final class Sum {
        private final int mostFiles;
        private final long deadlineNanos;
        private final Set<Long> devices = new HashSet<>();
        private final Set<FileId> unnamed = new HashSet<>();
        private long bytes;
        private int files;

        private record FileId(long device, long inode) {}

        Sum(int mostFiles, long deadlineNanos) {
            this.mostFiles = mostFiles;
            this.deadlineNanos = deadlineNanos;
        }

        void count(Path at) throws IOException {
            if (++files > mostFiles) {
                throw new IOException("disk: more than " + mostFiles
                        + " files and folders (expected: fewer, since a limit on disk is kept by looking at them)");
            }
            inTime(at);
        }

        private void inTime(Path at) throws IOException {
            if (System.nanoTime() - deadlineNanos > 0) {
                throw new IOException("disk: looking at " + at + " takes too long");
            }
        }

        /** Files that were removed while they are open: no walk finds them. */
        void addUnnamed(Path holder) throws IOException {
            try (DirectoryStream<Path> links = Files.newDirectoryStream(holder)) {
                for (Path link : links) {
                    inTime(holder);
                    Optional<FileUse> use = FileUse.behind(link);
                    if (use.isPresent()
                            && use.get().links() == 0
                            && use.get().regular()
                            && devices.contains(use.get().device())
                            && unnamed.add(
                                    new FileId(use.get().device(), use.get().inode()))) {
                        bytes += use.get().bytes();
                    }
                }
            } catch (DirectoryIteratorException e) {
                throwUnlessEnded(holder, Objects.requireNonNullElseGet(e.getCause(), () -> new IOException(e)));
            } catch (IOException e) {
                throwUnlessEnded(holder, e);
            }
        }

        /** What has ended has nothing open, and need not let anybody look at it. */
        private static void throwUnlessEnded(Path holder, IOException problem) throws IOException {
            if (!ProcessState.ended(Objects.requireNonNull(holder.getParent(), "a folder of a process"))) {
                throw problem;
            }
        }
    }

    /** Does not wait for a look that is under way. */
    @Override
    public void close() {
        closed.countDown();
    }
}
