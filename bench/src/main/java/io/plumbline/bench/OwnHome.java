package io.plumbline.bench;

import io.plumbline.sandbox.rootfs.Bundle;
import io.plumbline.standalone.Layout;
import io.plumbline.standalone.ProcessTree;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;

/**
 * A home for a platform of one run's own, next to the one of this machine, which keeps its own alerts. It is this run's for as long as it
 * is open; a later run removes it.
 *
 * @param lock on a file in the home; the kernel gives it up when the run dies
 */
record OwnHome(Layout layout, FileChannel lock) implements AutoCloseable {
    private static final String PREFIX = "console-";

    /**
     * Makes one below {@code bench} of the current home, and removes what earlier runs left there; parts of one that was killed are stopped
     * first.
     */
    static OwnHome take(Layout current) throws IOException, InterruptedException {
        current.create();
        Path parent = Files.createDirectories(current.home().resolve("bench"));
        // One run at a time: a folder that another one has made and not locked yet looks abandoned.
        try (FileChannel all = open(parent)) {
            all.lock();
            removeAbandoned(current.root(), parent);
            Layout own = new Layout(current.root(), Files.createTempDirectory(parent, PREFIX));
            if (Files.isDirectory(current.tools())) {
                Files.createSymbolicLink(own.tools(), current.tools());
            }
            return new OwnHome(own, tryLock(own.home()).orElseThrow());
        }
    }

    private static void removeAbandoned(Path root, Path parent) throws IOException, InterruptedException {
        try (DirectoryStream<Path> folders = Files.newDirectoryStream(parent, PREFIX + "*")) {
            for (Path folder : folders) {
                Optional<FileChannel> lock = tryLock(folder);
                if (lock.isPresent()) {
                    try (FileChannel held = lock.get()) {
                        ProcessTree.stop(new Layout(root, folder));
                        Bundle.deleteTree(folder);
                    }
                }
            }
        }
    }

    /** Empty: another run's. */
    private static Optional<FileChannel> tryLock(Path folder) throws IOException {
        FileChannel channel = open(folder);
        boolean ours = false;
        try {
            ours = channel.tryLock() != null;
        } catch (OverlappingFileLockException e) {
            // Of a run in this process.
        } finally {
            if (!ours) {
                channel.close();
            }
        }
        return ours ? Optional.of(channel) : Optional.empty();
    }

    private static FileChannel open(Path folder) throws IOException {
        return FileChannel.open(folder.resolve("bench.lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    }

    @Override
    public void close() throws IOException {
        lock.close();
    }
}
