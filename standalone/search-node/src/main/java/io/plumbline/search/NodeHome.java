package io.plumbline.search;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The directory tree that Elasticsearch expects of its installation ({@code path.home}), built from the jars on the class
 * path: {@code config/}, {@code lib/}, {@code plugins/} and {@code modules/transport-netty4/}.
 */
record NodeHome(Path home) {
    private static final String CLASS_PATH = "java.class.path";
    private static final String NETTY_MODULE = "transport-netty4";

    static NodeHome layOut(Path home) throws IOException {
        for (String directory : List.of("config", "lib", "plugins")) {
            Files.createDirectories(home.resolve(directory));
        }
        Path module = Files.createDirectories(home.resolve("modules").resolve(NETTY_MODULE));
        // Jars of an older version would be loaded beside the new ones.
        try (DirectoryStream<Path> stale = Files.newDirectoryStream(module)) {
            for (Path file : stale) {
                Files.delete(file);
            }
        }
        for (Path jar : nettyJars()) {
            Files.copy(jar, module.resolve(jar.getFileName()), StandardCopyOption.REPLACE_EXISTING);
        }
        for (String file : List.of("plugin-descriptor.properties", "entitlement-policy.yaml")) {
            Files.writeString(module.resolve(file), descriptor(file));
        }
        return new NodeHome(home);
    }

    /** The class path of the server itself: that of this JVM without the module's jars. */
    static List<Path> serverClassPath() {
        return classPath().filter(path -> !isNettyJar(path)).toList();
    }

    private static Stream<Path> classPath() {
        return Stream.of(System.getProperty(CLASS_PATH).split(File.pathSeparator))
                .map(Path::of);
    }

    private static boolean isNettyJar(Path path) {
        String name = String.valueOf(path.getFileName());
        return name.startsWith(NETTY_MODULE + "-") || name.startsWith("netty-");
    }

    private static List<Path> nettyJars() {
        List<Path> jars = classPath().filter(NodeHome::isNettyJar).toList();
        if (jars.size() < 2) {
            throw new IllegalStateException("class path: " + jars + " (expected: the transport-netty4 and netty jars)");
        }
        return jars;
    }

    private static String descriptor(String name) throws IOException {
        String resource = "/META-INF/es-plugins/" + NETTY_MODULE + "/" + name;
        try (InputStream in = NodeHome.class.getResourceAsStream(resource)) {
            if (in == null) {
                throw new IllegalStateException(resource + " is missing on the class path");
            }
            // With a module name the plugin insists on a server from the module path; this one is on the class path.
            return new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> !line.startsWith("modulename"))
                    .collect(Collectors.joining("\n", "", "\n"));
        }
    }
}
