package io.plumbline.console.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.console.demo.DemoSession;
import io.plumbline.console.search.AlertRow;
import io.plumbline.console.search.TimelineEvent;
import io.plumbline.events.v1.Event;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** On the recorded session: the second call reads a key and sends it. */
class ProcessTreeTest {
    private ProcessTree tree = new ProcessTree(Map.of());

    @BeforeEach
    void readTheRecording() throws IOException {
        List<Event> events = DemoSession.events(1_795_517_170_000_000_000L);
        List<TimelineEvent> timeline = events.stream().map(Records::document).toList();
        List<AlertRow> alerts = events.stream()
                .filter(Event::hasAlertRaised)
                .map(Records::alert)
                .toList();
        tree = ProcessTree.of(
                timeline,
                timeline.stream()
                        .filter(event -> event.action().equals("tool-call"))
                        .toList(),
                alerts,
                timeline);
    }

    @Test
    void hangsEveryProcessUnderTheAgent() {
        assertThat(tree.roots()).singleElement().satisfies(root -> assertThat(root.label())
                .isEqualTo("relay › claude"));
    }

    @Test
    void givesTheCommandsOfACallToTheCall() {
        assertThat(tree.processes().values())
                .filteredOn(node -> node.call().filter("toolu_t2_c0"::equals).isPresent())
                .extracting(ProcessTree.Node::label)
                .containsExactly("bash", "cat", "curl");
        assertThat(tree.processes().values())
                .filteredOn(node -> node.call().filter("toolu_t1_c0"::equals).isPresent())
                .extracting(ProcessTree.Node::label)
                .containsExactly("bash", "ls");
    }

    @Test
    void marksWhatAnAlertRestsOnUpToTheRootOfItsCall() {
        assertThat(tree.processes().values())
                .filteredOn(ProcessTree.Node::deviating)
                .extracting(ProcessTree.Node::label)
                .containsExactly("bash", "cat", "curl");
    }
}
