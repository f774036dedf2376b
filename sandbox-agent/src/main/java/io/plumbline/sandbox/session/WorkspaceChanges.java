package io.plumbline.sandbox.session;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.FileVisitor;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;

/**
 * What a session has changed in its workspace, by the files' change time, which the workload cannot set. Bounded in files and in time;
 * links are named and not followed.
 */
final class WorkspaceChanges implements EvidenceCollection.Source {
    private static final int MAX_CHANGED = 5_000;
    private static final int MAX_VISITED = 200_000;
    private static final Duration LIMIT = Duration.ofSeconds(2);

    private final Path workspace;
    private final Instant since;

    WorkspaceChanges(Path workspace, Instant since) {
        this.workspace = workspace;
        this.since = since;
    }

    @Override
    public String kind() {
        return "workspace";
    }

    @Override
    public JsonNode take() throws IOException {
        ArrayNode changed = JsonNodeFactory.instance.arrayNode();
        Walk walk = new Walk(changed);
        Files.walkFileTree(workspace, walk);
        ObjectNode found = JsonNodeFactory.instance.objectNode();
        found.put("since", since.toString());
        found.put("complete", walk.complete);
        found.set("changed", changed);
        return found;
    }

    private final class Walk implements FileVisitor<Path> {
        private final ArrayNode changed;
        private final long deadline = System.nanoTime() + LIMIT.toNanos();
        private int visited;
        private boolean complete = true;

        Walk(ArrayNode changed) {
            this.changed = changed;
        }

        @Override
        public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes) {
            return look(directory, attributes);
        }

        @Override
        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            return look(file, attributes);
        }

        private FileVisitResult look(Path path, BasicFileAttributes attributes) {
            visited++;
            if (visited > MAX_VISITED || changed.size() >= MAX_CHANGED || System.nanoTime() > deadline) {
                complete = false;
                return FileVisitResult.TERMINATE;
            }
            try {
                FileTime change = (FileTime) Files.getAttribute(path, "unix:ctime", LinkOption.NOFOLLOW_LINKS);
                if (!change.toInstant().isBefore(since)) {
                    changed.addObject()
                            .put("path", workspace.relativize(path).toString())
                            .put("kind", kind(attributes))
                            .put("bytes", attributes.size())
                            .put("changed", change.toString());
                }
            } catch (IOException e) {
                // It has gone in between; the workload stands still, but the host need not.
                complete = false;
            }
            return FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult visitFileFailed(Path file, IOException problem) {
            complete = false;
            return FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult postVisitDirectory(
                Path directory, java.io.@org.jspecify.annotations.Nullable IOException problem) {
            return FileVisitResult.CONTINUE;
        }
    }

    private static String kind(BasicFileAttributes attributes) {
        if (attributes.isSymbolicLink()) {
            return "link";
        }
        return attributes.isDirectory() ? "directory" : attributes.isRegularFile() ? "file" : "other";
    }
}
