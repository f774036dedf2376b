package io.plumbline.bench;

import com.sun.net.httpserver.HttpServer;
import io.plumbline.standalone.CommandException;
import io.plumbline.standalone.ExitCodes;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.OptionalDouble;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** What the causal egress barrier adds to a new connection. */
@Command(
        name = "barrier",
        mixinStandardHelpOptions = true,
        description = {
            "From a session's request for a tunnel to the proxy's answer, the barrier's trip through the log in between.",
            "The destination listens on this machine's loopback: connecting to it costs next to nothing."
        })
final class BarrierBench implements Callable<Integer> {
    private static final double TARGET_MILLIS = 40;
    private static final double MEDIAN_TARGET_MILLIS = 10;
    private static final int WARM_UP = 20;
    private static final String READY = "measured";
    private static final String POLICY = """
            name: bench-barrier
            egress:
              - {host: 127.0.0.1, port: %d, allow-private: true, plain: true}
            """;

    /** Prints the microseconds from the request to the first line of its answer. */
    private static final String SCRIPT = """
            exec python3 - <<'END'
            import socket, time
            for i in range(%d):
                s = socket.create_connection(("127.0.0.1", 3128))
                begun = time.monotonic_ns()
                s.sendall(b"CONNECT 127.0.0.1:%d HTTP/1.1\\r\\n\\r\\n")
                answer = b""
                while not answer.endswith(b"\\r\\n\\r\\n"):
                    answer += s.recv(1)
                took = time.monotonic_ns() - begun
                if not answer.startswith(b"HTTP/1.1 200"):
                    print("refused:", answer, flush=True)
                    raise SystemExit(3)
                print("tunnel", took // 1000, flush=True)
                s.close()
                open("README.md").close()
            print("%s", flush=True)
            END
            """;

    @Option(
            names = "--connections",
            defaultValue = "200",
            description = "Connections to measure (default: ${DEFAULT-VALUE}).")
    private int connections;

    @Option(names = "--json", description = "Print one JSON object per figure.")
    private boolean json;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException, InterruptedException {
        if (connections < 1) {
            throw new ParameterException(
                    spec.commandLine(), "--connections: " + connections + " (expected: at least 1)");
        }
        PrintWriter out = spec.commandLine().getOut();
        HttpServer destination = HttpServer.create(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0), 0);
        destination.start();
        int port = destination.getAddress().getPort();
        List<Double> millis;
        try (Platform platform = Platform.open(spec.commandLine().getErr());
                BenchSession session = BenchSession.start(
                        platform,
                        "barrier",
                        "none",
                        POLICY.formatted(port),
                        SCRIPT.formatted(WARM_UP + connections, port, READY))) {
            session.awaitOutput(READY);
            millis = session.output()
                    .lines()
                    .filter(line -> line.startsWith("tunnel "))
                    .skip(WARM_UP)
                    .map(line -> Long.parseLong(line.substring("tunnel ".length())) / 1e3)
                    .toList();
            session.exit();
        } finally {
            destination.stop(0);
        }
        if (millis.size() != connections) {
            throw new CommandException(
                    "the session measured " + millis.size() + " connections (expected: " + connections + ")");
        }
        Figure figure = Figure.of(
                        "barrier",
                        "ms",
                        millis,
                        OptionalDouble.of(TARGET_MILLIS),
                        "inside a gVisor session: CONNECT written to the relay to the proxy's 200 read; relay, trace"
                                + " drained, Kafka, Flink, Kafka and the connection to a loopback destination included;"
                                + " one at a time; warm-up excluded: " + WARM_UP)
                .medianAtMost(MEDIAN_TARGET_MILLIS);
        out.println(json ? figure.json().toString() : figure.describe());
        out.flush();
        return figure.met() ? ExitCodes.OK : ExitCodes.FAILED;
    }
}
