package io.plumbline.sandbox.session;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.plumbline.sandbox.review.Change;
import io.plumbline.sandbox.review.Entry;
import io.plumbline.sandbox.review.WorkspaceCopy;
import io.plumbline.sandbox.review.WorkspaceDecoys;
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
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What a session has changed in its workspace, bounded in files and in time; links are named and not followed.
 *
 * <p>In review mode the copy is held against what it was made from: contents, deletions, lines. Else files are told of by their change
 * time, which the workload cannot set, and by digests of what they are now, and names as gone that the trace saw removed; of a small
 * workspace also what they were, and what is gone whoever saw it.
 */
final class WorkspaceChanges implements EvidenceCollection.Source {
    private static final int MAX_CHANGED = 5_000;
    private static final int MAX_VISITED = 200_000;
    private static final Duration LIMIT = Duration.ofSeconds(2);

    /** Of the differences between lines, characters; the change set that waits for a review has all of them. */
    private static final int MAX_DIFF = 64 * 1024;

    /** Files whose lines are looked at. */
    private static final int MAX_COMPARED = 200;

    private static final int MAX_LINE = 2_000;

    private final Place place;

    /**
     * What is looked at.
     *
     * @param folder that the sandbox works on
     * @param since when nothing of it was changed
     * @param copy the same folder, where it is a copy; null: it is the workspace itself
     * @param decoys the host's own, which a copy has and what it was made from has not
     * @param removed names that the workload has removed, relative to the workspace
     * @param manifest what the workspace held at the start; null: nobody knows
     */
    record Place(
            Path folder,
            Instant since,
            @Nullable WorkspaceCopy copy,
            WorkspaceDecoys decoys,
            Supplier<List<String>> removed,
            @Nullable WorkspaceManifest manifest) {}

    WorkspaceChanges(Place place) {
        this.place = place;
    }

    @Override
    public String kind() {
        return "workspace";
    }

    @Override
    public JsonNode take() throws IOException {
        ObjectNode found = JsonNodeFactory.instance.objectNode();
        found.put("since", place.since().toString());
        WorkspaceCopy copy = place.copy();
        if (copy == null) {
            look(found);
        } else {
            compare(copy, found);
        }
        return found;
    }

    private void compare(WorkspaceCopy copy, ObjectNode found) throws IOException {
        WorkspaceCopy.Glance glance = copy.glance(LIMIT);
        List<Change> all = glance.changes().stream()
                .filter(change -> !place.decoys().made(change.path(), change.after()))
                .toList();
        List<Change> told = all.subList(0, Math.min(all.size(), MAX_CHANGED));
        found.put("complete", glance.complete() && told.size() == all.size());
        ArrayNode changed = found.putArray("changed");
        ArrayNode gone = found.putArray("gone");
        for (Change change : told) {
            if (change.after() instanceof Entry.Absent) {
                describe(gone.addObject().put("path", change.path()), change.before());
            } else {
                ObjectNode file = changed.addObject().put("path", change.path());
                describe(file, change.after());
                file.put("change", change.letter() == 'A' ? "added" : "modified");
                if (!(change.before() instanceof Entry.Absent)) {
                    describe(file.putObject("was"), change.before());
                }
            }
        }
        WorkspaceCopy.Shown shown =
                copy.show(told.subList(0, Math.min(told.size(), MAX_COMPARED)), MAX_DIFF, WorkspaceChanges::hasNoKey);
        ArrayNode diff = found.putArray("diff");
        shown.text()
                .lines()
                .map(line -> line.length() > MAX_LINE ? line.substring(0, MAX_LINE) : line)
                .forEach(diff::add);
        found.put("not_shown", shown.unseen() + told.size() - Math.min(told.size(), MAX_COMPARED));
    }

    /** Redaction finds a private key by its lines together; in a difference each has a sign before it, and here they lie apart. */
    private static boolean hasNoKey(List<String> lines) {
        return lines.stream().noneMatch(line -> line.contains("-----BEGIN ") && line.contains("PRIVATE KEY"));
    }

    private static void describe(ObjectNode file, Entry entry) {
        switch (entry) {
            case Entry.Regular regular ->
                file.put("kind", "file").put("bytes", regular.size()).put("sha256", regular.sha256());
            case Entry.Folder folder -> file.put("kind", "directory");
            case Entry.Link link -> file.put("kind", "link").put("target", link.target());
            case Entry.Absent absent -> file.put("kind", "nothing");
        }
    }

