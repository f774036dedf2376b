package io.plumbline.sandbox.review;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.plumbline.events.EventIds;
import io.plumbline.sandbox.posix.OpenDirectory;
import io.plumbline.sandbox.posix.PosixException;
import java.io.IOException;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Decoys in a session's workspace, which is a person's folder: what is there already stays as it is, what is not is made for the session
 * and removed after it, unless somebody has made something else of it. Never through links.
 */
public final class WorkspaceDecoys {
    private static final String RECORD = "workspace-decoys.json";
    private static final int FILE_MODE = 0600;
    private static final int FOLDER_MODE = 0700;
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Logger LOG = LoggerFactory.getLogger(WorkspaceDecoys.class);

    private final Path workspace;
    private final Kept kept;

    /**
     * What is written down before anything is made, for a daemon that comes after one that died.
     *
     * @param workspace by its own name: that of a descriptor would mean nothing to the next daemon
     * @param identity device and inode, since the name may lead elsewhere by then
     * @param made files and folders by path in the workspace, as of {@link EscapedPath}; a folder comes before what is in it
     */
    private record Kept(String workspace, String identity, SortedMap<String, Entry> made) {}

    private WorkspaceDecoys(Path workspace, Kept kept) {
        this.workspace = workspace;
        this.kept = kept;
    }

    /**
     * @param directory of the session on the host, where it is written down
     * @param workspace no link; its owner gets what is made
     * @param contents by path below the workspace
     * @throws IOException also for a path with {@code ..}, and for one that leads through a link or a file
     */
    public static WorkspaceDecoys make(Path directory, Path workspace, Map<String, String> contents)
            throws IOException {
        if (contents.isEmpty()) {
            return new WorkspaceDecoys(workspace, new Kept("", "", new TreeMap<>()));
        }
        WorkspaceDecoys decoys = new WorkspaceDecoys(
                workspace, new Kept(workspace.toRealPath().toString(), identity(workspace), new TreeMap<>()));
        try (OpenDirectory root = OpenDirectory.open(workspace)) {
            Map<String, String> missing = new LinkedHashMap<>();
            for (Map.Entry<String, String> decoy : contents.entrySet()) {
                String path = EscapedPath.of(decoy.getKey().getBytes(StandardCharsets.UTF_8));
                if (decoys.plan(root, path, decoy.getValue())) {
                    missing.put(path, decoy.getValue());
                }
            }
            JSON.writeValue(directory.resolve(RECORD).toFile(), decoys.kept);
            Map<String, Object> owner = Files.readAttributes(root.path(), "unix:uid,gid");
            for (Map.Entry<String, Entry> entry : decoys.kept.made().entrySet()) {
                put(root, entry.getKey(), missing.get(entry.getKey()), owner);
            }
            return decoys;
        } catch (IOException e) {
            try {
                decoys.remove();
            } catch (IOException again) {
                e.addSuppressed(again);
            }
            throw e;
        }
    }

    /** Whether it has to be made; with the folders that lead to it. */
    private boolean plan(OpenDirectory root, String path, String content) throws IOException {
        List<String> parts = List.of(path.split("/", -1));
        if (parts.stream().anyMatch(part -> part.isEmpty() || part.equals(".") || part.equals(".."))) {
            throw new IOException(
                    "decoy in the workspace: " + path + " (expected: a path without empty parts, . and ..)");
        }
        String folder = "";
        for (String part : parts.subList(0, parts.size() - 1)) {
            folder += (folder.isEmpty() ? "" : "/") + part;
            Optional<BasicFileAttributes> there = there(root, folder);
            if (there.isEmpty()) {
                kept.made().put(folder, new Entry.Folder(FOLDER_MODE));
            } else if (!there.get().isDirectory()) {
                throw new IOException("decoy in the workspace: " + path + " (expected: a path without links and files, "
                        + folder + " is one)");
            }
        }
        if (there(root, path).isPresent()) {
            return false;
        }
        byte[] bytes = content.getBytes(StandardCharsets.UTF_8);
        kept.made().put(path, new Entry.Regular(FILE_MODE, bytes.length, EventIds.sha256Hex(content)));
        return true;
    }

