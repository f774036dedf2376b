package io.plumbline.sandbox.session;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** The control groups of a host, looked for only where they can be: under a walk the machine's others come and go. */
final class HostGroups {
    private static final Path ROOT = Path.of("/sys/fs/cgroup");

    private HostGroups() {}

    /**
     * Those that are there: below this process's own group and at the top of each controller's hierarchy, and at the top of all.
     *
     * @param data directory of the host
     */
    static List<Path> of(Path data, String... controllers) throws IOException {
        String name = "plumbline-" + Integer.toHexString(data.toString().hashCode());
        List<String> own = Files.readAllLines(Path.of("/proc/self/cgroup"));
        Set<Path> possible = new LinkedHashSet<>();
        for (String controller : controllers) {
            Path hierarchy = ROOT.resolve(controller);
            for (String line : own) {
                possible.add(
                        hierarchy.resolve(line.split(":", 3)[2].substring(1)).resolve(name));
            }
            possible.add(hierarchy.resolve(name));
        }
        possible.add(ROOT.resolve(name));
        return possible.stream().filter(Files::exists).toList();
    }
}