    private void look(ObjectNode found) throws IOException {
        Walk walk = new Walk(found.putArray("changed"));
        Files.walkFileTree(place.folder(), walk);
        walk.digest();
        List<String> removed = place.removed().get();
        WorkspaceManifest manifest = place.manifest();
        boolean known = manifest != null && manifest.whole() && walk.walked;
        found.put("complete", walk.complete && (known || removed.size() < SessionJournal.REMEMBERED_REMOVALS));
        Set<String> told = new LinkedHashSet<>();
        for (String path : removed) {
            if (Files.notExists(place.folder().resolve(path), LinkOption.NOFOLLOW_LINKS)) {
                told.add(path);
            }
        }
        if (manifest != null && walk.walked) {
            manifest.names().stream()
                    .filter(path -> !walk.seen.contains(path))
                    .sorted()
                    .forEach(told::add);
        }
        ArrayNode gone = found.putArray("gone");
        for (String path : told) {
            ObjectNode name = gone.addObject().put("path", path);
            if (manifest != null) {
                manifest.was(path).ifPresent(was -> recall(name, was));
            }
        }
    }

    private static void recall(ObjectNode file, WorkspaceManifest.Was was) {
        file.put("kind", was.kind()).put("bytes", was.bytes());
        if (!was.sha256().isEmpty()) {
            file.put("sha256", was.sha256());
        }
    }

    private final class Walk implements FileVisitor<Path> {
        private final ArrayNode changed;
        private final Map<Path, ObjectNode> regular = new LinkedHashMap<>();
        private final long deadline = System.nanoTime() + LIMIT.toNanos();
        private final Set<String> seen = new HashSet<>();
        private int visited;
        private boolean complete = true;

        /** Whether it came by all names. */
        private boolean walked = true;

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
                walked = false;
                return FileVisitResult.TERMINATE;
            }
            try {
                FileTime change = (FileTime) Files.getAttribute(path, "unix:ctime", LinkOption.NOFOLLOW_LINKS);
                if (place.manifest() != null) {
                    seen.add(place.folder().relativize(path).toString());
                }
                if (!change.toInstant().isBefore(place.since())) {
                    tell(path, attributes, change);
                }
            } catch (IOException e) {
                // It has gone in between; the workload stands still, but the host need not.
                complete = false;
            }
            return FileVisitResult.CONTINUE;
        }

        private void tell(Path path, BasicFileAttributes attributes, FileTime change) {
            String name = place.folder().relativize(path).toString();
            ObjectNode file = changed.addObject()
                    .put("path", name)
                    .put("kind", kind(attributes))
                    .put("bytes", attributes.size())
                    .put("changed", change.toString());
            WorkspaceManifest manifest = place.manifest();
            Optional<WorkspaceManifest.Was> was = manifest == null ? Optional.empty() : manifest.was(name);
            if (was.isEmpty() && manifest != null && manifest.whole()) {
                file.put("change", "added");
            } else if (was.isPresent() && !(was.get().kind().equals("directory") && attributes.isDirectory())) {
                // What is put into a folder or taken away changes the folder's time too.
                recall(file.put("change", "modified").putObject("was"), was.get());
            }
            if (attributes.isRegularFile()) {
                regular.put(path, file);
            }
        }

        /** After all names: one large file must not keep the others from being told. */
        void digest() {
            regular.forEach((path, file) -> {
                try {
                    if (System.nanoTime() <= deadline
                            && WorkspaceCopy.at(path, deadline) instanceof Entry.Regular now
                            && !now.sha256().isEmpty()) {
                        file.put("sha256", now.sha256());
                        return;
                    }
                } catch (IOException e) {
                    // As where it could not be read in time.
                }
                complete = false;
            });
        }

        @Override
        public FileVisitResult visitFileFailed(Path file, IOException problem) {
            complete = false;
            walked = false;
            return FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException problem) {
            complete &= problem == null;
            walked &= problem == null;
            return FileVisitResult.CONTINUE;
        }
    }

    /** file, directory, link, other. */
    static String kind(BasicFileAttributes attributes) {
        if (attributes.isSymbolicLink()) {
            return "link";
        }
        return attributes.isDirectory() ? "directory" : attributes.isRegularFile() ? "file" : "other";
    }
}
