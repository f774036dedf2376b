package io.plumbline.sandbox.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The real warden program around an ordinary process. Needs gcc. */
class WardenIT {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final Path MODULE = Path.of("").toAbsolutePath();

    private Path guest = Path.of("");

    @SuppressWarnings("NullAway.Init")
    private Process watched;

    @BeforeEach
    void begin() throws Exception {
        guest = MODULE.resolve("target/plumbline-guest-warden");
        Command.Result built = Command.run(
                List.of("sh", MODULE.resolve("guest/build.sh").toString(), guest.toString()), Duration.ofMinutes(1));
        assertThat(built.succeeded()).as(built.output()).isTrue();
        watched = new ProcessBuilder("sleep", "600").start();
    }

    @AfterEach
    void end() throws Exception {
        watched.destroyForcibly().waitFor();
    }

    @Test
    void stopsTheProcessWhenTheDaemonIsSilentAndSaysSo() throws Exception {
        await().atMost(LIMIT).until(this::state, state -> state == 'S');
        try (Warden warden = Warden.watch(guest, watched.pid())) {
            assertThat(warden.pulse()).isEqualTo(Warden.Finding.GUARDING);
            assertThat(state()).isEqualTo('S');

            await().atMost(LIMIT).until(this::state, state -> state == 'T');

            await().atMost(LIMIT).until(warden::pulse, Warden.Finding.STOPPED_IT::equals);
            assertThat(warden.pulse()).isEqualTo(Warden.Finding.GUARDING);
            assertThat(state()).as("only the daemon lets it go on").isEqualTo('T');
        }
    }

    @Test
    void isReplacedWhenItHasGone() throws Exception {
        try (Warden warden = Warden.watch(guest, watched.pid())) {
            ProcessHandle.of(warden.processId()).orElseThrow().destroyForcibly();
            await().atMost(LIMIT).until(warden::pulse, Warden.Finding.GONE::equals);

            warden.restart();

            assertThat(warden.pulse()).isEqualTo(Warden.Finding.GUARDING);
        }
        assertThat(watched.isAlive()).isTrue();
    }

    @Test
    void refusesAProcessThatIsNotThere() throws Exception {
        watched.destroyForcibly().waitFor();

        org.assertj.core.api.Assertions.assertThatThrownBy(() -> Warden.watch(guest, watched.pid()))
                .isInstanceOf(SandboxException.class)
                .hasMessage("warden: gone (expected: watching)");
    }

    @Test
    void stopsAndKillsAllOfAControlGroup() throws Exception {
        ControlGroups groups = ControlGroups.open(
                Path.of("/sys/fs/cgroup"),
                Files.readAllLines(Path.of("/proc/self/cgroup")),
                "plumbline-warden-" + ProcessHandle.current().pid(),
                Set.of(ControlGroups.Controller.FREEZER));
        ControlGroups.Group group = groups.create("one", new ControlGroups.Limits(0, 0, 0));
        Process other = new ProcessBuilder("sleep", "600").start();
        try {
            Path folder = group.folders().getFirst();
            for (Process member : List.of(watched, other)) {
                Files.writeString(
                        folder.resolve("cgroup.procs"), Long.toString(member.pid()), StandardOpenOption.WRITE);
            }
            Warden warden = Warden.watch(guest, watched.pid(), Optional.of(folder));
            warden.pulse();
            await().atMost(LIMIT).until(() -> frozen(folder));
            await().atMost(LIMIT).until(warden::pulse, Warden.Finding.STOPPED_IT::equals);

            // As when the daemon dies: the end of its pipe, without a word.
            warden.abandon();

            assertThat(watched.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
            assertThat(other.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
            assertThat(other.exitValue()).isEqualTo(137);
        } finally {
            other.destroyForcibly().waitFor();
            watched.destroyForcibly().waitFor();
            group.remove();
            groups.close();
        }
    }

    private static boolean frozen(Path folder) throws Exception {
        return Files.exists(folder.resolve("freezer.state"))
                ? Files.readString(folder.resolve("freezer.state")).trim().equals("FROZEN")
                : Files.readString(folder.resolve("cgroup.events")).contains("frozen 1");
    }

    private char state() throws Exception {
        String stat = Files.readString(Path.of("/proc", Long.toString(watched.pid()), "stat"));
        return stat.charAt(stat.lastIndexOf(')') + 2);
    }
}
