package io.plumbline.sandbox.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.FileOpened;
import io.plumbline.events.v1.ProcessStarted;
import io.plumbline.events.v1.TaskPolicy;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RoutineReadsTest {
    private TaskPolicy policy =
            TaskPolicy.newBuilder().addDecoys("${workspace}/plans/budget.xlsx").build();
    private final RoutineReads routine = new RoutineReads(() -> policy);

    @ParameterizedTest
    @CsvSource({
        "/usr/lib/libc.so.6, 0, 0, true",
        "/workspace/src/Main.java, 0, 0, true",
        "/workspace/src/Main.java, 0x80000, 0, true",
        // Written, emptied, made, only named.
        "/workspace/src/Main.java, 0x1, 0, false",
        "/workspace/src/Main.java, 0x2, 0, false",
        "/workspace/src/Main.java, 0x200, 0, false",
        "/workspace/src/Main.java, 0x40, 0, false",
        "/usr/lib/libc.so.6, 0x200000, 0, false",
        // Refused: somebody tried.
        "/usr/lib/secret, 0, 13, false",
        // Keys, settings of agents and of git.
        "/workspace/.env, 0, 0, false",
        "/workspace/a/.git/hooks/pre-commit, 0, 0, false",
        "/workspace/plans/budget.xlsx, 0, 0, false",
        "/home/agent/notes, 0, 0, false",
        "/etc/passwd, 0, 0, false",
        "/workspaces/a, 0, 0, false",
        "/proc/1/environ, 0, 0, false",
    })
    void onlyWhatDecidesLittleWaits(String path, String flags, long error, boolean waits) {
        FileOpened.Builder open = FileOpened.newBuilder()
                .setPath(path)
                .setFlags(Integer.decode(flags))
                .setError(error);

        assertThat(routine.test(Event.newBuilder().setFileOpened(open).build())).isEqualTo(waits);
    }

    @Test
    void aDecoyOfALaterRevisionDoesNotWaitEither() {
        Event open = Event.newBuilder()
                .setFileOpened(FileOpened.newBuilder().setPath("/workspace/plans/keys.txt"))
                .build();
        assertThat(routine.test(open)).isTrue();

        policy =
                TaskPolicy.newBuilder().addDecoys("${workspace}/plans/keys.txt").build();

        assertThat(routine.test(open)).isFalse();
    }

    @Test
    void nothingElseWaits() {
        assertThat(routine.test(Event.newBuilder()
                        .setProcessStarted(ProcessStarted.newBuilder().setBinary("/usr/bin/ls"))
                        .build()))
                .isFalse();
    }
}
