package io.plumbline.sandbox.rootfs;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/**
 * The operating system that a sandbox sees: programs and libraries, read-only, and copies of what they need of /etc. Either
 * the host's, of which a list says what is taken, or that of an image, a directory that holds a root file system.
 */
final class SystemTree {
    /** Top-level folders of an image that are the sandbox's own business. */
    private static final Set<String> OWN = Set.of(
            "dev",
            "etc",
            "home",
            "lost+found",
            "media",
            "mnt",
            "opt",
            "proc",
            "root",
            "run",
            "sys",
            "tmp",
            "var",
            "workspace");

    /** What of the host's /etc its programs need, and nothing that could hold a secret or name a user or another machine. */
    private static final List<String> HOST_ETC = List.of(
            "debian_version",
            "fonts",
            "ld.so.cache",
            "ld.so.conf",
            "ld.so.conf.d",
            "localtime",
            "maven/logging",
            "maven/m2.conf",
            "mime.types",
            "os-release",
            "perl",
            "protocols",
            "services",
            "ssl/openssl.cnf");

    /** Likewise, and large: mounted instead of copied, being public through and through. */
    private static final List<String> HOST_ETC_MOUNTED = List.of("alternatives", "ssl/certs");

    /** Folders of the host's /etc that carry a version in their names. */
    private static final String HOST_ETC_VERSIONED = "{java-*,python3*}";

    /** Written for each sandbox. */
    private static final Set<String> MADE_UP =
            Set.of("group", "hostname", "hosts", "nsswitch.conf", "passwd", "resolv.conf");

    /** In any image: of no use without the rights to read them, and not to be copied by a daemon that has those rights. */
    private static final Set<PosixFilePermission> READABLE_BY_ALL = Set.of(PosixFilePermission.OTHERS_READ);

    private static final int MAX_ETC_ENTRIES = 20_000;
    private static final long MAX_ETC_BYTES = 64L << 20;

    private final Path root;
    private int entries;
    private long bytes;

    private SystemTree(Path root) {
        this.root = root;
    }

    static SystemTree host() {
        return new SystemTree(Path.of("/"));
    }

    /**
     * @param image absolute
     * @throws IOException when it is no root file system, or the host's own
     */
    static SystemTree image(Path image) throws IOException {
        Path root = image.toRealPath();
        if (root.getParent() == null || !Files.isDirectory(root.resolve("usr"), LinkOption.NOFOLLOW_LINKS)) {
            throw new IOException(
                    "image: " + image + " (expected: a directory with a folder usr, not the host's root)");
        }
        return new SystemTree(root);
    }

    private boolean isHost() {
        return root.getParent() == null;
    }

    /** Whether the system has a regular file at {@code path}, which is absolute as seen from inside; links are not followed. */
    boolean has(String path) {
        return Files.isRegularFile(outside(path), LinkOption.NOFOLLOW_LINKS);
    }

    /** Where on the host that is which is {@code path} inside. */
    Path outside(String path) {
        return root.resolve(path.substring(1));
    }

    /** Puts links into {@code skeleton} and tells of mounts that go onto folders made there. */
    void programs(Path skeleton, List<Mount> mounts) throws IOException {
        if (isHost()) {
            Files.createDirectories(skeleton.resolve("usr"));
            mounts.add(new Mount.Bind(Path.of("/usr"), "/usr", Mount.Access.READ));
            for (String link : List.of("bin", "lib", "lib32", "lib64", "sbin")) {
                if (Files.exists(Path.of("/usr", link))) {
                    Files.createSymbolicLink(skeleton.resolve(link), Path.of("usr", link));
                }
            }
            return;
        }
        children(root, "", skeleton, OWN, mounts);
        children(root.resolve("opt"), "opt/", skeleton, Set.of("agent", "plumbline"), mounts);
        children(root.resolve("var"), "var/", skeleton, Set.of("tmp", "run", "lock"), mounts);
    }

