package io.plumbline.sandbox.review;

import com.github.difflib.DiffUtils;
import com.github.difflib.UnifiedDiffUtils;
import com.github.difflib.algorithm.myers.MeyersDiffWithLinearSpace;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** A workspace as it was, and a copy of it for a session to change. Links are copied as links and never followed. */
public final class WorkspaceCopy {
    /** Most bytes of a workspace, and of what a session may make of it. */
    public static final long MAX_BYTES = 2L << 30;

    /** Most files, folders and links. */
    public static final int MAX_ENTRIES = 200_000;

    /** Most characters of the list of changes. */
    private static final int MAX_LIST = 32 << 20;

    /** Most characters of all differences together. */
    public static final int MAX_DIFF = 16 << 20;

    /** Larger texts are told of by their hashes: comparing lines takes time that grows with their square. */
    private static final int MAX_TEXT_BYTES = 512 << 10;

    private static final int MAX_LINES = 4000;
    private static final int CONTEXT = 3;

    private final Path original;
    private final Path copy;
    private final SortedMap<String, Entry> before;

    private WorkspaceCopy(Path original, Path copy, SortedMap<String, Entry> before) {
        this.original = original;
        this.copy = copy;
        this.before = before;
    }

    /** @throws IOException also when the workspace is larger than can be reviewed */
    public static WorkspaceCopy make(Path original, Path copy) throws IOException {
        Budget budget = new Budget("workspace: ");
        Files.walkFileTree(original, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) throws IOException {
                Path target = copy.resolve(original.relativize(folder));
                Files.createDirectory(target);
                like(folder, target);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                if (attributes.isRegularFile() || attributes.isSymbolicLink()) {
                    budget.take(attributes.isRegularFile() ? attributes.size() : 0);
                    Path target = copy.resolve(original.relativize(file));
                    Files.copy(file, target, LinkOption.NOFOLLOW_LINKS, StandardCopyOption.COPY_ATTRIBUTES);
                    own(file, target);
                }
                return FileVisitResult.CONTINUE;
            }
        });
        return new WorkspaceCopy(original, copy, entries(copy));
    }

    public Path copy() {
        return copy;
    }

    private static void like(Path from, Path to) throws IOException {
        own(from, to);
        Files.setAttribute(to, "unix:mode", Files.getAttribute(from, "unix:mode", LinkOption.NOFOLLOW_LINKS));
    }

    private static void own(Path from, Path to) throws IOException {
        Map<String, Object> owner = Files.readAttributes(from, "unix:uid,gid", LinkOption.NOFOLLOW_LINKS);
        Files.setAttribute(to, "unix:gid", owner.get("gid"), LinkOption.NOFOLLOW_LINKS);
        Files.setAttribute(to, "unix:uid", owner.get("uid"), LinkOption.NOFOLLOW_LINKS);
    }

    /** Files, folders and links below {@code root} by their relative paths, escaped; nothing else is told of. */
    private static SortedMap<String, Entry> entries(Path root) throws IOException {
        SortedMap<String, Entry> entries = new TreeMap<>();
        Budget budget = new Budget("changed workspace: ");
        Files.walkFileTree(root, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) throws IOException {
                if (!folder.equals(root)) {
                    budget.take(0);
                    entries.put(EscapedPath.of(root.relativize(folder)), at(folder));
                }
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                if (attributes.isRegularFile() || attributes.isSymbolicLink()) {
                    budget.take(attributes.isRegularFile() ? attributes.size() : 0);
                    entries.put(EscapedPath.of(root.relativize(file)), at(file));
                }
                return FileVisitResult.CONTINUE;
            }
        });
        return entries;
    }

    /** What is at {@code path}, which is not followed when it is a link. */
    public static Entry at(Path path) throws IOException {
        return at(path, Long.MAX_VALUE);
    }

    /** Likewise; a file whose content takes longer than until {@code deadline} to read has no digest: it is empty. */
    public static Entry at(Path path, long deadline) throws IOException {
        Map<String, Object> attributes;
        try {
            attributes = Files.readAttributes(
                    path, "unix:mode,size,isRegularFile,isDirectory,isSymbolicLink", LinkOption.NOFOLLOW_LINKS);
        } catch (java.nio.file.NoSuchFileException e) {
            return new Entry.Absent();
        }
        int mode = (int) number(attributes, "mode") & 0777;
        if (Boolean.TRUE.equals(attributes.get("isSymbolicLink"))) {
            return new Entry.Link(EscapedPath.of(Files.readSymbolicLink(path)));
        }
        if (Boolean.TRUE.equals(attributes.get("isDirectory"))) {
            return new Entry.Folder(mode);
        }
        if (Boolean.TRUE.equals(attributes.get("isRegularFile"))) {
            return new Entry.Regular(mode, number(attributes, "size"), sha256(path, deadline));
        }
        throw new IOException(path + ": neither a file, a folder nor a link");
    }

    private static long number(Map<String, Object> attributes, String name) throws IOException {
        if (attributes.get(name) instanceof Number number) {
            return number.longValue();
        }
        throw new IOException("no " + name);
    }

    private static String sha256(Path file, long deadline) throws IOException {
        MessageDigest digest = digest();
        try (SeekableByteChannel channel =
                Files.newByteChannel(file, Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS))) {
            ByteBuffer buffer = ByteBuffer.allocate(64 * 1024);
            while (channel.read(buffer.clear()) >= 0) {
                digest.update(buffer.flip());
                if (deadline != Long.MAX_VALUE && System.nanoTime() > deadline) {
                    return "";
                }
            }
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    static MessageDigest digest() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /** What was changed in the copy, by path. To be called when nobody changes it any more. */
    public List<Change> changes() throws IOException {
        return changes(entries(copy));
    }

    private List<Change> changes(SortedMap<String, Entry> after) {
        Set<String> paths = new TreeSet<>(before.keySet());
        paths.addAll(after.keySet());
        List<Change> changes = new ArrayList<>();
        for (String path : paths) {
            Entry old = before.getOrDefault(path, new Entry.Absent());
            Entry now = after.getOrDefault(path, new Entry.Absent());
            if (!old.equals(now)) {
                changes.add(new Change(path, old, now));
            }
        }
        return changes;
    }

    /**
     * What a look of bounded length finds.
     *
     * @param complete whether it saw all; else more may be changed than is told
     */
    public record Glance(List<Change> changes, boolean complete) {}

    /**
     * What is changed so far, while nobody changes anything. Names, kinds, sizes and rights are compared first, then contents: those of
     * files that look changed before those of files that do not.
     *
     * @param limit about how long it may take
     */
    public Glance glance(Duration limit) throws IOException {
        long deadline = System.nanoTime() + limit.toNanos();
        SortedMap<String, Entry> after = new TreeMap<>();
        List<Path> changed = new ArrayList<>();
        List<Path> alike = new ArrayList<>();
        boolean[] walked = {true};
        boolean[] complete = {true};
        Files.walkFileTree(copy, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) throws IOException {
                return folder.equals(copy) ? FileVisitResult.CONTINUE : look(folder, attributes);
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                if (attributes.isOther()) {
                    // A pipe, a socket or a device: no change that can be told, but one.
                    complete[0] = false;
                    return FileVisitResult.CONTINUE;
                }
                return look(file, attributes);
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException problem) {
                // The workload may take away the right to look.
                walked[0] = false;
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path folder, @Nullable IOException problem) {
                walked[0] &= problem == null;
                return FileVisitResult.CONTINUE;
            }

            private FileVisitResult look(Path path, BasicFileAttributes attributes) throws IOException {
                if (System.nanoTime() > deadline || after.size() >= MAX_ENTRIES) {
                    walked[0] = false;
                    return FileVisitResult.TERMINATE;
                }
                String name = EscapedPath.of(copy.relativize(path));
                if (!attributes.isRegularFile()) {
                    after.put(name, at(path, deadline));
                    return FileVisitResult.CONTINUE;
                }
                int mode = (int) Files.getAttribute(path, "unix:mode", LinkOption.NOFOLLOW_LINKS) & 0777;
                if (before.get(name) instanceof Entry.Regular old
                        && old.size() == attributes.size()
                        && old.mode() == mode) {
                    alike.add(path);
                    after.put(name, old);
                } else {
                    changed.add(path);
                    after.put(name, new Entry.Regular(mode, attributes.size(), ""));
                }
                return FileVisitResult.CONTINUE;
            }
        });
        if (!walked[0]) {
            // What was not come by need not be gone.
            before.forEach(after::putIfAbsent);
        }
        changed.addAll(alike);
        for (Path path : changed) {
            Optional<Entry> now = System.nanoTime() > deadline ? Optional.empty() : read(path, deadline);
            complete[0] &= now.isPresent();
            now.ifPresent(entry -> after.put(EscapedPath.of(copy.relativize(path)), entry));
        }
        return new Glance(changes(after), walked[0] && complete[0]);
    }

    /** Empty where it may not be read, or not in time. */
    private static Optional<Entry> read(Path path, long deadline) {
        try {
            return Optional.of(at(path, deadline)).filter(WorkspaceCopy::isRead);
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    private static boolean isRead(Entry entry) {
        return !(entry instanceof Entry.Regular file && file.sha256().isEmpty());
    }

    /**
     * What a person is shown.
     *
     * @param text first every change with what was and what is to be there, then the contents
     * @param unseen changed files whose new content is not in it: no text, too large, or beyond what can be shown
     */
    public record Shown(String text, int unseen) {}

    /** The changes for people. */
    Shown show(List<Change> changes) throws IOException {
        return show(changes, MAX_DIFF, lines -> true);
    }

    /**
     * Likewise.
     *
     * @param mostDiff characters of all differences together
     * @param showable by all lines of a file; else nothing of its content is shown
     */
    public Shown show(List<Change> changes, int mostDiff, Predicate<List<String>> showable) throws IOException {
        StringBuilder text = new StringBuilder();
        int unlisted = 0;
        for (Change change : changes) {
            String line = line(change);
            if (text.length() + line.length() > MAX_LIST) {
                unlisted++;
            } else {
                text.append(line);
            }
        }
        if (unlisted > 0) {
            text.append("... ").append(unlisted).append(" more changes than can be listed\n");
        }
        int unseen = unlisted;
        long most = text.length() + (long) mostDiff;
        for (Change change : changes) {
            Optional<String> content = content(change, showable);
            if (content.isPresent() && text.length() + content.get().length() <= most) {
                text.append(content.get());
            } else if (bringsContent(change)) {
                unseen++;
                if (text.length() < most) {
                    text.append("content not shown: ").append(change.path()).append('\n');
                }
            }
        }
        return new Shown(text.toString(), unseen);
    }

    private static String line(Change change) {
        return change.letter() + " " + change.path() + (change.isProtected() ? "  [protected]" : "") + "\n  "
                + name(change.before()) + " -> " + name(change.after()) + "\n";
    }

    private static boolean bringsContent(Change change) {
        return change.after() instanceof Entry.Regular now
                && now.size() > 0
                && !(change.before() instanceof Entry.Regular old
                        && old.sha256().equals(now.sha256()));
    }

    /** The lines that differ; empty when one of the two cannot be shown. */
    private Optional<String> content(Change change, Predicate<List<String>> showable) throws IOException {
        // The original is only shown as it was copied.
        Path old = EscapedPath.in(original, change.path());
        Optional<List<String>> from = change.before() instanceof Entry.Regular regular
                ? stillThere(old, regular) ? lines(old, regular) : Optional.empty()
                : Optional.of(List.of());
        Optional<List<String>> to = change.after() instanceof Entry.Regular regular
                ? lines(EscapedPath.in(copy, change.path()), regular)
                : Optional.of(List.of());
        if (to.isEmpty() || from.isEmpty() && !(change.after() instanceof Entry.Regular)) {
            return Optional.empty();
        }
        List<String> before = from.orElse(List.of());
        if (!showable.test(before) || !showable.test(to.get())) {
            return Optional.empty();
        }
        StringBuilder text = new StringBuilder();
        UnifiedDiffUtils.generateUnifiedDiff(
                        "a/" + change.path(),
                        "b/" + change.path(),
                        before,
                        DiffUtils.diff(before, to.get(), new MeyersDiffWithLinearSpace<>(String::equals)),
                        CONTEXT)
                .forEach(line -> text.append(line).append('\n'));
        return Optional.of(text.toString());
    }

    private static boolean stillThere(Path old, Entry.Regular before) throws IOException {
        return at(old).equals(before);
    }

    private static String name(Entry entry) {
        return switch (entry) {
            case Entry.Regular file ->
                "file %03o, %d bytes, sha256 %s".formatted(file.mode(), file.size(), file.sha256());
            case Entry.Link link -> "link to " + link.target();
            case Entry.Folder folder -> "folder %03o".formatted(folder.mode());
            case Entry.Absent absent -> "nothing";
        };
    }

    /** Empty for what is no text or too large. */
    private static Optional<List<String>> lines(Path file, Entry.Regular entry) throws IOException {
        if (entry.size() > MAX_TEXT_BYTES) {
            return Optional.empty();
        }
        byte[] bytes;
        try (InputStream in = Channels.newInputStream(
                Files.newByteChannel(file, Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS)))) {
            bytes = in.readNBytes(MAX_TEXT_BYTES);
        }
        try {
            String text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
            List<String> lines = List.of(text.split("\n", -1));
            return text.indexOf(0) >= 0 || lines.size() > MAX_LINES ? Optional.empty() : Optional.of(lines);
        } catch (CharacterCodingException e) {
            return Optional.empty();
        }
    }

    /** Counts what is taken, before it is. */
    private static final class Budget {
        private final String what;
        private long bytes;
        private int entries;

        Budget(String what) {
            this.what = what;
        }

        void take(long size) throws IOException {
            bytes += size;
            entries++;
            if (bytes > MAX_BYTES || entries > MAX_ENTRIES) {
                throw new IOException(what + bytes + " bytes in " + entries + " entries (expected: <= " + MAX_BYTES
                        + " in <= " + MAX_ENTRIES + ")");
            }
        }
    }
}
