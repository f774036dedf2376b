package io.plumbline.standalone.scenario;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plumbline.events.EventIds;
import io.plumbline.events.v1.AlertRaised;
import io.plumbline.events.v1.Channel;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.EvidenceCollected;
import io.plumbline.events.v1.Prompt;
import io.plumbline.events.v1.RuntimeState;
import io.plumbline.standalone.CommandException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RecordingTest {
    @TempDir
    private Path folder;

    private static Event.Builder event(Channel channel, long seq) {
        return Event.newBuilder()
                .setTenant("acme")
                .setHost("build-17")
                .setSession("0123")
                .setChannel(channel)
                .setSeq(seq)
                .setEventTimeNs(seq);
    }

    @Test
    void comesBackWithNamesOfItsOwn() throws Exception {
        Path file = Recording.file(folder, "one");
        Recording.write(
                file,
                List.of(
                        EventIds.withId(event(Channel.CLAIMS, 1)
                                .setPrompt(Prompt.newBuilder().setText("Look."))),
                        event(Channel.VERDICTS, 1)
                                .setAlertRaised(AlertRaised.getDefaultInstance())
                                .build()));

        List<Event> events = Recording.read(file, "one");

        assertThat(events).singleElement().satisfies(event -> {
            assertThat(event.getPrompt().getText()).isEqualTo("Look.");
            assertThat(event.getSeq()).isOne();
            assertThat(event.getHost()).isEqualTo("host-1");
            assertThat(event.getSession()).isNotEqualTo("0123").isNotEmpty();
            assertThat(event).isEqualTo(EventIds.withId(event.toBuilder()));
        });
        assertThat(Recording.read(file, "one")).isEqualTo(events);
    }

    @Test
    void endsWhereAFrozenSessionIsLookedInto() throws Exception {
        Path file = Recording.file(folder, "one");
        Event collected = event(Channel.EVIDENCE, 2)
                .setEvidenceCollected(EvidenceCollected.getDefaultInstance())
                .build();
        Event frozen = event(Channel.EVIDENCE, 3)
                .setRuntimeState(RuntimeState.newBuilder().setState(RuntimeState.State.FROZEN))
                .build();
        Recording.write(file, List.of(collected, frozen, collected, collected));

        assertThat(Recording.read(file, "one")).hasSize(2);
    }

    @Test
    void whatIsNoRecordingIsSaidToBeNone() throws Exception {
        Path file = Files.writeString(Recording.file(folder, "one"), "not gzip");
        assertThatThrownBy(() -> Recording.read(file, "one"))
                .isInstanceOf(CommandException.class)
                .hasMessageContaining("recording " + file)
                .hasMessageContaining("(expected: one that scenario run --record wrote)");

        Recording.write(file, List.of(event(Channel.CLAIMS, 1).build()));
        byte[] bytes = Files.readAllBytes(file);
        Files.write(file, java.util.Arrays.copyOf(bytes, bytes.length - 9));
        assertThatThrownBy(() -> Recording.read(file, "one")).isInstanceOf(CommandException.class);
    }
}
