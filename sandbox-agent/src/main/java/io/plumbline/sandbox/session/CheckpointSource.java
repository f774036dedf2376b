package io.plumbline.sandbox.session;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.plumbline.sandbox.rootfs.Bundle;
import io.plumbline.sandbox.runtime.Sandbox;
import io.plumbline.sandbox.runtime.SandboxException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.OptionalLong;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The whole state of a frozen session in a file of the host, which leaves it only by hand: what was in memory may be anything. The
 * platform gets its place, size and hash.
 */
final class CheckpointSource implements EvidenceCollection.Source {
    /** Largest sum of what is kept on a host, bytes; nothing is thrown away for it, new ones are not made. */
    static final long MAX_KEPT_BYTES = 8L << 30;

    /** Of all sessions of the host, which freeze together when the platform is out of reach: one at a time. */
    private static final ReentrantLock ONE = new ReentrantLock();

    private static final Duration QUESTION_LIMIT = Duration.ofSeconds(1);
    private static final Duration LIMIT = Duration.ofSeconds(30);

    private final Sandbox sandbox;
    private final Path folder;
    private final String session;
    private final long maxMemoryBytes;
    private int taken;

    /**
     * @param folder of the host's checkpoints, which need not exist
     * @param maxMemoryBytes of the workload
     */
    CheckpointSource(Sandbox sandbox, Path folder, String session, long maxMemoryBytes) {
        this.sandbox = sandbox;
        this.folder = folder;
        this.session = session;
        this.maxMemoryBytes = maxMemoryBytes;
    }

    @Override
    public String kind() {
        return "checkpoint";
    }

    @Override
    public JsonNode take() throws IOException, SandboxException {
        ONE.lock();
        try {
            return alone();
        } finally {
            ONE.unlock();
        }
    }

    private JsonNode alone() throws IOException, SandboxException {
        OptionalLong memory = sandbox.memoryBytes(QUESTION_LIMIT);
        if (memory.isEmpty()) {
            throw new SandboxException("the sandbox's kernel does not say how much memory is used");
        }
        if (memory.getAsLong() > maxMemoryBytes) {
            throw new SandboxException(
                    "memory: " + memory.getAsLong() + " bytes (expected: <= " + maxMemoryBytes + ")");
        }
        Files.createDirectories(
                folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        long kept = bytes(folder);
        if (kept + memory.getAsLong() > MAX_KEPT_BYTES) {
            throw new SandboxException(folder + ": " + kept + " bytes are kept, " + memory.getAsLong()
                    + " would come (expected: <= " + MAX_KEPT_BYTES + " in all)");
        }
        Path own = Files.createDirectory(folder.resolve(session + "-" + ++taken));
        try {
            Path image = sandbox.checkpoint(own, LIMIT);
            return JsonNodeFactory.instance
                    .objectNode()
                    .put("file", image.toString())
                    .put("bytes", Files.size(image))
                    .put("sha256", sha256(image))
                    .put("memory_bytes", memory.getAsLong());
        } catch (IOException | SandboxException e) {
            Bundle.deleteTree(own);
            if (!sandbox.alive()) {
                throw new SandboxException("the sandbox has ended with the attempt: " + e.getMessage(), e);
            }
            throw e;
        }
    }

    private static long bytes(Path folder) throws IOException {
        try (var files = Files.walk(folder)) {
            long sum = 0;
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                sum += Files.size(file);
            }
            return sum;
        }
    }

    private static String sha256(Path file) throws IOException {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            try (InputStream in = new DigestInputStream(Files.newInputStream(file), digest)) {
                in.transferTo(java.io.OutputStream.nullOutputStream());
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
