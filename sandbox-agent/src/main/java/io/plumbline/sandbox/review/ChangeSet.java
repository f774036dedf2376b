package io.plumbline.sandbox.review;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.plumbline.sandbox.posix.OpenDirectory;
import io.plumbline.sandbox.posix.Posix;
import io.plumbline.sandbox.posix.PosixException;
import java.io.IOException;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The changes of one session, kept in a folder of the host until a person has decided: {@code changes.json}, {@code diff.txt} and
 * the new files by their hashes. Whoever can write into that folder could change what is applied: it is the daemon's alone.
 */
public final class ChangeSet {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Path folder;
    private final Kept kept;

    /** What {@code changes.json} holds. */
    private record Kept(String workspace, String assignedBy, int uid, int gid, int unseen, List<Change> changes) {}

    private ChangeSet(Path folder, Kept kept) {
        this.folder = folder;
        this.kept = kept;
    }

    /** Thrown when the workspace is not what the session started from; nothing was applied. */
    public static final class ConflictException extends IOException {
        private static final long serialVersionUID = 1L;

        ConflictException(List<String> paths) {
            super("changed on the host meanwhile: " + String.join(", ", paths.subList(0, Math.min(20, paths.size())))
                    + (paths.size() > 20 ? " and " + (paths.size() - 20) + " more" : ""));
        }
    }