    private static void children(Path folder, String prefix, Path skeleton, Set<String> without, List<Mount> mounts)
            throws IOException {
        if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        try (DirectoryStream<Path> children = Files.newDirectoryStream(folder)) {
            for (Path child : children) {
                String name = name(child);
                Path inside = skeleton.resolve(prefix + name);
                if (without.contains(name) || Files.exists(inside, LinkOption.NOFOLLOW_LINKS)) {
                    continue;
                }
                if (Files.isSymbolicLink(child)) {
                    Files.createSymbolicLink(inside, Files.readSymbolicLink(child));
                } else if (Files.isDirectory(child, LinkOption.NOFOLLOW_LINKS)) {
                    Files.createDirectories(inside);
                    mounts.add(new Mount.Bind(child, "/" + prefix + name, Mount.Access.READ));
                }
            }
        }
    }

    /** Copies what everybody may read into {@code etc}, links as links, and tells of mounts that go onto folders made there. */
    void configuration(Path etc, List<Mount> mounts) throws IOException {
        Path from = root.resolve("etc");
        if (!isHost()) {
            copy(from, etc, MADE_UP);
            return;
        }
        for (String name : HOST_ETC) {
            Path source = from.resolve(name);
            if (Files.exists(source, LinkOption.NOFOLLOW_LINKS)) {
                Path target = etc.resolve(name);
                Files.createDirectories(Objects.requireNonNull(target.getParent(), "below etc"));
                copy(source, target, Set.of());
            }
        }
        for (String name : HOST_ETC_MOUNTED) {
            Path source = from.resolve(name);
            if (Files.isDirectory(source, LinkOption.NOFOLLOW_LINKS)) {
                Files.createDirectories(etc.resolve(name));
                mounts.add(new Mount.Bind(source, "/etc/" + name, Mount.Access.READ));
            }
        }
        try (DirectoryStream<Path> versioned = Files.newDirectoryStream(from, HOST_ETC_VERSIONED)) {
            for (Path folder : versioned) {
                copy(folder, etc.resolve(name(folder)), Set.of());
            }
        }
    }

    private void copy(Path from, Path to, Set<String> without) throws IOException {
        if (!Files.exists(from, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        Files.walkFileTree(from, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) throws IOException {
                if (!readableByAll(folder)) {
                    return FileVisitResult.SKIP_SUBTREE;
                }
                count(0);
                Files.createDirectories(to.resolve(from.relativize(folder).toString()));
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Path target = to.resolve(from.relativize(file).toString());
                boolean madeUp = without.contains(from.relativize(file).toString());
                if (madeUp || Files.exists(target, LinkOption.NOFOLLOW_LINKS)) {
                    return FileVisitResult.CONTINUE;
                }
                if (attributes.isSymbolicLink()) {
                    count(0);
                    Files.createSymbolicLink(target, Files.readSymbolicLink(file));
                } else if (attributes.isRegularFile() && readableByAll(file)) {
                    count(attributes.size());
                    Files.copy(file, target, LinkOption.NOFOLLOW_LINKS);
                    Files.setPosixFilePermissions(
                            target,
                            PosixFilePermissions.fromString(Files.isExecutable(file) ? "rwxr-xr-x" : "rw-r--r--"));
                }
                return FileVisitResult.CONTINUE;
            }
        });
    }

    private void count(long more) throws IOException {
        entries++;
        bytes += more;
        if (entries > MAX_ETC_ENTRIES || bytes > MAX_ETC_BYTES) {
            throw new IOException("etc of " + root + ": " + entries + " entries, " + bytes + " bytes (expected: <= "
                    + MAX_ETC_ENTRIES + " and <= " + MAX_ETC_BYTES + ")");
        }
    }

    private static boolean readableByAll(Path path) throws IOException {
        return Files.getPosixFilePermissions(path, LinkOption.NOFOLLOW_LINKS).containsAll(READABLE_BY_ALL);
    }

    private static String name(Path path) {
        return Objects.requireNonNull(path.getFileName(), "an entry has a name").toString();
    }
}
