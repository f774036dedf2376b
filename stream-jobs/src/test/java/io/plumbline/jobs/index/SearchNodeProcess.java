package io.plumbline.jobs.index;

import static org.assertj.core.api.Assertions.assertThat;

import co.elastic.clients.elasticsearch.ElasticsearchClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;

/** A real Elasticsearch in a child JVM, on a port of its own. */
final class SearchNodeProcess implements AutoCloseable {
    private final Process process;
    private final String url;
    private final ElasticsearchClient client;

    private SearchNodeProcess(Process process, String url) {
        this.process = process;
        this.url = url;
        this.client = ElasticsearchClient.of(b -> b.host(url));
    }

    static SearchNodeProcess start(Path directory) throws IOException {
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
        Awaitility.await().atMost(Duration.ofMinutes(3)).until(() -> Files.exists(portFile));
        return new SearchNodeProcess(process, "http://127.0.0.1:" + read(portFile));
    }

    String url() {
        return url;
    }

    ElasticsearchClient client() {
        return client;
    }

    private static String read(Path file) {
        try {
            return Files.readString(file).strip();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() throws InterruptedException {
        process.destroy();
        if (!process.waitFor(20, TimeUnit.SECONDS)) {
            process.destroyForcibly();
        }
    }
}
