package io.plumbline.sandbox.rootfs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;

/**
 * What a sandbox's file system has whoever uses it, in a directory of its own that belongs to this one sandbox: the root with the
 * folders that mounts go onto, a copy of what programs need of the system's {@code /etc}, and the guest program. With the host's own
 * system it can be made before its session comes.
 */
public final class Groundwork {
    /** Folders that mounts go onto, or that the workload may expect. */
    private static final List<String> EMPTY = List.of(
            "dev",
            "etc",
            "home/agent",
            "opt/agent",
            "opt/plumbline",
            "proc",
            "root",
            "run/plumbline",
            "sys",
            "tmp",
            "var/tmp",
            "workspace");

    private final SystemTree system;
    private final Path root;
    private final Path etc;
    private final Path guestFolder;
    private final List<Mount> mounts;

    private Groundwork(SystemTree system, Path root, Path etc, Path guestFolder, List<Mount> mounts) {
        this.system = system;
        this.root = root;
        this.etc = etc;
        this.guestFolder = guestFolder;
        this.mounts = mounts;
    }

    /**
     * With a selection of the host's own system.
     *
     * @param directory made here; must not exist
     * @param guest the guest program on the host
     */
    public static Groundwork host(Path directory, Path guest) throws IOException {
        return lay(directory, SystemTree.host(), guest);
    }

    /**
     * With the root file system of an image.
     *
     * @param directory made here; must not exist
     * @param image absolute path of a directory of the host
     * @param guest the guest program on the host
     * @throws IOException also when the image is no root file system, or the host's own
     */
    public static Groundwork image(Path directory, Path image, Path guest) throws IOException {
        return lay(directory, SystemTree.image(image), guest);
    }

    private static Groundwork lay(Path directory, SystemTree system, Path guest) throws IOException {
        Files.createDirectory(
                directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx--x--x")));
        Path root = Files.createDirectory(directory.resolve("root"));
        for (String folder : EMPTY) {
            Files.createDirectories(root.resolve(folder));
        }
        List<Mount> mounts = new ArrayList<>();
        system.programs(root, mounts);
        Path etc = Files.createDirectory(directory.resolve("etc"));
        system.configuration(etc, mounts);
        Files.writeString(etc.resolve("hostname"), "sandbox\n");
        Files.writeString(etc.resolve("hosts"), "127.0.0.1 localhost\n127.0.0.1 sandbox\n");
        Files.writeString(etc.resolve("nsswitch.conf"), "passwd: files\ngroup: files\nhosts: files\n");
        Files.writeString(etc.resolve("resolv.conf"), "");
        return new Groundwork(system, root, etc, guestFolder(directory, guest), List.copyOf(mounts));
    }

    /** The program alone: its folder on the host may hold other things. */
    private static Path guestFolder(Path directory, Path guest) throws IOException {
        Path folder = Files.createDirectory(directory.resolve("guest"));
        Path copy = folder.resolve("plumbline-guest");
        Files.copy(guest, copy);
        Files.setPosixFilePermissions(copy, PosixFilePermissions.fromString("rwxr-xr-x"));
        return folder;
    }

    SystemTree system() {
        return system;
    }

    Path root() {
        return root;
    }

    /** Its user's entries have still to come. */
    Path etc() {
        return etc;
    }

    Path guestFolder() {
        return guestFolder;
    }

    /** Of the system's programs and large configuration, onto folders of the root and of {@code /etc}. */
    List<Mount> mounts() {
        return mounts;
    }
}
