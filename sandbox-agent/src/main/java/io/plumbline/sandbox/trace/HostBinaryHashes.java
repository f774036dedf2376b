package io.plumbline.sandbox.trace;

import io.plumbline.sandbox.posix.BeneathFile;
import io.plumbline.sandbox.posix.BoundFolders;
import java.io.IOException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.Collections;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Digests of executed binaries that lie on the host: in what is bound into the sandbox. The file is opened once, beneath the
 * bound folder, without following a link out of it, and what was opened is read; known digests are found again by device,
 * inode, size and time of change. Computed on one background thread of the whole host; the first time a binary runs its digest
 * comes later, by {@link Later}.
 */
public final class HostBinaryHashes implements BinaryHashes {
    /** The largest agent is 240 MB. */
    static final long MAX_BYTES = 256L << 20;

    private static final int MAX_KNOWN = 4096;
    private static final int MAX_WAITING = 256;

    /** Is told a digest that was not known when the binary ran. */
    @FunctionalInterface
    public interface Later {
        /** @param answer a digest, or why there will be none */
        void hashed(String binary, Digest answer);
    }

    private static final Map<BeneathFile.Identity, String> KNOWN =
            Collections.synchronizedMap(new LinkedHashMap<>(64, 0.75f, true) {
                @Override
                protected boolean removeEldestEntry(Map.Entry<BeneathFile.Identity, String> eldest) {
                    return size() > MAX_KNOWN;
                }
            });

    private static final ExecutorService WORKER = worker();

    private final Later later;
    private int pending;
    private boolean ended;
    private volatile BoundFolders binds = BoundFolders.NONE;

    public HostBinaryHashes(Later later) {
        this.later = later;
    }

    /** What of the host is seen inside. */
    public void mounted(BoundFolders folders) {
        binds = folders;
    }

    @Override
    public Digest of(String binary) {
        Optional<BoundFolders.Place> place = binds.place(binary);
        if (place.isEmpty()) {
            return new Digest.Missing("not-on-host");
        }
        Path folder = place.get().folder();
        String rest = place.get().name();
        Optional<BeneathFile.Identity> identity = BeneathFile.identity(folder, rest);
        if (identity.isEmpty()) {
            return new Digest.Missing("unreadable");
        }
        if (identity.get().size() > MAX_BYTES) {
            return new Digest.Missing("too-large");
        }
        String known = KNOWN.get(identity.get());
        if (known != null) {
            return new Digest.Known(known);
        }
        try {
            begin();
            WORKER.execute(() -> finish(binary, hash(folder, rest)));
            return new Digest.Missing("pending");
        } catch (RejectedExecutionException e) {
            forget();
            return new Digest.Missing("busy");
        }
    }

    /** Waits for digests that are under way; none is told after this. */
    public synchronized void end(Duration limit) throws InterruptedException {
        long deadline = System.nanoTime() + limit.toNanos();
        while (pending > 0 && System.nanoTime() < deadline) {
            TimeUnit.NANOSECONDS.timedWait(this, deadline - System.nanoTime());
        }
        ended = true;
    }

    private synchronized void begin() {
        pending++;
    }

    private synchronized void forget() {
        pending--;
        notifyAll();
    }

    private synchronized void finish(String binary, Digest answer) {
        if (!ended) {
            later.hashed(binary, answer);
        }
        forget();
    }

    private static Digest hash(Path folder, String rest) {
        try (BeneathFile file = BeneathFile.open(folder, rest)) {
            BeneathFile.Identity before = file.identity();
            if (before.size() > MAX_BYTES) {
                return new Digest.Missing("too-large");
            }
            String known = KNOWN.get(before);
            if (known != null) {
                return new Digest.Known(known);
            }
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            long total = 0;
            byte[] chunk = file.read();
            while (chunk.length > 0 && total <= MAX_BYTES) {
                digest.update(chunk);
                total += chunk.length;
                chunk = file.read();
            }
            if (!before.equals(file.identity())) {
                return new Digest.Missing("changed");
            }
            String sha256 = HexFormat.of().formatHex(digest.digest());
            KNOWN.put(before, sha256);
            return new Digest.Known(sha256);
        } catch (IOException e) {
            return new Digest.Missing("unreadable");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    private static ExecutorService worker() {
        ThreadPoolExecutor worker = new ThreadPoolExecutor(
                1, 1, 10, TimeUnit.SECONDS, new LinkedBlockingQueue<>(MAX_WAITING), run -> Thread.ofPlatform()
                        .daemon()
                        .name("binary-hashes")
                        .unstarted(run));
        worker.allowCoreThreadTimeOut(true);
        return worker;
    }
}
