package io.plumbline.watcher.footprint;

import io.plumbline.events.policy.FileRules;
import io.plumbline.events.policy.Scope;
import io.plumbline.events.shell.Uninspectable;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * What an announced call can honestly need. Where a part of it cannot be told, because a program is not known or a text cannot be
 * inspected, everything of that kind fits.
 *
 * @param programs file names of programs that may run
 * @param anyProgram whether any other may run as well; likewise {@code anyWrite} for files of the workspace, {@code anyHost}
 * @param files that the call names, in the order of its text
 * @param writes globs of further files that it may write
 * @param secrets globs of credentials that its programs read for their own sake
 * @param namedHosts hosts that the call names, lower case
 * @param contacts those of them that its programs connect to
 * @param hosts further hosts that its programs are known to use
 * @param folders that it works in, besides the one it begins in
 * @param environment variables that it sets for its programs, as {@code NAME=VALUE} or, when they had their value before, {@code NAME}
 * @param mentions acts that fall into a scope by themselves, whatever they touch
 */
public record Footprint(
        Set<String> programs,
        boolean anyProgram,
        List<NamedFile> files,
        List<String> writes,
        boolean anyWrite,
        List<String> secrets,
        List<String> namedHosts,
        List<String> contacts,
        Set<String> hosts,
        boolean anyHost,
        List<String> folders,
        List<String> environment,
        List<Mention> mentions,
        List<Uninspectable> uninspectable) {

    /**
     * A file that a call names.
     *
     * @param path absolute; {@code *} stands for a pattern in a name, {@code **} for anything
     * @param exact whether it is this file and no other
     */
    public record NamedFile(String path, boolean exact, boolean write) {
        /** Whether the name covers a path: the file, or what is below it when it is a folder. */
        public boolean covers(String other) {
            if (path.indexOf('*') < 0) {
                return other.equals(path) || other.startsWith(path.endsWith("/") ? path : path + "/");
            }
            return FileRules.matches(path, other);
        }
    }

    /**
     * An act that a policy names.
     *
     * @param what where a program does it, its name and arguments
     */
    public record Mention(Scope scope, String what) {
        /** Whether another mention is of the same program and scope. */
        public boolean isLike(Mention other) {
            return scope == other.scope && program().equals(other.program());
        }

        private String program() {
            return what.substring(0, Math.max(0, what.indexOf(' ')));
        }
    }

    /** That of a call which says nothing about itself. */
    public static final Footprint OPEN = new Footprint(
            Set.of(), true, List.of(), List.of(), true, List.of(), List.of(), List.of(), Set.of(), true, List.of(),
            List.of(), List.of(), List.of());

    public Footprint {
        files = List.copyOf(files);
        writes = List.copyOf(writes);
        secrets = List.copyOf(secrets);
        namedHosts = List.copyOf(namedHosts);
        contacts = List.copyOf(contacts);
        folders = List.copyOf(folders);
        environment = List.copyOf(environment);
        mentions = List.copyOf(mentions);
        uninspectable = List.copyOf(uninspectable);
    }

    /** Whether the program may run. */
    public boolean expectsProgram(String name) {
        return anyProgram || namesProgram(name);
    }

    /** Whether the program is named, or known of those that are; not one of any others that may run. */
    public boolean namesProgram(String name) {
        return programs.contains(name) || programs.contains(Tools.stem(name));
    }

    /** Whether the host is named, or known of its programs; not one of any others that may be connected to. */
    public boolean namesHost(String host) {
        return namedHosts.contains(host) || hosts.contains(host);
    }

    /** Whether the file of the workspace may be written: named, beside a named one (temporary names), or known of its programs. */
    public boolean expectsWrite(String path) {
        if (anyWrite) {
            return true;
        }
        String folder = path.substring(0, path.lastIndexOf('/') + 1);
        for (NamedFile file : files) {
            if (file.write()
                    && (file.covers(path)
                            || folder.equals(
                                    file.path().substring(0, file.path().lastIndexOf('/') + 1)))) {
                return true;
            }
        }
        return writes.stream().anyMatch(glob -> FileRules.matches(glob, path));
    }

    /** Whether the file is named, or is one that its programs read for their own sake. */
    public boolean expectsRead(String path) {
        return files.stream().anyMatch(file -> file.covers(path))
                || secrets.stream().anyMatch(glob -> FileRules.matches(glob, path));
    }

    /** Whether its programs read the file without being told to. */
    public boolean readsForItsOwnSake(String path) {
        return files.stream().noneMatch(file -> file.covers(path))
                && secrets.stream().anyMatch(glob -> FileRules.matches(glob, path));
    }

    /** Whether the host may be connected to. */
    public boolean expectsHost(String host) {
        return anyHost || namesHost(host);
    }

    /** Whether it says that it changes nothing in the workspace. */
    public boolean onlyReads() {
        return !anyWrite && writes.isEmpty() && files.stream().noneMatch(NamedFile::write);
    }

    /** One line for people. */
    public String describe() {
        List<String> parts = new ArrayList<>();
        parts.add("programs: "
                + (anyProgram
                        ? "any"
                        : String.join(", ", programs.stream().sorted().toList())));
        parts.add("writes: "
                + (anyWrite
                        ? "the workspace"
                        : list(files.stream()
                                .filter(NamedFile::write)
                                .map(NamedFile::path)
                                .toList())));
        parts.add("reads: "
                + list(files.stream()
                        .filter(file -> !file.write())
                        .map(NamedFile::path)
                        .toList()));
        parts.add("hosts: " + (anyHost ? "any" : list(namedHosts)));
        uninspectable.stream().limit(3).forEach(part -> parts.add(part.toString()));
        String line = String.join("; ", parts);
        return line.length() <= 1_000 ? line : line.substring(0, 1_000) + "…";
    }

    private static String list(List<String> names) {
        return names.isEmpty() ? "none" : String.join(", ", names.subList(0, Math.min(8, names.size())));
    }
}
