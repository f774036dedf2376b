package io.plumbline.sandbox.runtime;

import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.plumbline.sandbox.posix.Posix;
import io.plumbline.sandbox.rootfs.Bundle;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.core.ConditionTimeoutException;

/**
 * A process that is no sentry, with a control server that answers for it as gVisor's does: pauses nest, a stopped process answers when
 * it runs again, and a dead one's connections have ended. For tests of what stands on a real brake.
 */
public final class StandInSentry implements AutoCloseable {
    /** Nobody waits for as long, and a busy machine does not make a running sentry one that does not answer. */
    private static final Duration PATIENT = Duration.ofSeconds(30);

    private static final ObjectMapper JSON = new ObjectMapper();

    private final Path directory = directory();
    private final Process process;
    private final ServerSocketChannel server;
    private final RunscKernel kernel;

    private final List<String> requests = new CopyOnWriteArrayList<>();
    private final AtomicInteger pauses = new AtomicInteger();
    private final CountDownLatch resuming = new CountDownLatch(1);
    private final CountDownLatch letResumeGoOn = new CountDownLatch(1);
    private volatile boolean holdResume;
    private volatile boolean mute;
    private volatile boolean refusing;

    public StandInSentry() {
        try {
            process = new ProcessBuilder("sleep", "600").start();
            Path socket = directory.resolve("c.sock");
            server = ServerSocketChannel.open(StandardProtocolFamily.UNIX).bind(UnixDomainSocketAddress.of(socket));
            Thread.ofVirtual().start(this::accept);
            RunscRuntime runtime = RunscRuntime.open(
                    Path.of("/bin/echo"),
                    Files.writeString(directory.resolve("guest"), ""),
                    directory.resolve("r"),
                    RunscRuntime.Platform.SYSTRAP);
            SandboxRuntime.Boot boot = new SandboxRuntime.Boot(
                    "b", directory, directory.resolve("trace.json"), Optional.empty(), List.of());
            kernel = RunscKernel.attach(
                    runtime, boot, "c", process.pid(), socket, new RunscKernel.Shims(noShim(), noShim()));
        } catch (IOException | SandboxException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Path directory() {
        try {
            return Files.createTempDirectory("plse");
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private RuntimeShim noShim() throws IOException {
        return RuntimeShim.begin(Path.of("/bin/false"), List.of(), directory.resolve("shim.log"), Map.of());
    }

    /** Of a host that waits for its answers. */
    public Brake brake() {
        return kernel.brake(PATIENT);
    }

    /** Of a host that stops its process when no answer comes. */
    Brake impatientBrake() {
        return kernel.brake(Freezer.CONFIRMATION_LIMIT);
    }

    /** Pauses and resumes that were asked for. */
    List<String> requests() {
        return List.copyOf(requests);
    }

    /** How many pauses are in force. */
    public int pauses() {
        return pauses.get();
    }

    public long resumes() {
        return requests.stream().filter("Resume"::equals).count();
    }

    /** From now on no request is answered, or they are again. */
    void mute(boolean silent) {
        mute = silent;
    }

    void refuse(boolean all) {
        refusing = all;
    }

    /** The next resume waits in the middle of it, until {@link #letResumeGoOn}. */
    public void holdResume() {
        holdResume = true;
    }

    public void awaitResume() throws InterruptedException {
        resuming.await();
    }

    public void letResumeGoOn() {
        letResumeGoOn.countDown();
    }

    /** As the warden does, whom the host does not hear of. */
    void stop() {
        Posix.kill(process.pid(), Posix.SIGSTOP);
        await().until(this::stopped);
    }

    public void die() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    public boolean dead() {
        return !process.isAlive();
    }

    /** Whether its workload could take a step. */
    boolean running() {
        return !dead() && !stopped() && pauses.get() == 0;
    }

    /** What proc(5) says of it, behind its name. */
    private boolean stopped() {
        try {
            return Files.readString(Path.of("/proc", Long.toString(process.pid()), "stat"))
                    .contains(") T ");
        } catch (IOException e) {
            return false;
        }
    }

    private void accept() {
        try {
            while (true) {
                SocketChannel connection = server.accept();
                process.onExit().thenRun(() -> end(connection));
                Thread.ofVirtual().start(() -> serve(connection));
            }
        } catch (IOException e) {
            // It is closed.
        }
    }

    private static void end(SocketChannel connection) {
        try {
            connection.close();
        } catch (IOException e) {
            // Closing is all that is left to do with it.
        }
    }

    private void serve(SocketChannel connection) {
        ControlSocket.JsonEnd end = new ControlSocket.JsonEnd();
        ByteArrayOutputStream request = new ByteArrayOutputStream();
        try (connection) {
            InputStream in = Channels.newInputStream(connection);
            for (int next = in.read(); next >= 0; next = in.read()) {
                request.write(next);
                if (end.isEnd((byte) next)) {
                    String method =
                            JSON.readTree(request.toByteArray()).path("method").asText();
                    request.reset();
                    end.reset();
                    connection.write(ByteBuffer.wrap(answer(method.substring(method.indexOf('.') + 1))));
                }
            }
        } catch (IOException | ConditionTimeoutException | InterruptedException e) {
            // Nobody asks any more.
        }
    }

    private byte[] answer(String method) throws IOException, InterruptedException {
        boolean brake = method.equals("Pause") || method.equals("Resume");
        if (brake) {
            requests.add(method);
        }
        if (method.equals("Resume") && holdResume) {
            holdResume = false;
            resuming.countDown();
            letResumeGoOn.await();
        }
        await().pollInterval(Duration.ofMillis(1)).atMost(PATIENT).until(() -> dead() || !mute && !stopped());
        if (dead()) {
            throw new IOException("the dead do not answer");
        }
        boolean refused = brake && refusing;
        if (brake && !refused) {
            pauses.addAndGet(method.equals("Pause") ? 1 : -1);
        }
        return ("{\"success\":" + !refused + ",\"err\":\"\",\"result\":{}}").getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public void close() {
        mute = false;
        letResumeGoOn();
        process.destroyForcibly();
        kernel.disconnect();
        try {
            server.close();
            Bundle.deleteTree(directory);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }
}
