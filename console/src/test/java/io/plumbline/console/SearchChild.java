package io.plumbline.console;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;

/** A real Elasticsearch in a child JVM, for the length of a test. */
record SearchChild(Process process, URI url) implements AutoCloseable {
    static SearchChild start(Path directory) throws IOException {
        Path module = Path.of("..", "standalone", "search-node", "target")
                .toAbsolutePath()
                .normalize();
        Path classPath = module.resolve("classpath.txt");
        assertThat(classPath)
                .as("run ./mvnw -pl standalone/search-node package first")
                .exists();
        Path portFile = directory.resolve("port");
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        // As the supervisor does.
                        "-Xmx512m",
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "--enable-native-access=ALL-UNNAMED",
                        "--sun-misc-unsafe-memory-access=allow",
                        "-cp",
                        module.resolve("classes") + ":"
                                + Files.readString(classPath).strip(),
                        "io.plumbline.search.SearchNode",
                        "--data",
                        directory.resolve("data").toString(),
                        "--port-file",
                        portFile.toString())
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("log").toFile())
                .start();
        Awaitility.await().atMost(Duration.ofMinutes(5)).until(() -> Files.exists(portFile));
        return new SearchChild(
                process,
                URI.create("http://127.0.0.1:" + Files.readString(portFile).strip()));
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(20, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