    /** @param content null: a folder */
    private static void put(
            OpenDirectory root,
            String path,
            @org.jspecify.annotations.Nullable String content,
            Map<String, Object> owner)
            throws IOException {
        ChangeSet.in(root, path, (parent, name) -> {
            Path target = parent.entry(name);
            if (content == null) {
                Files.createDirectory(
                        target, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            } else {
                try (SeekableByteChannel out = Files.newByteChannel(
                        target,
                        Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS),
                        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))) {
                    out.write(StandardCharsets.UTF_8.encode(content));
                }
            }
            for (String id : List.of("gid", "uid")) {
                Files.setAttribute(target, "unix:" + id, owner.get(id), LinkOption.NOFOLLOW_LINKS);
            }
            return name;
        });
    }

    /** Whether this, at that path (as of {@link EscapedPath}), is what was made here: no change of the workload's. */
    public boolean made(String path, Entry entry) {
        return entry.equals(kept.made().get(path));
    }

    /** Nothing of it stays, but for what it is no more; idempotent. */
    public void remove() throws IOException {
        if (kept.made().isEmpty()) {
            return;
        }
        try (OpenDirectory root = OpenDirectory.open(workspace)) {
            if (!identity(root.path()).equals(kept.identity())) {
                throw new IOException(workspace + " is another folder than the decoys were made in");
            }
            List<IOException> problems = new ArrayList<>();
            for (Map.Entry<String, Entry> entry :
                    new TreeMap<>(kept.made()).descendingMap().entrySet()) {
                try {
                    remove(root, entry.getKey(), entry.getValue());
                } catch (IOException e) {
                    // One that cannot be looked at keeps no other from going.
                    problems.add(e);
                }
            }
            if (!problems.isEmpty()) {
                IOException first = problems.removeFirst();
                problems.forEach(first::addSuppressed);
                throw first;
            }
        }
    }

    /** Whatever the workload has put in its place is not read, unless it is as long as what was made. */
    private static void remove(OpenDirectory root, String path, Entry made) throws IOException {
        Optional<BasicFileAttributes> there = there(root, path);
        boolean alike = there.isPresent()
                && (made instanceof Entry.Regular file
                        ? there.get().isRegularFile() && there.get().size() == file.size()
                        : there.get().isDirectory());
        if (alike && ChangeSet.current(root, path).equals(made)) {
            ChangeSet.in(root, path, (parent, name) -> {
                delete(parent.entry(name));
                return name;
            });
        }
    }

    /** What is there, unread; nothing where a link would lead on. */
    private static Optional<BasicFileAttributes> there(OpenDirectory root, String path) throws IOException {
        try {
            return Optional.of(ChangeSet.in(
                    root,
                    path,
                    (parent, name) -> Files.readAttributes(
                            parent.entry(name), BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)));
        } catch (NoSuchFileException | PosixException e) {
            return Optional.empty();
        }
    }

    private static String identity(Path folder) throws IOException {
        return Files.getAttribute(folder, "unix:dev") + ":" + Files.getAttribute(folder, "unix:ino");
    }

    private static void delete(Path path) throws IOException {
        try {
            Files.deleteIfExists(path);
        } catch (DirectoryNotEmptyException e) {
            // The workload has put something of its own there.
        }
    }

    /** Removes what sessions have left whose daemon died. */
    public static void removeLeft(Path sessions) throws IOException {
        if (!Files.isDirectory(sessions)) {
            return;
        }
        try (DirectoryStream<Path> directories = Files.newDirectoryStream(sessions)) {
            for (Path directory : directories) {
                Path record = directory.resolve(RECORD);
                if (Files.isRegularFile(record, LinkOption.NOFOLLOW_LINKS)) {
                    try {
                        Kept kept = JSON.readValue(record.toFile(), Kept.class);
                        new WorkspaceDecoys(Path.of(kept.workspace()), kept).remove();
                    } catch (IOException e) {
                        // The workspace may have gone; a record that was not written whole was written before anything
                        // was made.
                        LOG.warn("{}: {}", record, e.getMessage());
                    }
                }
            }
        }
    }
}