    /**
     * Keeps what was changed in a copy.
     *
     * @param folder must not exist
     */
    public static ChangeSet keep(
            Path folder, Path workspace, String assignedBy, WorkspaceCopy copy, List<Change> changes)
            throws IOException {
        Files.createDirectories(
                folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        for (Change change : changes) {
            if (change.after() instanceof Entry.Regular file) {
                Files.copy(
                        EscapedPath.in(copy.copy(), change.path()),
                        folder.resolve(file.sha256()),
                        StandardCopyOption.REPLACE_EXISTING,
                        LinkOption.NOFOLLOW_LINKS);
            }
        }
        WorkspaceCopy.Shown shown = copy.show(changes);
        Kept kept = new Kept(
                workspace.toString(),
                assignedBy,
                (Integer) Files.getAttribute(workspace, "unix:uid"),
                (Integer) Files.getAttribute(workspace, "unix:gid"),
                shown.unseen(),
                changes);
        Files.writeString(folder.resolve("diff.txt"), shown.text());
        JSON.writeValue(folder.resolve("changes.json").toFile(), kept);
        return new ChangeSet(folder, kept);
    }

    /** @throws IOException when nothing is kept there */
    public static ChangeSet open(Path folder) throws IOException {
        if (!Files.isRegularFile(folder.resolve("changes.json"))) {
            throw new IOException("no changes wait for a review in session " + folder.getFileName());
        }
        return new ChangeSet(
                folder, JSON.readValue(folder.resolve("changes.json").toFile(), new TypeReference<Kept>() {}));
    }

    public List<Change> changes() {
        return kept.changes();
    }

    /** Changed files whose new content {@link #diff} does not show. */
    public int unseen() {
        return kept.unseen();
    }

    /** Who started the session. */
    public String assignedBy() {
        return kept.assignedBy();
    }

    public String diff() throws IOException {
        return Files.readString(folder.resolve("diff.txt"));
    }

    /** Hash over every path with what was and what is to be there, 64 hex digits. */
    public String sha256() throws IOException {
        return HexFormat.of().formatHex(WorkspaceCopy.digest().digest(JSON.writeValueAsBytes(kept)));
    }

    /** @throws ConflictException when something is neither as it was at the session's start nor as it is to be */
    public void check() throws IOException {
        try (OpenDirectory root = OpenDirectory.open(Path.of(kept.workspace()))) {
            check(root);
        }
    }

    private void check(OpenDirectory root) throws IOException {
        List<String> conflicts = new ArrayList<>();
        for (Change change : kept.changes()) {
            if (!fits(root, change)) {
                conflicts.add(change.path());
            } else if (change.before() instanceof Entry.Folder && !(change.after() instanceof Entry.Folder)) {
                strangers(root, change.path(), conflicts);
            }
        }
        if (!conflicts.isEmpty()) {
            throw new ConflictException(conflicts);
        }
    }

    /** Also when it is as it is to be: an earlier attempt may have got that far. */
    private static boolean fits(OpenDirectory root, Change change) throws IOException {
        Entry current = current(root, change.path());
        return current.equals(change.before()) || current.equals(change.after());
    }

    /** Names what lies in a folder that is to go and is not to go with it. */
    private void strangers(OpenDirectory root, String path, List<String> conflicts) throws IOException {
        Set<String> going = kept.changes().stream()
                .filter(change -> goes(change))
                .map(Change::path)
                .collect(Collectors.toSet());
        try {
            in(root, path, (parent, name) -> {
                try (OpenDirectory folder = parent.child(name);
                        DirectoryStream<Path> entries = Files.newDirectoryStream(folder.path())) {
                    for (Path entry : entries) {
                        String below = path + "/" + EscapedPath.of(Objects.requireNonNull(entry.getFileName()));
                        if (!going.contains(below)) {
                            conflicts.add(below);
                        }
                    }
                }
                return name;
            });
        } catch (PosixException e) {
            // It is gone already, or in the place of a folder is what is to be there.
        }
    }

    /** Whether nothing, or something of another kind, comes in its place. */
    private static boolean goes(Change change) {
        return change.after() instanceof Entry.Absent || replaced(change);
    }

    /** Thrown when it could not be applied to its end. */
    public static final class HalfAppliedException extends IOException {
        private static final long serialVersionUID = 1L;
        private final int applied;

        HalfAppliedException(int applied, int all, String path, Exception cause) {
            super(
                    "applied " + applied + " of " + all + " changes, then failed at " + path + ": "
                            + cause.getMessage(),
                    cause);
            this.applied = applied;
        }

        /** How many changes are in the workspace, in the order of their paths. */
        public int applied() {
            return applied;
        }
    }

    /**
     * Makes the workspace what the session made of its copy. After a failure it can be called again.
     *
     * @throws ConflictException when something is neither as it was at the session's start nor as it is to be; then nothing is
     *     changed
     * @throws HalfAppliedException when something failed on the way
     */
    public void apply() throws IOException {
        try (OpenDirectory root = OpenDirectory.open(Path.of(kept.workspace()))) {
            check(root);
            // What goes first is deepest, what comes first is highest: a folder is empty before it goes, there before
            // it is
            // filled.
            List<Change> gone = kept.changes().stream()
                    .filter(ChangeSet::goes)
                    .sorted(Comparator.comparing(Change::path).reversed())
                    .toList();
            int applied = 0;
            for (Change change : gone) {
                try {
                    remove(root, change);
                } catch (IOException e) {
                    throw new HalfAppliedException(applied, kept.changes().size(), change.path(), e);
                }
                applied += change.after() instanceof Entry.Absent ? 1 : 0;
            }
            for (Change change : kept.changes()) {
                if (change.after() instanceof Entry.Absent) {
                    // Its folder may be something else by now.
                    continue;
                }
                try {
                    in(root, change.path(), (parent, name) -> {
                        put(parent, name, change.after());
                        return name;
                    });
                } catch (IOException e) {
                    throw new HalfAppliedException(applied, kept.changes().size(), change.path(), e);
                }
                applied++;
            }
        }
    }

    /** Only what is still as it was: another entry of that name may have come since. */
    private static void remove(OpenDirectory root, Change change) throws IOException {
        Entry current = current(root, change.path());
        if (current.equals(change.before())) {
            in(root, change.path(), (parent, name) -> {
                Files.deleteIfExists(parent.entry(name));
                return name;
            });
        } else if (!current.equals(change.after())) {
            throw new IOException("changed on the host meanwhile");
        }
    }

    /** Whether something else than a file comes in its place, or it in the place of something else. */
    private static boolean replaced(Change change) {
        return !(change.before() instanceof Entry.Absent)
                && change.before().getClass() != change.after().getClass();
    }

    private void put(OpenDirectory parent, Path name, Entry entry) throws IOException {
        Path target = parent.entry(name);
        switch (entry) {
            case Entry.Absent absent -> throw new IllegalArgumentException("nothing to put at " + name);
            case Entry.Folder folder -> {
                if (WorkspaceCopy.at(target) instanceof Entry.Absent) {
                    Files.createDirectory(target);
                    own(target);
                }
                try (OpenDirectory made = parent.child(name)) {
                    mode(made.path(), folder.mode());
                }
            }
            case Entry.Link link -> {
                Files.deleteIfExists(target);
                int made = Posix.symlink(EscapedPath.bytes(link.target()), target);
                if (made < 0) {
                    throw new IOException("symlink: errno " + -made);
                }
                own(target);
            }
            case Entry.Regular file -> {
                Path fresh = parent.entry(".plumbline-" + file.sha256().substring(0, 16));
                Files.deleteIfExists(fresh);
                try (SeekableByteChannel out = Files.newByteChannel(
                        fresh,
                        Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS),
                        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))) {
                    Files.copy(folder.resolve(file.sha256()), java.nio.channels.Channels.newOutputStream(out));
                }
                if (!(WorkspaceCopy.at(fresh) instanceof Entry.Regular written
                        && written.sha256().equals(file.sha256()))) {
                    Files.deleteIfExists(fresh);
                    throw new IOException(name + ": what is kept is not what was shown");
                }
                mode(fresh, file.mode());
                own(fresh);
                Files.move(fresh, target, StandardCopyOption.ATOMIC_MOVE);
            }
        }
    }

    private static void mode(Path path, int mode) throws IOException {
        Files.setAttribute(path, "unix:mode", mode, LinkOption.NOFOLLOW_LINKS);
    }

    private void own(Path path) throws IOException {
        Files.setAttribute(path, "unix:gid", kept.gid(), LinkOption.NOFOLLOW_LINKS);
        Files.setAttribute(path, "unix:uid", kept.uid(), LinkOption.NOFOLLOW_LINKS);
    }

    /** What is there, as of {@link EscapedPath}; nothing where a link would lead on. */
    static Entry current(OpenDirectory root, String path) throws IOException {
        try {
            return in(root, path, (parent, name) -> WorkspaceCopy.at(parent.entry(name)));
        } catch (PosixException e) {
            // A folder on the way is not there, or not a folder: then neither is what would be in it.
            return new Entry.Absent();
        }
    }

    interface Act<T> {
        T on(OpenDirectory parent, Path name) throws IOException;
    }

    /** Goes down part by part, never through a link. */
    static <T> T in(OpenDirectory root, String path, Act<T> act) throws IOException {
        int slash = path.indexOf('/');
        if (slash < 0) {
            return act.on(root, EscapedPath.name(path));
        }
        try (OpenDirectory next = root.child(EscapedPath.name(path.substring(0, slash)))) {
            return in(next, path.substring(slash + 1), act);
        }
    }

    /** Nothing is kept any more. */
    public void discard() throws IOException {
        io.plumbline.sandbox.rootfs.Bundle.deleteTree(folder);
    }
}
