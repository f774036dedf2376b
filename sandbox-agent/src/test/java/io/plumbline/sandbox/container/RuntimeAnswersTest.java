package io.plumbline.sandbox.container;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What runtimes print, and what is said to them; the tables were taken from containerd 1.6. */
class RuntimeAnswersTest {
    private static final String TASKS = """
            TASK     PID     STATUS
            c1       7074    RUNNING
            c11      7075    PAUSED
            gone     7076    STOPPED
            """;

    @Test
    void findsTheRowOfExactlyThisContainer() throws Exception {
        assertThat(ContainerdContainer.task(TASKS, "c11").orElseThrow())
                .satisfies(found -> assertThat(found.status()).isEqualTo(ContainerControl.Status.PAUSED))
                .satisfies(found -> assertThat(found.pid()).isEqualTo(7075));
        assertThat(ContainerdContainer.task(TASKS, "c1").orElseThrow().pid()).isEqualTo(7074);
        assertThat(ContainerdContainer.task(TASKS, "c")).isEmpty();
        assertThat(ContainerdContainer.task(TASKS, "TASK")).isEmpty();
    }

    @Test
    void aStatusThatIsNotKnownIsNoAnswer() {
        assertThatThrownBy(() -> ContainerdContainer.task("TASK PID STATUS\nc1 12 UNKNOWN", "c1"))
                .isInstanceOf(ContainerException.class)
                .hasMessageContaining("'UNKNOWN' (expected: CREATED");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "c1 7074 RUNNING",
                "TASK PID STATUS\nc1 7074",
                "TASK PID STATUS\nc1 - RUNNING",
                "TASK PID STATUS\nc1 7074 RUNNING since today",
                "TASK PID STATUS\nc11 7075 PAUSED\nc1 70747074707 RUNNING"
            })
    void aTableThatCannotBeReadSaysNothingAboutAnEnd(String table) {
        assertThatThrownBy(() -> ContainerdContainer.task(table, "c1"))
                .isInstanceOfSatisfying(ContainerException.class, e -> assertThat(e.reason())
                        .isEqualTo(ContainerException.Reason.UNREACHABLE));
    }

    @Test
    void namesNamespaceAndSocketOnEveryCall() {
        assertThat(ContainerdContainer.program(Path.of("ctr"), Path.of("/run/x.sock"), "k8s.io")
                        .command(List.of("tasks", "pause", "c1")))
                .containsExactly("ctr", "--address", "/run/x.sock", "--namespace", "k8s.io", "tasks", "pause", "c1");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "-force", "--all", "a b", "../x", "a/b", "a?signal=0", "a\nb"})
    void whatCouldNotBeAContainerIsRefused(String id) {
        assertThatThrownBy(() -> ContainerControl.checkedId(id))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("expected: letters, digits");
    }

    @Test
    void takesTheValuesOfEnvironmentsWhereverTheyAre() throws Exception {
        assertThat(ContainerControl.withoutEnvironmentValues(new ObjectMapper().readTree("""
                        {"Config": {"Env": ["A=1", "B"]}, "process": {"env": ["C=2=3"]}, "env": "free text"}"""))
                        .toString())
                .isEqualTo("{\"Config\":{\"Env\":[\"A\",\"\"]},\"process\":{\"env\":[\"C\"]},\"env\":\"free text\"}");
    }
}
