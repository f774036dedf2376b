package io.plumbline.search;

import java.io.File;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Runs one Elasticsearch node in this JVM: HTTP on 127.0.0.1 only, no authentication, everything it writes below
 * {@code --data}. Prints {@code READY PORT} once it answers, stops cleanly on SIGTERM.
 *
 * <p>Sized for {@code -Xmx512m}; start it with {@code --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow}. The artifacts on Maven Central lack
 * the modules for scripts, update-by-query, data streams and security; a platform that needs them uses a cluster of its own.
 *
 * <p>Exit codes: 0 stopped, 1 could not start, 2 wrong arguments.
 */
public final class SearchNode {
    private SearchNode() {}

    @SuppressWarnings("SystemExitOutsideMain")
    public static void main(String[] arguments) {
        NodeOptions options;
        try {
            options = NodeOptions.parse(arguments);
        } catch (IllegalArgumentException e) {
            System.err.println(e.getMessage());
            System.exit(2);
            return;
        }
        try {
            start(options);
        } catch (Exception e) {
            e.printStackTrace();
            System.exit(1);
        }
    }

    /**
     * Elasticsearch loads its network module with a class loader of its own and refuses a module whose classes the server can see
     * too. So the server gets a class loader without them, and the {@code java.class.path} that its duplicate check reads is cut alike.
     */
    private static void start(NodeOptions options) throws Exception {
        Path data = options.data().toAbsolutePath().normalize();
        NodeHome home = NodeHome.layOut(data.resolve("home"));
        List<Path> serverPath = NodeHome.serverClassPath();
        System.setProperty(
                "java.class.path",
                serverPath.stream().map(Path::toString).collect(Collectors.joining(File.pathSeparator)));
        List<URL> urls = new ArrayList<>();
        for (Path path : serverPath) {
            urls.add(path.toUri().toURL());
        }
        @SuppressWarnings("resource") // lives as long as the JVM
        URLClassLoader server =
                new URLClassLoader("search-node", urls.toArray(URL[]::new), ClassLoader.getPlatformClassLoader());
        Thread.currentThread().setContextClassLoader(server);
        server.loadClass(NodeRunner.class.getName())
                .getMethod("run", Path.class, Path.class, int.class, Optional.class)
                .invoke(null, home.home(), data, options.port(), options.portFile());
    }
}
